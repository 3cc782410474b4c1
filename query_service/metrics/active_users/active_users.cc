#include "query_service/metrics/active_users/active_users.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/event_breakdown.h"
#include "query_service/metrics/active_users/active_users_counts.h"
#include "query_service/metrics/active_users/previous_interval.h"

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

absl::Status AddPrevious(ActiveUsersQuestion question, pqxx::transaction_base& transaction,
                         v1::GetActiveUsersResponse& response) {
  PreviousInterval interval = IntervalBefore(question.scope, question.granularity);
  question.scope.start = interval.start;
  question.scope.end = interval.end;
  question.buckets = std::move(interval.buckets);
  ASSIGN_OR_RETURN(ActiveUsersSeries series, CountActiveUsers(question, transaction));
  v1::PreviousActiveUsers& previous = *response.mutable_previous();
  *previous.mutable_start_time() = donut::ToProto(interval.start);
  *previous.mutable_end_time() = donut::ToProto(interval.end);
  previous.set_active_count(series.active_count);
  for (v1::ActiveUsersBucket& bucket : series.buckets) previous.add_buckets()->Swap(&bucket);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::GetActiveUsersResponse> ActiveUsers(const v1::GetActiveUsersRequest& request,
                                                       const QueryContext& context,
                                                       pqxx::transaction_base& transaction) {
  ActiveUsersQuestion question;
  ASSIGN_OR_RETURN(question.scope, ResolveScopeOrDay(request.scope(), request.date(), "date", context));
  ASSIGN_OR_RETURN(question.granularity, ResolveGranularity(request.granularity(), "granularity"));
  ASSIGN_OR_RETURN(question.actor, ResolveActor(request.actor(), "actor"));
  ASSIGN_OR_RETURN(question.names, ResolveEventNames(request.event_names(), "event_names"));
  ASSIGN_OR_RETURN(const EventBreakdown breakdown, ResolveBreakdownOf(request));
  ASSIGN_OR_RETURN(question.buckets,
                   IntervalBuckets(question.scope, question.granularity, kMaxActiveUsersBuckets));
  RETURN_IF_ERROR(CheckBreakdownBuckets(breakdown, question.buckets.size()));

  v1::GetActiveUsersResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  response.set_granularity(question.granularity);
  response.set_actor(question.actor);
  *response.mutable_event_names() = request.event_names();
  ASSIGN_OR_RETURN(ActiveUsersSeries series, CountActiveUsers(question, transaction));
  response.set_active_count(series.active_count);
  for (v1::ActiveUsersBucket& bucket : series.buckets) response.add_buckets()->Swap(&bucket);
  if (!breakdown.empty()) {
    ASSIGN_OR_RETURN(ActiveUsersRows by_value, CountActiveUsersByValue(question, breakdown, transaction));
    *response.mutable_breakdown() = breakdown.proto;
    for (v1::ActiveUsersBreakdownRow& row : by_value.rows) response.add_breakdown_rows()->Swap(&row);
    response.set_breakdown_value_count(by_value.value_count);
  }
  if (request.compare_to_previous()) RETURN_IF_ERROR(AddPrevious(question, transaction, response));
  return response;
}

}  // namespace donut::query
