// A project's stored events and runs as plain values: what the oracles in this
// folder read in place of the database, and what LoadHistory puts into it.
// For tests. No state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"

namespace donut::testing {

struct HistoryEvent {
  absl::Time time;
  std::string user;
  std::string session;  // empty: none
  std::string name;
  int producer_no = 1;
  int64_t sequence = 0;  // distinct per producer
  // Top-level properties: key to JSON text, such as "\"dark\"" or "3". Empty: NULL is stored.
  std::map<std::string, std::string> properties;
};

// Event order: total.
inline bool operator<(const HistoryEvent& a, const HistoryEvent& b) {
  return std::tie(a.time, a.producer_no, a.sequence) < std::tie(b.time, b.producer_no, b.sequence);
}

struct HistoryPhase {
  std::string phase;
  std::optional<absl::Time> started = {};
  std::optional<absl::Time> completed = {};
  std::optional<int64_t> items_in = {};
  std::optional<int64_t> items_out = {};
};

// A row of analytics_sessions with its rows of analytics_session_phases.
struct HistoryAttempt {
  std::string user;
  std::string session;
  int attempt = 1;
  std::optional<std::string> pipeline = {};
  std::optional<absl::Time> started = {};
  std::optional<absl::Time> completed = {};
  std::optional<absl::Time> failed = {};
  std::optional<std::string> failed_phase = {};
  std::optional<std::string> failure_reason = {};
  std::vector<HistoryPhase> phases = {};
};

struct History {
  std::vector<HistoryEvent> events;  // any order
  std::vector<HistoryAttempt> attempts;
  // Of each user, as they are now: key to JSON text, as in HistoryEvent.
  std::map<std::string, std::map<std::string, std::string>> user_properties = {};
};

// One line per event and attempt, for messages of failed tests.
std::string ToString(const History& history);

}  // namespace donut::testing
