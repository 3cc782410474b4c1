#include "query_service/metrics/retention/retention_actors.h"

#include "common/proto_time.h"
#include "common/status_macros.h"
#include "common/utf8.h"
#include "query_service/engine.h"
#include "query_service/metrics/retention/retention_actors_by_history.h"
#include "query_service/metrics/retention/retention_actors_by_sql.h"
#include "query_service/metrics/retention/retention_actors_question.h"
#include "query_service/page_token.h"

namespace donut::query {

absl::StatusOr<v1::ListRetentionActorsResponse> RetentionActors(const v1::ListRetentionActorsRequest& request,
                                                                const QueryContext& context,
                                                                pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const Page page, ReadPageToken(request, request.page_token(), context));
  // The position goes to the database as it is.
  if (!IsStorableText(page.position)) return InvalidPageToken();
  ASSIGN_OR_RETURN(RetentionActorsQuestion question, ResolveRetentionActors(request, page.context));
  question.after = page.position;
  const absl::StatusOr<FoundRetentionActors> found = AnswerBy(
      page.context, transaction, question.retention.scope,
      [&](HistoryRun& run) { return RetentionActorsByHistory(question, run); },
      [&] { return RetentionActorsBySql(question, transaction); });
  if (!found.ok()) return WithinRetention(found.status());

  v1::ListRetentionActorsResponse response;
  const RetentionQuestion& retention = question.retention;
  *response.mutable_scope() = ToProto(retention.scope);
  *response.mutable_cohort() = ToProto(question.cohort_period(), retention.period, retention.scope);
  response.set_offset(question.column ? static_cast<int32_t>(question.column->first) : 0);
  response.set_who(question.who);
  response.set_total_size(found->total);
  for (const FoundRetentionActor& one : found->actors) {
    if (response.actors_size() == question.page_size) {
      response.set_next_page_token(
          MakePageToken(request, page.context, response.actors(response.actors_size() - 1).user_id()));
      break;
    }
    v1::RetentionActor& actor = *response.add_actors();
    actor.set_user_id(one.user);
    *actor.mutable_start_time() = donut::ToProto(absl::FromUnixMicros(one.start_us));
    if (one.return_us) *actor.mutable_return_time() = donut::ToProto(absl::FromUnixMicros(*one.return_us));
  }
  return response;
}

}  // namespace donut::query
