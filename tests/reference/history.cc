#include "tests/reference/history.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace donut::testing {
namespace {

std::string Show(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}
std::string Show(const std::optional<absl::Time>& time) { return time ? Show(*time) : "-"; }

}  // namespace

std::string ToString(const History& history) {
  std::vector<HistoryEvent> events = history.events;
  std::sort(events.begin(), events.end());
  std::string text;
  for (const HistoryEvent& event : events) {
    absl::StrAppend(&text, Show(event.time), " ", event.user, " [", event.session, "] ", event.name, " #",
                    event.producer_no, ".", event.sequence);
    for (const auto& [key, value] : event.properties) absl::StrAppend(&text, " ", key, "=", value);
    text += '\n';
  }
  for (const auto& [user, properties] : history.user_properties) {
    absl::StrAppend(&text, user, " is");
    for (const auto& [key, value] : properties) absl::StrAppend(&text, " ", key, "=", value);
    text += '\n';
  }
  for (const HistoryAttempt& attempt : history.attempts) {
    absl::StrAppend(&text, attempt.user, " [", attempt.session, "] attempt ", attempt.attempt, " of ",
                    attempt.pipeline.value_or("-"), ": ", Show(attempt.started), " completed ",
                    Show(attempt.completed), " failed ", Show(attempt.failed), " in ",
                    attempt.failed_phase.value_or("-"), "\n");
    for (const HistoryPhase& phase : attempt.phases) {
      absl::StrAppend(&text, "    ", phase.phase, ": ", Show(phase.started), " completed ",
                      Show(phase.completed), "\n");
    }
  }
  return text;
}

}  // namespace donut::testing
