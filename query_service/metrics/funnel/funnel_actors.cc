#include "query_service/metrics/funnel/funnel_actors.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "query_service/engine.h"
#include "query_service/metrics/funnel/funnel_actors_by_history.h"
#include "query_service/metrics/funnel/funnel_actors_by_sql.h"
#include "query_service/metrics/funnel/funnel_actors_question.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/page_token.h"

namespace donut::query {
namespace {

absl::Status ResolveLevels(const v1::ListFunnelActorsRequest& request, FunnelActorsQuestion& question) {
  const int steps = question.funnel.step_count();
  switch (request.who_case()) {
    case v1::ListFunnelActorsRequest::kReachedStep:
      question.lowest_level = request.reached_step();
      question.highest_level = steps;
      if (request.reached_step() >= 1 && request.reached_step() <= steps) return absl::OkStatus();
      return InvalidField("reached_step",
                          absl::StrCat("must be from 1 to ", steps, ", the funnel's last step"));
    case v1::ListFunnelActorsRequest::kDroppedBeforeStep:
      if (steps == 1)
        return InvalidField("dropped_before_step", "must not be set: the funnel has one step only");
      question.lowest_level = question.highest_level = request.dropped_before_step() - 1;
      if (request.dropped_before_step() >= 2 && request.dropped_before_step() <= steps) {
        return absl::OkStatus();
      }
      return InvalidField("dropped_before_step",
                          absl::StrCat("must be from 2 to ", steps, ", the funnel's last step"));
    default:
      return InvalidField("reached_step", "must be set, or dropped_before_step");
  }
}

absl::StatusOr<FunnelQuestion> ResolveListedFunnel(const v1::GetFunnelRequest& request,
                                                   const QueryContext& context) {
  if (request.has_histogram())
    return InvalidField("funnel.histogram", "must not be set: actors have no histogram");
  if (request.has_series())
    return InvalidField("funnel.series", "must not be set: narrow the interval instead");
  absl::StatusOr<FunnelQuestion> question = ResolveFunnel(request, context);
  if (!question.ok()) return WithinField("funnel", question.status());
  return question;
}

// Why a row cannot be asked for; which of them has nobody is for the database to say.
absl::Status CheckActorsRow(const v1::BreakdownValue& row, const FunnelQuestion& question) {
  const auto must_be_true = [](const std::string& kind) {
    return InvalidField(absl::StrCat("breakdown_value.", kind), "must be true, or not set");
  };
  if (question.breakdown.empty())
    return InvalidField("breakdown_value", "must not be set without funnel.breakdown, whose row it is");
  if (row.kind_case() == v1::BreakdownValue::KIND_NOT_SET)
    return InvalidField("breakdown_value", "must have one of text, none, other and not_reached");
  if (row.has_none() && !row.none()) return must_be_true("none");
  if (row.has_other() && !row.other()) return must_be_true("other");
  if (row.has_not_reached() && !row.not_reached()) return must_be_true("not_reached");
  if (row.has_not_reached() && question.attribution != v1::FUNNEL_ATTRIBUTION_STEP) {
    return InvalidField("breakdown_value.not_reached",
                        "must not be set unless funnel.attribution is FUNNEL_ATTRIBUTION_STEP: there is no "
                        "such row");
  }
  if (row.text().find('\0') != std::string::npos)
    return InvalidField("breakdown_value.text", "must not hold the character NUL");
  return absl::OkStatus();
}

absl::Status ResolveActorsRow(const v1::ListFunnelActorsRequest& request, FunnelActorsQuestion& question) {
  if (!request.has_breakdown_value()) return absl::OkStatus();
  const v1::BreakdownValue& row = request.breakdown_value();
  RETURN_IF_ERROR(CheckActorsRow(row, question.funnel));
  switch (row.kind_case()) {
    case v1::BreakdownValue::kNone:
      question.row = FunnelActorsQuestion::kNone;
      break;
    case v1::BreakdownValue::kOther:
      question.row = FunnelActorsQuestion::kOther;
      break;
    case v1::BreakdownValue::kNotReached:
      question.row = FunnelActorsQuestion::kNotReached;
      break;
    default:
      question.row = FunnelActorsQuestion::kValue;
      question.value = row.text();
  }
  return absl::OkStatus();
}

// Behind which actor the page begins: session ':' user, as the user's id may hold anything.
absl::Status ReadPosition(const std::string& text, FunnelActorsQuestion& question) {
  if (text.empty()) return absl::OkStatus();
  const size_t colon = text.find(':');
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(0, colon), &question.after_session) ||
      text.find('\0') != std::string::npos) {
    return InvalidPageToken();
  }
  question.after_user = text.substr(colon + 1);
  return absl::OkStatus();
}

// Of the question what says in which row an actor is.
void SetActorsBreakdown(const v1::ListFunnelActorsRequest& request, const FunnelQuestion& question,
                        v1::ListFunnelActorsResponse& response) {
  if (question.breakdown.empty()) return;
  *response.mutable_breakdown() = question.breakdown.proto;
  response.set_attribution(question.attribution);
  response.set_attribution_step(question.attribution_step);
  if (request.has_breakdown_value()) *response.mutable_breakdown_value() = request.breakdown_value();
}

}  // namespace

absl::StatusOr<v1::ListFunnelActorsResponse> FunnelActors(const v1::ListFunnelActorsRequest& request,
                                                          const QueryContext& context,
                                                          pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const Page page, ReadPageToken(request, request.page_token(), context));
  FunnelActorsQuestion question;
  ASSIGN_OR_RETURN(question.page_size, ResolvePageSize(request.page_size(), kDefaultFunnelActorsPageSize,
                                                       kMaxFunnelActorsPageSize));
  RETURN_IF_ERROR(ReadPosition(page.position, question));
  ASSIGN_OR_RETURN(question.funnel, ResolveListedFunnel(request.funnel(), page.context));
  RETURN_IF_ERROR(ResolveLevels(request, question));
  RETURN_IF_ERROR(ResolveActorsRow(request, question));
  const absl::StatusOr<FunnelActorsPage> found = AnswerBy(
      page.context, transaction, question.funnel.scope,
      [&](HistoryRun& run) { return FunnelActorsByHistory(question, run); },
      [&] { return FunnelActorsBySql(question, transaction); });
  if (!found.ok()) return WithinField("funnel", found.status());

  v1::ListFunnelActorsResponse response;
  *response.mutable_scope() = ToProto(question.funnel.scope);
  SetActorsBreakdown(request, question.funnel, response);
  response.set_total_size(found->total_size);
  size_t bytes = 0;
  for (const v1::FunnelActor& actor : found->actors) {
    if (response.actors_size() == question.page_size || bytes > kMaxFunnelActorsPageBytes) {
      const v1::FunnelActor& last = response.actors(response.actors_size() - 1);
      response.set_next_page_token(
          MakePageToken(request, page.context, absl::StrCat(last.session_key(), ":", last.user_id())));
      break;
    }
    *response.add_actors() = actor;
    bytes += actor.ByteSizeLong();
  }
  return response;
}

}  // namespace donut::query
