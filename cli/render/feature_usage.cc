#include "cli/render/feature_usage.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/question.h"
#include "common/pipeline_events.h"

namespace donut::cli {
namespace {

// How runs are told, not what users use.
bool IsPipelineEvent(const std::string& name) {
  for (const char* reserved : {kPipelineRunStarted, kPipelinePhaseStarted, kPipelinePhaseCompleted,
                               kPipelineRunCompleted, kPipelineRunFailed}) {
    if (name == reserved) return true;
  }
  return false;
}

}  // namespace

std::vector<v1::FeatureUsage> FeaturesShown(const v1::GetFeatureUsageResponse& response) {
  std::vector<v1::FeatureUsage> shown;
  for (const v1::FeatureUsage& feature : response.features()) {
    if (!response.property().empty() || !IsPipelineEvent(feature.feature())) shown.push_back(feature);
  }
  return shown;
}

void RenderFeatureUsage(const v1::GetFeatureUsageResponse& response, Page& page) {
  const std::vector<v1::FeatureUsage> features = FeaturesShown(response);
  if (features.empty()) return;
  page.Section("FEATURE USAGE",
               absl::StrCat("share of ", Counted(response.active_count(),
                                                 absl::StrCat("active ", ActorNoun(response.actor())))));
  Table table({{response.property().empty() ? "event" : Harmless(response.property()), Table::Kind::kText},
               {ActorNoun(response.actor()) + "s", Table::Kind::kNumber},
               {"", Table::Kind::kBar},
               {"share", Table::Kind::kNumber},
               {"95% CI", Table::Kind::kNumber},
               {"uses", Table::Kind::kNumber},
               {absl::StrCat("per ", ActorNoun(response.actor())), Table::Kind::kNumber}});
  for (const v1::FeatureUsage& feature : features) {
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
  const bool without_pipelines = response.features_size() > static_cast<int>(features.size());
  std::string rest = hidden > 0 ? absl::StrCat("and ", Count(hidden), " more") : "";
  if (without_pipelines) absl::StrAppend(&rest, rest.empty() ? "" : "; ", "without the events of pipelines");
  page.Paragraph(rest, Tone::kQuiet);
}

std::string FeatureUsageText(const v1::GetFeatureUsageResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  if (FeaturesShown(response).empty()) {
    page.Section("FEATURE USAGE");
    page.Paragraph(absl::StrCat(
        response.property().empty()
            ? "No events in this period"
            : absl::StrCat("No event in this period has the property ", Harmless(response.property())),
        ". What there is: ", ViewOfSameDays(response.scope())));
  }
  RenderFeatureUsage(response, page);
  std::vector<std::string> assumptions;
  if (response.event_names_size() > 0) {
    assumptions.push_back(absl::StrCat("uses are ", Harmless(absl::StrJoin(response.event_names(), " or "))));
  }
  RenderAssumptions(assumptions, response.scope(), page);
  return page.text();
}

std::string FeatureUsageCsv(const v1::GetFeatureUsageResponse& response) {
  Csv csv(Csv::Joined({{"feature", "uses", "actors"},
                       Csv::RateColumns("share"),
                       {"uses_per_actor", "first_use_time", "last_use_time"}}));
  for (const v1::FeatureUsage& feature : response.features()) {
    csv.Text(feature.feature())
        .Number(feature.use_count())
        .Number(feature.actor_count())
        .Rate(feature.has_share(), feature.share())
        .Number(feature.uses_per_actor())
        .Time(feature.first_use_time())
        .Time(feature.last_use_time())
        .Next();
  }
  return csv.text();
}

}  // namespace donut::cli
