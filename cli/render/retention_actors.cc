#include "cli/render/retention_actors.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

using Kind = Table::Kind;

std::string TitleOf(const v1::ListRetentionActorsRequest& request,
                    const v1::ListRetentionActorsResponse& response) {
  std::string cohort = absl::StrCat("COHORT ", Harmless(response.cohort().label()));
  if (response.who() == v1::RETENTION_ACTORS_WHO_ALL) return cohort;
  const std::string period = absl::AsciiStrToUpper(PeriodName(request.retention().period()));
  return absl::StrCat(
      cohort, response.who() == v1::RETENTION_ACTORS_WHO_NOT_RETAINED ? ", NOT RETAINED" : ", RETAINED", ", ",
      period, " ", response.offset());
}

}  // namespace

std::string RetentionActorsText(const v1::ListRetentionActorsRequest& request,
                                const v1::ListRetentionActorsResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  const std::string shown = response.actors_size() < response.total_size()
                                ? absl::StrCat(", the first ", Count(response.actors_size()), " are shown")
                                : "";
  page.Section(TitleOf(request, response), absl::StrCat(Counted(response.total_size(), "user"), shown));
  if (response.actors_size() == 0) {
    page.Paragraph("Nobody.", Tone::kQuiet);
    RenderAssumptions({}, response.scope(), page);
    return page.text();
  }
  Table table(
      {{"user", Kind::kText}, {"start", Kind::kText}, {"came back", Kind::kText}, {"after", Kind::kNumber}});
  for (const v1::RetentionActor& actor : response.actors()) {
    const bool back = actor.has_return_time();
    const absl::Duration after = TimeOf(actor.return_time()) - TimeOf(actor.start_time());
    table.Row({{Harmless(actor.user_id()), Tone::kStrong},
               LocalTime(actor.start_time(), response.scope()),
               back ? LocalTime(actor.return_time(), response.scope()) : kAbsent,
               back ? Seconds(absl::ToDoubleSeconds(after)) : kAbsent});
  }
  table.RenderTo(page);
  RenderAssumptions({}, response.scope(), page);
  return page.text();
}

std::string RetentionActorsCsv(const v1::ListRetentionActorsResponse& response) {
  Csv csv({"user_id", "start_time", "return_time"});
  for (const v1::RetentionActor& actor : response.actors()) {
    csv.Text(actor.user_id()).Time(actor.start_time()).Time(actor.return_time()).Next();
  }
  return csv.text();
}

}  // namespace donut::cli
