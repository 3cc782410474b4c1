#include "cli/render/funnel_actors.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/filter_text.h"
#include "cli/render/funnel_parts.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

using Kind = Table::Kind;

std::string Took(const v1::FunnelActor& actor) {
  if (actor.step_times_size() < 2) return kAbsent;
  return Seconds(absl::ToDoubleSeconds(TimeOf(actor.step_times(actor.step_times_size() - 1)) -
                                       TimeOf(actor.step_times(0))));
}

std::string Session(const v1::FunnelActor& actor) {
  return actor.session_id().empty() ? absl::StrCat(actor.session_key()) : Harmless(actor.session_id());
}

// "REACHED STEP 2", and of a breakdown the row: "REACHED STEP 2 OF platform = ios".
std::string ActorsTitle(const v1::ListFunnelActorsRequest& request,
                        const v1::ListFunnelActorsResponse& response) {
  std::string who = request.who_case() == v1::ListFunnelActorsRequest::kReachedStep
                        ? absl::StrCat("REACHED STEP ", request.reached_step())
                        : absl::StrCat("DROPPED BEFORE STEP ", request.dropped_before_step());
  if (!response.has_breakdown_value()) return who;
  return absl::StrCat(who, " OF ", Harmless(BreakdownText(response.breakdown())), " = ",
                      ValueLabel(response.breakdown_value()));
}

// How many, and how many of them are shown; of a breakdown which of an actor's events gives the value.
std::string ActorsNote(const v1::ListFunnelActorsRequest& request,
                       const v1::ListFunnelActorsResponse& response) {
  const std::string shown = response.actors_size() < response.total_size()
                                ? absl::StrCat(", the first ", Count(response.actors_size()), " are shown")
                                : "";
  return absl::StrCat(Counted(response.total_size(), ActorNoun(request.funnel().actor())), shown,
                      AttributionText(response.attribution(), response.attribution_step()));
}

// Its value; where that has no row of its own, with the row.
Table::Cell ValueCell(const v1::FunnelActor& actor) {
  const std::string label = ValueLabel(actor.breakdown_value());
  if (actor.in_other_row()) return {absl::StrCat(label, " (of all others)"), Tone::kQuiet};
  return {label, actor.breakdown_value().has_text() ? Tone::kPlain : Tone::kQuiet};
}

void AddRowAndValue(const v1::FunnelActor& actor, Csv& csv) {
  if (actor.in_other_row()) {
    csv.Text("other").Text(actor.breakdown_value().text());
  } else {
    csv.Value(&actor.breakdown_value());
  }
}

}  // namespace

std::string FunnelActorsText(const v1::ListFunnelActorsRequest& request,
                             const v1::ListFunnelActorsResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  const bool sessions = request.funnel().actor() == v1::ACTOR_SESSION;
  const int steps = request.funnel().steps_size();
  page.Section(ActorsTitle(request, response), ActorsNote(request, response));
  if (response.actors_size() == 0) {
    page.Paragraph("Nobody.", Tone::kQuiet);
    RenderAssumptions({}, response.scope(), page);
    return page.text();
  }
  std::vector<Table::Column> columns = {{"user", Kind::kText}};
  if (sessions) columns.push_back({"session", Kind::kText});
  // In the row of one value all have the same.
  const bool values = response.has_breakdown() && !response.breakdown_value().has_text();
  if (values) columns.push_back({Harmless(BreakdownText(response.breakdown())), Kind::kText});
  columns.insert(columns.end(),
                 {{"got to", Kind::kNumber}, {"entered", Kind::kText}, {"took", Kind::kNumber}});
  columns.push_back({"", Kind::kText});
  Table table(columns);
  bool any_open = false;
  for (const v1::FunnelActor& actor : response.actors()) {
    any_open = any_open || actor.still_open();
    std::vector<Table::Cell> cells = {{Harmless(actor.user_id()), Tone::kStrong}};
    if (sessions) cells.emplace_back(Session(actor));
    if (values) cells.push_back(ValueCell(actor));
    cells.emplace_back(absl::StrCat(actor.level(), " of ", steps));
    cells.emplace_back(actor.step_times_size() > 0 ? LocalTime(actor.step_times(0), response.scope())
                                                   : kAbsent);
    cells.emplace_back(Took(actor));
    cells.emplace_back(actor.still_open() ? "*" : "");
    table.Row(std::move(cells));
  }
  table.RenderTo(page);
  if (any_open) page.Paragraph("* can still convert: the window of an entry is open", Tone::kQuiet);
  page.Paragraph(
      "took: from the entry to the last step that was reached. Why one is counted: donut "
      "explain-funnel-actor with the same steps and --user",
      Tone::kQuiet);
  RenderAssumptions({}, response.scope(), page);
  return page.text();
}

std::string FunnelActorsCsv(const v1::ListFunnelActorsRequest& request,
                            const v1::ListFunnelActorsResponse& response) {
  std::vector<std::string> columns = {"user_id", "session_id", "session_key", "level", "still_open"};
  if (response.has_breakdown()) columns = Csv::Joined({columns, Csv::ValueColumns()});
  for (int step = 1; step <= request.funnel().steps_size(); ++step) {
    columns.push_back(absl::StrCat("step_", step, "_time"));
  }
  Csv csv(columns);
  const bool sessions = request.funnel().actor() == v1::ACTOR_SESSION;
  for (const v1::FunnelActor& actor : response.actors()) {
    csv.Text(actor.user_id()).Text(actor.session_id());
    csv.Text(sessions ? absl::StrCat(actor.session_key()) : "");
    csv.Number(int64_t{actor.level()}).Truth(actor.still_open());
    if (response.has_breakdown()) AddRowAndValue(actor, csv);
    for (int i = 0; i < request.funnel().steps_size(); ++i) {
      if (i < actor.step_times_size()) {
        csv.Time(actor.step_times(i));
      } else {
        csv.Nothing();
      }
    }
    csv.Next();
  }
  return csv.text();
}

}  // namespace donut::cli
