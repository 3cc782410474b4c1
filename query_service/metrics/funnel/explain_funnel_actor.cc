#include "query_service/metrics/funnel/explain_funnel_actor.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/engine.h"
#include "query_service/metrics/funnel/funnel_actor_events.h"
#include "query_service/metrics/funnel/funnel_explanation.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/metrics/funnel/funnel_walk.h"
#include "query_service/metrics_sql.h"

namespace donut::query {
namespace {

// The question without what says nothing about one actor.
absl::StatusOr<FunnelQuestion> ResolveExplainedFunnel(v1::GetFunnelRequest funnel,
                                                      const QueryContext& context) {
  funnel.clear_breakdown();
  funnel.clear_attribution();
  funnel.clear_attribution_step();
  funnel.clear_histogram();
  funnel.clear_series();
  absl::StatusOr<FunnelQuestion> question = ResolveFunnel(funnel, context);
  if (!question.ok()) return WithinField("funnel", question.status());
  return question;
}

absl::Status CheckActor(const v1::ExplainFunnelActorRequest& request, const FunnelQuestion& question) {
  if (request.user_id().empty()) return InvalidField("user_id", "must be set");
  RETURN_IF_ERROR(CheckText(request.user_id(), limits::kMaxUserIdBytes, "user_id"));
  const bool by_session = question.actor == v1::ACTOR_SESSION;
  switch (request.session_case()) {
    case v1::ExplainFunnelActorRequest::kSessionId:
      if (!by_session) {
        return InvalidField("session_id", "must not be set unless funnel.actor is ACTOR_SESSION");
      }
      if (request.session_id().empty()) return InvalidField("session_id", "must not be empty");
      return CheckText(request.session_id(), limits::kMaxSessionIdBytes, "session_id");
    case v1::ExplainFunnelActorRequest::kSessionKey:
      if (by_session) return absl::OkStatus();
      return InvalidField("session_key", "must not be set unless funnel.actor is ACTOR_SESSION");
    default:
      if (!by_session) return absl::OkStatus();
      return InvalidField("session_id",
                          "must be set, or session_key, when funnel.actor is ACTOR_SESSION: the actor is one "
                          "session of the user");
  }
}

absl::StatusOr<FunnelActorKey> FindActor(const v1::ExplainFunnelActorRequest& request,
                                         const FunnelQuestion& question,
                                         pqxx::transaction_base& transaction) {
  const int project = question.scope.project_id;
  const pqxx::result users =
      transaction.exec_params(sql::kExplainFunnelActorUser, project, request.user_id());
  if (users.empty()) {
    return absl::NotFoundError(absl::StrCat("user_id: no event of a user \"", request.user_id(),
                                            "\" has been stored in the project ", question.scope.project));
  }
  FunnelActorKey key;
  key.user = users[0][0].as<int64_t>();
  if (request.session_case() == v1::ExplainFunnelActorRequest::kSessionKey) {
    key.sessions = std::vector<int64_t>{request.session_key()};
  }
  if (request.session_case() != v1::ExplainFunnelActorRequest::kSessionId) return key;
  const pqxx::result sessions =
      transaction.exec_params(sql::kExplainFunnelActorSession, project, request.session_id());
  if (sessions.empty()) {
    return absl::NotFoundError(absl::StrCat("session_id: no event of a session \"", request.session_id(),
                                            "\" has been stored in the project ", question.scope.project));
  }
  key.sessions.emplace();
  for (const pqxx::row& row : sessions) key.sessions->push_back(row[0].as<int64_t>());
  return key;
}

absl::StatusOr<std::vector<FunnelWalkEvent>> LoadEvents(const QueryContext& context, FunnelQuestion& question,
                                                        const FunnelActorKey& actor,
                                                        pqxx::transaction_base& transaction) {
  absl::StatusOr<std::vector<FunnelWalkEvent>> events = AnswerBy(
      context, transaction, question.scope,
      [&](HistoryRun& run) { return FunnelActorEventsByHistory(question, actor, run); },
      [&] { return FunnelActorEventsBySql(question, actor, kMaxExplainedEvents + 1, transaction); });
  if (!events.ok()) return WithinField("funnel", events.status());
  if (events->size() > kMaxExplainedEvents) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the funnel looks at more than ", kMaxExplainedEvents,
                     " events of this actor: shorten funnel.scope.interval or funnel.window"));
  }
  return events;
}

void AddEvent(const FunnelWalk& walk, size_t place, const FunnelExplanation& explanation,
              const FunnelQuestion& question, v1::ExplainFunnelActorResponse& response) {
  const FunnelWalkEvent& event = walk.events[place];
  const FunnelEventVerdict& verdict = walk.verdicts[place];
  v1::FunnelActorEvent& shown = *response.add_events();
  *shown.mutable_event_time() = donut::ToProto(event.time);
  shown.set_name(event.name);
  for (int step = 1; step <= question.step_count(); ++step) {
    if ((event.steps >> (step - 1) & 1) != 0) shown.add_matched_steps(step);
  }
  shown.set_role(verdict.role);
  if (verdict.role != v1::FUNNEL_EVENT_ROLE_EXCLUDED) shown.set_step(verdict.step);
  if (verdict.role == v1::FUNNEL_EVENT_ROLE_TOO_LATE) {
    const absl::Time closed = walk.events[verdict.entry].time + question.window;
    *shown.mutable_too_late_by() = donut::ToProto(event.time - closed);
  }
  shown.set_explanation(explanation.Of(place));
  if (!event.takes_part()) return;
  for (const std::optional<std::string>& value : event.held) shown.add_held_values(*value);
}

}  // namespace

absl::StatusOr<v1::ExplainFunnelActorResponse> ExplainFunnelActor(
    const v1::ExplainFunnelActorRequest& request, const QueryContext& context,
    pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(FunnelQuestion question, ResolveExplainedFunnel(request.funnel(), context));
  RETURN_IF_ERROR(CheckActor(request, question));
  ASSIGN_OR_RETURN(const FunnelActorKey actor, FindActor(request, question, transaction));
  ASSIGN_OR_RETURN(std::vector<FunnelWalkEvent> events, LoadEvents(context, question, actor, transaction));
  const FunnelWalk walk = WalkFunnel(question, std::move(events));
  const FunnelExplanation explanation(question, walk);

  v1::ExplainFunnelActorResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  response.set_summary(explanation.Summary());
  response.set_level(static_cast<int>(walk.attempt.size()));
  response.set_step_count(question.step_count());
  for (const int place : walk.attempt) *response.add_step_times() = donut::ToProto(walk.events[place].time);
  response.set_still_open(walk.still_open);
  const size_t shown = std::min<size_t>(walk.events.size(), kMaxShownFunnelEvents);
  for (size_t i = 0; i < shown; ++i) AddEvent(walk, i, explanation, question, response);
  response.set_event_count(static_cast<int64_t>(walk.events.size()));
  response.set_events_truncated(shown < walk.events.size());
  return response;
}

}  // namespace donut::query
