// What all queries share: which project, which interval, seen when and from where.
// Checks a request's common fields and fills in the defaults that scope.proto
// states. Every error is INVALID_ARGUMENT that names the field and the rule. No
// state, no clock, no database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/postgres/project_directory.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"
#include "google/protobuf/repeated_field.h"
#include "query_service/calendar.h"
#include "query_service/event_filter.h"
#include "query_service/user_range.h"

namespace donut::query {

inline constexpr int kMaxTimeZoneBytes = 64;
inline constexpr int kMaxEventNamesPerList = 100;
inline constexpr int kMinYear = 1971;
inline constexpr int kMaxYear = 2200;
inline constexpr int kDefaultIntervalDays = 30;

struct HistoryAccess;  // engine.h

// Who asks, when, and what there is to read from besides tables.
struct QueryContext {
  postgres::Project project;
  absl::Time now;
  // Null: SQL alone answers.
  const HistoryAccess* histories = nullptr;
  // The events of these users alone are seen, by whichever engine: verification.h asks so, a caller cannot.
  std::optional<UserRange> users = {};
};

// v1::Scope with every default filled in. Times are whole microseconds.
struct QueryScope {
  int project_id = 0;
  std::string project;
  // [start, end)
  absl::Time start;
  absl::Time end;
  // Inclusive.
  absl::Time as_of;
  absl::TimeZone zone;
  std::string time_zone;
  v1::WeekStart week_start = v1::WEEK_START_MONDAY;
  EventFilter filter;
  v1::Preset preset = v1::PRESET_UNSPECIFIED;
  // AUTO, SQL or HISTORY.
  v1::Engine engine = v1::ENGINE_AUTO;
  // What AnswerBy (engine.h) says of the answer; UNSPECIFIED before.
  v1::Engine answered_by = v1::ENGINE_UNSPECIFIED;
  std::string engine_reason;
  int64_t unpacked_event_count = 0;

  // Exclusive bounds for `event_time <`: of what is seen at all, and of what is seen of the interval.
  absl::Time seen_end() const { return as_of + absl::Microseconds(1); }
  absl::Time interval_seen_end() const { return std::min(end, seen_end()); }
};

absl::StatusOr<QueryScope> ResolveScope(const v1::Scope& scope, const QueryContext& context);

// The same with a shortcut field for one day ("2024-01-31") in place of scope.interval:
// active_users.proto's `date`, retention.proto's `cohort_date`. Empty: not given.
absl::StatusOr<QueryScope> ResolveScopeOrDay(const v1::Scope& scope, const std::string& day,
                                             const std::string& day_field, const QueryContext& context);

v1::ResolvedScope ToProto(const QueryScope& scope);

// UNSPECIFIED becomes the default; numbers without a name are refused.
absl::StatusOr<v1::Granularity> ResolveGranularity(v1::Granularity granularity, const std::string& field);
absl::StatusOr<v1::Actor> ResolveActor(v1::Actor actor, const std::string& field);

// The buckets that overlap the interval, cut ones whole. INVALID_ARGUMENT when
// there are more than `most`.
absl::StatusOr<std::vector<CalendarBucket>> IntervalBuckets(const QueryScope& scope,
                                                            v1::Granularity granularity, size_t most);

// `complete`: ended by as_of, and within the interval as a whole.
v1::Bucket ToProto(const CalendarBucket& bucket, v1::Granularity granularity, const QueryScope& scope);

// The names of a request's list: each 1 to 200 bytes without NUL, distinct, at most
// `most`. Bind ToPostgresArray(names), and compare as
// event_name_id IN (SELECT event_name_id FROM event_names WHERE project_id = $1 AND name = ANY ($n::text[]))
absl::StatusOr<std::vector<std::string>> ResolveEventNames(
    const google::protobuf::RepeatedPtrField<std::string>& names, const std::string& field,
    int most = kMaxEventNamesPerList);

// A text of a request that is bound to a statement: at most `max_bytes`, no NUL.
absl::Status CheckText(const std::string& text, size_t max_bytes, const std::string& field);

}  // namespace donut::query
