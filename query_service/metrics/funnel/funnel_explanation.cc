#include "query_service/metrics/funnel/funnel_explanation.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace donut::query {
namespace {

std::string Ordinal(int number) {
  const char* const ending = number % 100 / 10 == 1 ? "th"
                             : number % 10 == 1     ? "st"
                             : number % 10 == 2     ? "nd"
                             : number % 10 == 3     ? "rd"
                                                    : "th";
  return absl::StrCat(number, ending);
}

}  // namespace

std::string DurationText(absl::Duration duration) {
  struct Unit {
    absl::Duration length;
    const char* name;
  };
  static constexpr int kUnits = 6;
  static const Unit units[kUnits] = {{absl::Hours(24), "d"},        {absl::Hours(1), "h"},
                                     {absl::Minutes(1), "m"},       {absl::Seconds(1), "s"},
                                     {absl::Milliseconds(1), "ms"}, {absl::Microseconds(1), "us"}};
  std::vector<std::string> parts;
  for (int i = 0; i < kUnits && parts.size() < 2; ++i) {
    absl::Duration rest;
    const int64_t count = absl::IDivDuration(duration, units[i].length, &rest);
    if (count == 0 && !parts.empty()) break;
    if (count == 0) continue;
    parts.push_back(absl::StrCat(count, units[i].name));
    duration = rest;
  }
  return parts.empty() ? "0s" : absl::StrJoin(parts, " ");
}

std::string FunnelExplanation::Step(int step) const {
  if (question_.order == v1::FUNNEL_ORDER_UNORDERED) return absl::StrCat("the ", Ordinal(step), " step");
  return absl::StrCat("step ", step, ", ", question_.steps[step - 1].label, ",");
}

// As short as it can be said exactly.
std::string FunnelExplanation::Time(absl::Time time) const {
  const bool whole_minute = time == absl::FromUnixSeconds(absl::ToUnixSeconds(time) / 60 * 60);
  return absl::FormatTime(whole_minute ? "%Y-%m-%d %H:%M" : "%Y-%m-%d %H:%M:%E*S", time,
                          question_.scope.zone);
}

std::string FunnelExplanation::Attempt(const FunnelEventVerdict& verdict) const {
  return absl::StrCat("the entry at ", TimeOf(verdict.entry));
}

std::string FunnelExplanation::ExclusionSteps(size_t place) const {
  std::vector<std::string> spans;
  for (size_t i = 0; i < question_.exclusions.size(); ++i) {
    const FunnelExclusionQuestion& exclusion = question_.exclusions[i];
    if ((walk_.events[place].exclusions >> i & 1) == 0) continue;
    spans.push_back(absl::StrCat("steps ", exclusion.from_step, " and ", exclusion.to_step));
  }
  return absl::StrJoin(spans, ", or between ");
}

std::string FunnelExplanation::OutOfOrder(const FunnelEventVerdict& verdict) const {
  const char* const where = question_.order == v1::FUNNEL_ORDER_STRICT ? "right before it" : "before it";
  return absl::StrCat("would be ", Step(verdict.step), " but ", Step(verdict.missing_step),
                      " had not been done ", where);
}

std::string FunnelExplanation::HeldKeysMissing(const FunnelWalkEvent& event) const {
  std::vector<std::string> keys;
  for (size_t i = 0; i < event.held.size(); ++i) {
    if (!event.held[i]) keys.push_back(question_.held[i]);
  }
  return absl::StrJoin(keys, " and ");
}

std::string FunnelExplanation::Of(size_t place) const {
  const FunnelWalkEvent& event = walk_.events[place];
  const FunnelEventVerdict& verdict = walk_.verdicts[place];
  const auto since_entry = [&] { return DurationText(event.time - walk_.events[verdict.entry].time); };
  switch (verdict.role) {
    case v1::FUNNEL_EVENT_ROLE_ENTERED:
      return absl::StrCat("entered; the window was open until ", Time(event.time + question_.window));
    case v1::FUNNEL_EVENT_ROLE_ADVANCED:
      return absl::StrCat("is ", Step(verdict.step), " ", since_entry(), " after ", Attempt(verdict));
    case v1::FUNNEL_EVENT_ROLE_OTHER_ATTEMPT:
      return absl::StrCat("is ", Step(verdict.step), " of another attempt",
                          verdict.step == 1 ? "" : absl::StrCat(", from ", Attempt(verdict)),
                          "; the one from the entry at ", TimeOf(walk_.attempt[0]),
                          " is counted: it got furthest, then ended first, then started last");
    case v1::FUNNEL_EVENT_ROLE_TOO_LATE:
      return absl::StrCat("would have been ", Step(verdict.step), " but came ",
                          DurationText(event.time - walk_.events[verdict.entry].time - question_.window),
                          " after the window of ", Attempt(verdict), " had closed");
    case v1::FUNNEL_EVENT_ROLE_OUT_OF_ORDER:
      return OutOfOrder(verdict);
    case v1::FUNNEL_EVENT_ROLE_EXCLUDED:
      return absl::StrCat("ended the attempt from ", Attempt(verdict), ", which had got to ",
                          Step(verdict.step), " because it must not come between ", ExclusionSteps(place));
    case v1::FUNNEL_EVENT_ROLE_EXCLUSION_WITHOUT_EFFECT:
      return absl::StrCat("changed nothing: no attempt stood between ", ExclusionSteps(place));
    case v1::FUNNEL_EVENT_ROLE_BLOCKED_BY_EXCLUSION:
      return absl::StrCat("would have been ", Step(verdict.step), " after ", Attempt(verdict), ", but ",
                          walk_.events[verdict.cause].name, " at ", TimeOf(verdict.cause), " excluded it");
    case v1::FUNNEL_EVENT_ROLE_INTERRUPTED:
      return absl::StrCat("stood where ", Step(verdict.step), " would have had to follow, after ",
                          Attempt(verdict));
    case v1::FUNNEL_EVENT_ROLE_NOT_A_STEP:
      return "is no step, and no attempt waited for one";
    case v1::FUNNEL_EVENT_ROLE_OUTSIDE_INTERVAL:
      return absl::StrCat("would enter, but the interval ended at ", Time(question_.scope.end));
    case v1::FUNNEL_EVENT_ROLE_WITHOUT_HELD_VALUE:
      return absl::StrCat("is ignored: it has no value for ", HeldKeysMissing(event));
    default:
      return "";
  }
}

// The first event that would have been the next step, or that stood in its place.
std::string FunnelExplanation::WhatStopped() const {
  const int next = static_cast<int>(walk_.attempt.size()) + 1;
  for (size_t i = 0; i < walk_.events.size(); ++i) {
    const FunnelEventVerdict& verdict = walk_.verdicts[i];
    if (verdict.step != next) continue;
    switch (verdict.role) {
      case v1::FUNNEL_EVENT_ROLE_TOO_LATE:
      case v1::FUNNEL_EVENT_ROLE_BLOCKED_BY_EXCLUSION:
      case v1::FUNNEL_EVENT_ROLE_INTERRUPTED:
        return absl::StrCat(walk_.events[i].name, " at ", TimeOf(static_cast<int>(i)), " ", Of(i));
      default:
        break;
    }
  }
  const bool unordered = question_.order == v1::FUNNEL_ORDER_UNORDERED;
  return absl::StrCat("no ", unordered ? "further step" : question_.steps[next - 1].label, " followed",
                      walk_.still_open ? " yet" : "");
}

std::string FunnelExplanation::WhyNotEntered() const {
  const bool unordered = question_.order == v1::FUNNEL_ORDER_UNORDERED;
  const auto any_is = [&](v1::FunnelEventRole role) {
    for (size_t i = 0; i < walk_.events.size(); ++i) {
      const bool would_enter = unordered ? walk_.events[i].steps != 0 : (walk_.events[i].steps & 1) != 0;
      if (walk_.verdicts[i].role == role && would_enter) return true;
    }
    return false;
  };
  if (any_is(v1::FUNNEL_EVENT_ROLE_OUTSIDE_INTERVAL)) {
    return absl::StrCat("what would enter came after the interval, which ended at ",
                        Time(question_.scope.end));
  }
  if (any_is(v1::FUNNEL_EVENT_ROLE_WITHOUT_HELD_VALUE)) {
    return absl::StrCat("what would enter has no value for ", absl::StrJoin(question_.held, " and "));
  }
  if (question_.scope.as_of < question_.scope.start) {
    return absl::StrCat("the interval starts at ", Time(question_.scope.start), ", after as_of, ",
                        Time(question_.scope.as_of));
  }
  return absl::StrCat("there is no ", unordered ? "event of any step" : question_.steps[0].label, " from ",
                      Time(question_.scope.start), " to ",
                      Time(std::min(question_.scope.end, question_.scope.as_of)));
}

std::string FunnelExplanation::Summary() const {
  const int level = static_cast<int>(walk_.attempt.size());
  const int steps = question_.step_count();
  if (level == 0) return absl::StrCat("did not enter: ", WhyNotEntered());
  const bool unordered = question_.order == v1::FUNNEL_ORDER_UNORDERED;
  const std::string last = unordered ? "" : absl::StrCat(", ", question_.steps[level - 1].label);
  if (level == steps) {
    const absl::Duration took = walk_.events[walk_.attempt.back()].time - walk_.events[walk_.attempt[0]].time;
    return absl::StrCat("reached ", steps == 1 ? "the only step" : absl::StrCat("all ", steps, " steps"),
                        last, ", ", DurationText(took), " after entering at ", TimeOf(walk_.attempt[0]));
  }
  return absl::StrCat("reached ", unordered ? absl::StrCat("any ", level) : absl::StrCat("step ", level),
                      " of ", steps, unordered ? " steps" : "", last, "; ", WhatStopped(),
                      walk_.still_open ? "; it can still get further" : "");
}

}  // namespace donut::query
