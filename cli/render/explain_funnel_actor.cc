#include "cli/render/explain_funnel_actor.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cli/render/csv.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/question.h"
#include "common/proto_time.h"

namespace donut::cli {
namespace {

using Kind = Table::Kind;

constexpr int kExplanationIndent = 6;

std::string RoleText(const v1::FunnelActorEvent& event) {
  switch (event.role()) {
    case v1::FUNNEL_EVENT_ROLE_ENTERED:
      return "entered";
    case v1::FUNNEL_EVENT_ROLE_ADVANCED:
      return absl::StrCat("step ", event.step());
    case v1::FUNNEL_EVENT_ROLE_OTHER_ATTEMPT:
      return absl::StrCat("step ", event.step(), " of another attempt");
    case v1::FUNNEL_EVENT_ROLE_TOO_LATE:
      return absl::StrCat("too late for step ", event.step());
    case v1::FUNNEL_EVENT_ROLE_OUT_OF_ORDER:
      return "out of order";
    case v1::FUNNEL_EVENT_ROLE_EXCLUDED:
      return "excluded";
    case v1::FUNNEL_EVENT_ROLE_EXCLUSION_WITHOUT_EFFECT:
      return "excludes nothing";
    case v1::FUNNEL_EVENT_ROLE_BLOCKED_BY_EXCLUSION:
      return "after an exclusion";
    case v1::FUNNEL_EVENT_ROLE_INTERRUPTED:
      return "interrupted";
    case v1::FUNNEL_EVENT_ROLE_NOT_A_STEP:
      return "no step";
    case v1::FUNNEL_EVENT_ROLE_OUTSIDE_INTERVAL:
      return "outside the period";
    case v1::FUNNEL_EVENT_ROLE_WITHOUT_HELD_VALUE:
      return "without a value";
    default:
      return "?";
  }
}

Tone ToneOf(v1::FunnelEventRole role) {
  switch (role) {
    case v1::FUNNEL_EVENT_ROLE_ENTERED:
    case v1::FUNNEL_EVENT_ROLE_ADVANCED:
      return Tone::kGood;
    case v1::FUNNEL_EVENT_ROLE_TOO_LATE:
    case v1::FUNNEL_EVENT_ROLE_EXCLUDED:
    case v1::FUNNEL_EVENT_ROLE_BLOCKED_BY_EXCLUSION:
    case v1::FUNNEL_EVENT_ROLE_INTERRUPTED:
      return Tone::kBad;
    default:
      return Tone::kQuiet;
  }
}

// "TOO_LATE", as the JSON has it without the enum's name.
std::string RoleWord(v1::FunnelEventRole role) {
  std::string name = v1::FunnelEventRole_Name(role);
  if (name.empty()) name = absl::StrCat(static_cast<int>(role));
  return std::string(absl::StripPrefix(name, "FUNNEL_EVENT_ROLE_"));
}

void RenderStepTimes(const v1::ExplainFunnelActorResponse& response, Page& page) {
  if (response.step_times_size() == 0) return;
  page.BlankLine();
  Table table({{"step", Kind::kNumber}, {"reached", Kind::kText}, {"after the entry", Kind::kNumber}});
  for (int i = 0; i < response.step_times_size(); ++i) {
    const absl::Duration after = TimeOf(response.step_times(i)) - TimeOf(response.step_times(0));
    table.Row({{absl::StrCat(i + 1), Tone::kStrong},
               LocalTime(response.step_times(i), response.scope()),
               i == 0 ? std::string() : Seconds(absl::ToDoubleSeconds(after))});
  }
  table.RenderTo(page);
}

}  // namespace

std::string ExplainFunnelActorText(const v1::ExplainFunnelActorRequest& request,
                                   const v1::ExplainFunnelActorResponse& response,
                                   const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  page.Section(absl::StrCat("WHY ", CutToWidth(Harmless(request.user_id()), page.width() / 2)),
               absl::StrCat("step ", response.level(), " of ", response.step_count(),
                            response.still_open() ? ", can still convert" : ""));
  page.Paragraph(Harmless(response.summary()), Tone::kStrong);
  RenderStepTimes(response, page);
  if (response.events_size() == 0) {
    page.BlankLine();
    page.Paragraph("None of this user's events matches a step of the funnel, or an exclusion.", Tone::kQuiet);
    RenderAssumptions({}, response.scope(), page);
    return page.text();
  }
  page.Section("EVENTS", absl::StrCat(Counted(response.event_count(), "event"), " that the funnel looks at"));
  for (const v1::FunnelActorEvent& event : response.events()) {
    const bool says_step = event.matched_steps_size() == 1 && event.matched_steps(0) == event.step();
    const std::string matched =
        event.matched_steps().empty() || says_step
            ? ""
            : absl::StrCat("  (matches step ", absl::StrJoin(event.matched_steps(), ", "), ")");
    page.Line({{absl::StrCat("  ", LocalTime(event.event_time(), response.scope()), "  ")},
               {Harmless(event.name()), Tone::kStrong},
               {"  "},
               {RoleText(event), ToneOf(event.role())},
               {matched, Tone::kQuiet}});
    page.Paragraph(Harmless(event.explanation()), Tone::kQuiet, kExplanationIndent);
  }
  if (response.events_truncated()) {
    page.Paragraph(absl::StrCat("the earliest ", Count(response.events_size()),
                                " are shown; the result takes in all of them"),
                   Tone::kQuiet);
  }
  RenderAssumptions({}, response.scope(), page);
  return page.text();
}

std::string ExplainFunnelActorCsv(const v1::ExplainFunnelActorRequest& request,
                                  const v1::ExplainFunnelActorResponse& response) {
  std::vector<std::string> columns = {"event_time",          "name",       "matched_steps", "role", "step",
                                      "too_late_by_seconds", "explanation"};
  for (const std::string& key : request.funnel().hold_constant())
    columns.push_back(absl::StrCat("held_", key));
  Csv csv(columns);
  for (const v1::FunnelActorEvent& event : response.events()) {
    csv.Time(event.event_time()).Text(event.name()).Text(absl::StrJoin(event.matched_steps(), " "));
    csv.Text(RoleWord(event.role()));
    csv.Text(event.step() > 0 ? absl::StrCat(event.step()) : "");
    if (event.has_too_late_by()) {
      const auto late = FromProto(event.too_late_by(), "too_late_by").value_or(absl::ZeroDuration());
      csv.Number(absl::ToDoubleSeconds(late));
    } else {
      csv.Nothing();
    }
    csv.Text(event.explanation());
    for (int i = 0; i < request.funnel().hold_constant_size(); ++i) {
      csv.Text(i < event.held_values_size() ? event.held_values(i) : "");
    }
    csv.Next();
  }
  return csv.text();
}

}  // namespace donut::cli
