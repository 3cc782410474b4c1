#include "query_service/metrics/active_users/active_users.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/engine.h"
#include "query_service/event_breakdown.h"
#include "query_service/metrics/active_users/active_users_by_history.h"
#include "query_service/metrics/active_users/active_users_by_sql.h"
#include "query_service/metrics/active_users/previous_interval.h"
#include "query_service/rate.h"

namespace donut::query {
namespace {

// Of the rows, each value's, `other` and `none`.
absl::Status CheckBreakdownBuckets(const EventBreakdown& breakdown, size_t buckets) {
  if (breakdown.empty()) return absl::OkStatus();
  const size_t rows = static_cast<size_t>(breakdown.limit()) + 2;
  if (rows * buckets <= kMaxActiveUsersBreakdownBuckets) return absl::OkStatus();
  return InvalidField(
      "breakdown.limit",
      absl::StrCat("must leave at most ", kMaxActiveUsersBreakdownBuckets, " buckets over all rows: ", rows,
                   " rows, `other` and `none` among them, of ", buckets,
                   " buckets each are more; lower it, shorten the interval, or choose "
                   "longer buckets"));
}

// What a request asks, checked.
struct Asked {
  ActiveUsersQuestion question;
  EventBreakdown breakdown;
  bool compare_to_previous = false;
};

absl::StatusOr<Asked> Resolve(const v1::GetActiveUsersRequest& request, const QueryContext& context) {
  Asked asked;
  ActiveUsersQuestion& question = asked.question;
  ASSIGN_OR_RETURN(question.scope, ResolveScopeOrDay(request.scope(), request.date(), "date", context));
  ASSIGN_OR_RETURN(question.granularity, ResolveGranularity(request.granularity(), "granularity"));
  ASSIGN_OR_RETURN(question.actor, ResolveActor(request.actor(), "actor"));
  ASSIGN_OR_RETURN(question.names, ResolveEventNames(request.event_names(), "event_names"));
  ASSIGN_OR_RETURN(asked.breakdown, ResolveBreakdownOf(request));
  ASSIGN_OR_RETURN(question.buckets,
                   IntervalBuckets(question.scope, question.granularity, kMaxActiveUsersBuckets));
  RETURN_IF_ERROR(CheckBreakdownBuckets(asked.breakdown, question.buckets.size()));
  asked.compare_to_previous = request.compare_to_previous();
  return asked;
}

ActiveUsersQuestion Before(const ActiveUsersQuestion& question) {
  PreviousInterval interval = IntervalBefore(question.scope, question.granularity);
  ActiveUsersQuestion before = question;
  before.scope.start = interval.start;
  before.scope.end = interval.end;
  before.buckets = std::move(interval.buckets);
  return before;
}

// The numbers of an answer.
struct Counted {
  ActiveUsersCounts whole;
  ActiveUsersByValue by_value;
  ActiveUsersCounts previous;
};

// `count` and `count_by_value` are those of an engine.
template <typename Count, typename CountByValue>
absl::StatusOr<Counted> CountAll(const Asked& asked, const Count& count, const CountByValue& count_by_value) {
  Counted counted;
  ASSIGN_OR_RETURN(counted.whole, count(asked.question));
  if (!asked.breakdown.empty()) {
    ASSIGN_OR_RETURN(counted.by_value, count_by_value(asked.question, asked.breakdown));
  }
  if (asked.compare_to_previous) {
    ASSIGN_OR_RETURN(counted.previous, count(Before(asked.question)));
  }
  return counted;
}

// Into an answer, a row of its breakdown, or the interval before.
template <typename Message>
void SetCounts(const ActiveUsersQuestion& question, const ActiveUsersCounts& counts, Message& message) {
  message.set_active_count(counts.active);
  for (size_t i = 0; i < counts.buckets.size(); ++i) {
    const ActiveUsersBucketCount& count = counts.buckets[i];
    v1::ActiveUsersBucket& bucket = *message.add_buckets();
    *bucket.mutable_bucket() = ToProto(question.buckets[i], question.granularity, question.scope);
    bucket.set_active_count(count.active);
    bucket.set_new_count(count.newcomers);
    bucket.set_known_count(count.active - count.newcomers);
    if (question.granularity != v1::GRANULARITY_DAY) continue;
    bucket.set_trailing_7_day_count(count.trailing_7_days);
    bucket.set_trailing_30_day_count(count.trailing_30_days);
    SetRate(ShareOf(count.active, count.trailing_30_days), [&] { return bucket.mutable_stickiness(); });
  }
}

}  // namespace

absl::StatusOr<v1::GetActiveUsersResponse> ActiveUsers(const v1::GetActiveUsersRequest& request,
                                                       const QueryContext& context,
                                                       pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(Asked asked, Resolve(request, context));
  ActiveUsersQuestion& question = asked.question;
  ASSIGN_OR_RETURN(
      const Counted counted,
      AnswerBy(
          context, transaction, question.scope,
          [&](HistoryRun& run) {
            return CountAll(
                asked, [&](const auto& one) { return ActiveUsersByHistory(one, run); },
                [&](const auto& one, const auto& by) { return ActiveUsersByValueByHistory(one, by, run); });
          },
          [&] {
            return CountAll(
                asked, [&](const auto& one) { return ActiveUsersBySql(one, transaction); },
                [&](const auto& one, const auto& by) {
                  return ActiveUsersByValueBySql(one, by, transaction);
                });
          }));

  v1::GetActiveUsersResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  response.set_granularity(question.granularity);
  response.set_actor(question.actor);
  *response.mutable_event_names() = request.event_names();
  SetCounts(question, counted.whole, response);
  if (!asked.breakdown.empty()) {
    *response.mutable_breakdown() = asked.breakdown.proto;
    for (const auto& [value, counts] : counted.by_value.rows) {
      v1::ActiveUsersBreakdownRow& row = *response.add_breakdown_rows();
      *row.mutable_value() = value;
      SetCounts(question, counts, row);
    }
    response.set_breakdown_value_count(counted.by_value.value_count);
  }
  if (asked.compare_to_previous) {
    const ActiveUsersQuestion before = Before(question);
    v1::PreviousActiveUsers& previous = *response.mutable_previous();
    *previous.mutable_start_time() = donut::ToProto(before.scope.start);
    *previous.mutable_end_time() = donut::ToProto(before.scope.end);
    SetCounts(before, counted.previous, previous);
  }
  return response;
}

}  // namespace donut::query
