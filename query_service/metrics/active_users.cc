#include "query_service/metrics/active_users.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics_sql.h"
#include "query_service/rate.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// The longest trailing window ends with its day: so many days are read before the first.
constexpr int kTrailingDaysBefore = 29;

// See active_users.sql.
struct Pieces {
  std::vector<absl::Time> starts;
  std::vector<std::optional<int>> days;
  std::vector<std::optional<int>> buckets;

  void Add(absl::Time start, std::optional<int> day, std::optional<int> bucket) {
    starts.push_back(start);
    days.push_back(day);
    buckets.push_back(bucket);
  }
};

std::string ToLiteral(const std::vector<std::optional<int>>& numbers) {
  return absl::StrCat("{",
                      absl::StrJoin(numbers, ",",
                                    [](std::string* out, std::optional<int> number) {
                                      absl::StrAppend(out, number ? absl::StrCat(*number) : "NULL");
                                    }),
                      "}");
}

Pieces CutIntoPieces(const std::vector<CalendarBucket>& buckets, bool by_day, const QueryScope& scope) {
  Pieces pieces;
  int day = 0;
  if (by_day) {
    const absl::CivilDay first = buckets.front().first_day;
    for (; day < kTrailingDaysBefore; ++day) {
      pieces.Add(DayStart(first - kTrailingDaysBefore + day, scope.zone), day, std::nullopt);
    }
    if (buckets.front().start < scope.start) pieces.Add(buckets.front().start, day, std::nullopt);
  }
  for (size_t i = 0; i < buckets.size(); ++i, ++day) {
    pieces.Add(std::max(buckets[i].start, scope.start), by_day ? std::optional(day) : std::nullopt,
               static_cast<int>(i));
  }
  return pieces;
}

}  // namespace

absl::StatusOr<v1::GetActiveUsersResponse> ActiveUsers(const v1::GetActiveUsersRequest& request,
                                                       const QueryContext& context,
                                                       pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const QueryScope scope,
                   ResolveScopeOrDay(request.scope(), request.date(), "date", context));
  ASSIGN_OR_RETURN(const v1::Granularity granularity,
                   ResolveGranularity(request.granularity(), "granularity"));
  ASSIGN_OR_RETURN(const v1::Actor actor, ResolveActor(request.actor(), "actor"));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ResolveEventNames(request.event_names(), "event_names"));
  ASSIGN_OR_RETURN(const std::vector<CalendarBucket> buckets,
                   IntervalBuckets(scope, granularity, kMaxActiveUsersBuckets));

  const bool by_day = granularity == v1::GRANULARITY_DAY;
  const Pieces pieces = CutIntoPieces(buckets, by_day, scope);
  FilteredStatement statement(sql::kActiveUsers);
  statement.Set("filter", scope.filter);
  ASSIGN_OR_RETURN(
      const pqxx::result rows,
      statement.Run(transaction, scope.project_id, ToPostgresArray(pieces.starts), ToLiteral(pieces.days),
                    ToLiteral(pieces.buckets), actor == v1::ACTOR_SESSION, NamesOrNull(names),
                    ToPostgres(scope.interval_seen_end())));

  v1::GetActiveUsersResponse response;
  *response.mutable_scope() = ToProto(scope);
  response.set_granularity(granularity);
  response.set_actor(actor);
  *response.mutable_event_names() = request.event_names();
  for (const pqxx::row& row : rows) {
    v1::ActiveUsersBucket& bucket = *response.add_buckets();
    *bucket.mutable_bucket() = ToProto(buckets[row["bucket"].as<size_t>()], granularity, scope);
    bucket.set_active_count(row["active_count"].as<int64_t>());
    bucket.set_new_count(row["new_count"].as<int64_t>());
    response.set_active_count(row["interval_active_count"].as<int64_t>());
    if (!by_day) continue;
    bucket.set_trailing_7_day_count(row["trailing_7_day_count"].as<int64_t>());
    bucket.set_trailing_30_day_count(row["trailing_30_day_count"].as<int64_t>());
    SetRate(ShareOf(bucket.active_count(), bucket.trailing_30_day_count()),
            [&] { return bucket.mutable_stickiness(); });
  }
  return response;
}

}  // namespace donut::query
