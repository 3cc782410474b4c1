#include "cli/render/feature_usage.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"

namespace donut::cli {

void RenderFeatureUsage(const v1::GetFeatureUsageResponse& response, Page& page) {
  if (response.features_size() == 0) return;
  page.Section("FEATURE USAGE", absl::StrCat("share of ", Counted(response.active_count(), "active user")));
  Table table({{response.property().empty() ? "event" : Harmless(response.property()), Table::Kind::kText},
               {"users", Table::Kind::kNumber},
               {"", Table::Kind::kBar},
               {"share", Table::Kind::kNumber},
               {"95% CI", Table::Kind::kNumber},
               {"uses", Table::Kind::kNumber},
               {"per user", Table::Kind::kNumber}});
  for (const v1::FeatureUsage& feature : response.features()) {
    const std::string interval = RateInterval(feature.has_share(), feature.share());
    table.Row({Harmless(feature.feature()),
               {Count(feature.actor_count()), Tone::kStrong},
               Table::Cell::OfBar(feature.has_share() ? feature.share().value() : 0),
               Percent(feature.has_share(), feature.share()),
               {interval.empty() ? kAbsent : interval, Tone::kQuiet},
               Count(feature.use_count()),
               feature.actor_count() > 0 ? absl::StrFormat("%.1f", feature.uses_per_actor()) : kAbsent});
  }
  table.RenderTo(page);
  const int64_t hidden = response.total_size() - response.features_size();
  if (hidden > 0) page.Paragraph(absl::StrCat("and ", Count(hidden), " more"), Tone::kQuiet);
}

}  // namespace donut::cli
