// Which actors of retention are asked for, checked and with its defaults, and what is found: what the
// statement and the fold have in common. No state, no clock, no database.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/retention_actors.pb.h"
#include "query_service/metrics/retention/retention_question.h"

namespace donut::query {

struct RetentionActorsQuestion {
  // Its columns are those that were asked for, its scope the one of the whole table.
  RetentionQuestion retention;
  size_t cohort = 0;
  // Nothing: the cohort itself.
  std::optional<RetentionOffsets> column;
  v1::RetentionActorsWho who = v1::RETENTION_ACTORS_WHO_RETAINED;
  int64_t page_size = 0;
  // The last user of the page before; empty: the first page.
  std::string after;

  const CalendarBucket& cohort_period() const { return retention.periods[cohort]; }
  // Exclusive bound of start events.
  absl::Time starts_end() const { return std::min(cohort_period().end, retention.scope.seen_end()); }
  // Nothing: the whole cohort; else whether they are retained.
  std::optional<bool> is_retained() const {
    if (who == v1::RETENTION_ACTORS_WHO_ALL) return std::nullopt;
    return who == v1::RETENTION_ACTORS_WHO_RETAINED;
  }
};

// The return events that the cell counts.
struct RetentionReturnRange {
  // Exclusive end.
  absl::Time start;
  absl::Time end;
  // ROLLING: since each actor's start.
  std::optional<absl::Duration> since;
  std::optional<absl::Duration> until;
};

struct FoundRetentionActor {
  std::string user;
  // Microseconds since 1970.
  int64_t start_us = 0;
  std::optional<int64_t> return_us;
};

struct FoundRetentionActors {
  // Of all pages.
  int64_t total = 0;
  // One more than the page has, where another page follows.
  std::vector<FoundRetentionActor> actors;
};

// INVALID_ARGUMENT names the field and the rule.
absl::StatusOr<RetentionActorsQuestion> ResolveRetentionActors(const v1::ListRetentionActorsRequest& request,
                                                               const QueryContext& context);
// A refusal of the question within the request names its field within the request.
absl::Status WithinRetention(const absl::Status& status);

RetentionReturnRange ReturnRangeOf(const RetentionActorsQuestion& question);

}  // namespace donut::query
