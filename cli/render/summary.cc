#include "cli/render/summary.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/render/active_users.h"
#include "cli/render/display_text.h"
#include "cli/render/feature_usage.h"
#include "cli/render/figures.h"
#include "cli/render/pipeline_funnel.h"
#include "cli/render/question.h"
#include "cli/render/retention.h"

namespace donut::cli {
namespace {

void RenderHeader(const v1::GetSummaryResponse& response, Page& page) {
  const v1::ResolvedScope& scope = response.scope();
  const Period period = PeriodOf(scope);
  RenderHeading(scope, page);
  const absl::TimeZone zone = ZoneNamed(scope.time_zone());
  page.Line({{Counted(response.event_count(), "event"), Tone::kStrong},
             {" by "},
             {Counted(response.active_users().active_count(), "user"), Tone::kStrong},
             {absl::StrCat(" in ", Counted(period.days(), "day"))},
             {absl::FormatTime(", as of %Y-%m-%d %H:%M", TimeOf(scope.as_of_time()), zone), Tone::kQuiet}});
}

void RenderNothing(const v1::GetSummaryResponse& response, Page& page) {
  const bool elsewhere = response.today().trailing_30_day_count() > 0;
  page.BlankLine();
  page.Paragraph(
      absl::StrCat("No events in this period.", elsewhere ? " There are some in the last 30 days:" : ""),
      Tone::kStrong);
  page.BlankLine();
  if (elsewhere) {
    page.Paragraph("donut view");
    return;
  }
  Table table({{"", Table::Kind::kText}, {"", Table::Kind::kText}});
  table.Row({{"send one event", Tone::kQuiet}, "donut track signup --user ada"});
  table.Row({{"import a file", Tone::kQuiet}, "donut import events.ndjson"});
  table.Row({{"look at other days", Tone::kQuiet}, "donut view --start 2024-01-01 --end 2024-06-30"});
  table.RenderTo(page);
}

// One sentence or two that say what the page says.
void RenderInShort(const v1::GetSummaryResponse& response, Page& page) {
  std::vector<std::string> parts;
  for (const v1::GetPipelineFunnelResponse& funnel : response.pipeline_funnels()) {
    const std::string part = PipelineInShort(funnel);
    if (!part.empty()) parts.push_back(part);
  }
  for (const v1::PooledRetention& pooled : response.retention().pooled()) {
    if (pooled.offset() != 7 || !pooled.has_retention()) continue;
    parts.push_back(absl::StrCat(Percent(pooled.retention().value()), " of new users came back on day 7"));
  }
  const std::vector<v1::FeatureUsage> features = FeaturesShown(response.feature_usage());
  if (!features.empty()) {
    const v1::FeatureUsage& top = features.front();
    parts.push_back(absl::StrCat("most used: ", Harmless(top.feature()), " (",
                                 Percent(top.has_share(), top.share()), " of users)"));
  }
  if (parts.empty()) return;
  page.Section("IN SHORT");
  for (const std::string& part : parts) page.Bullet(part);
}

}  // namespace

std::string RenderSummary(const v1::GetSummaryResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeader(response, page);
  if (response.event_count() == 0) {
    RenderNothing(response, page);
    return page.text();
  }
  RenderActiveNow(response.today(), page);
  RenderActiveSeries(response.active_users(), page);
  for (const v1::GetPipelineFunnelResponse& funnel : response.pipeline_funnels())
    RenderPipelineFunnel(funnel, page);
  if (response.pipeline_funnels().empty()) {
    page.Section("PIPELINES");
    page.Paragraph("No pipeline runs in this period. For a funnel of events: donut funnel --help.",
                   Tone::kQuiet);
  }
  RenderFeatureUsage(response.feature_usage(), page);
  RenderRetention(response.retention(), page);
  RenderInShort(response, page);
  return page.text();
}

}  // namespace donut::cli
