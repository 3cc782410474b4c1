#include "query_service/metrics/funnel/funnel_actors.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/metrics/funnel/funnel_run.h"
#include "query_service/metrics/funnel/funnel_statement.h"
#include "query_service/page_token.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

struct Levels {
  int lowest = 0;
  int highest = 0;
};

absl::StatusOr<Levels> ResolveLevels(const v1::ListFunnelActorsRequest& request, int steps) {
  switch (request.who_case()) {
    case v1::ListFunnelActorsRequest::kReachedStep:
      if (request.reached_step() >= 1 && request.reached_step() <= steps)
        return Levels{request.reached_step(), steps};
      return InvalidField("reached_step",
                          absl::StrCat("must be from 1 to ", steps, ", the funnel's last step"));
    case v1::ListFunnelActorsRequest::kDroppedBeforeStep:
      if (steps == 1)
        return InvalidField("dropped_before_step", "must not be set: the funnel has one step only");
      if (request.dropped_before_step() >= 2 && request.dropped_before_step() <= steps) {
        return Levels{request.dropped_before_step() - 1, request.dropped_before_step() - 1};
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

// The numbers of funnel_actors_row.sql; up to kNotReachedRow they are the kinds of an actor's value as well.
constexpr int kAllRows = -1;
constexpr int kValueRow = 0;
constexpr int kNoneRow = 1;
constexpr int kNotReachedRow = 2;
constexpr int kOtherRow = 3;

struct ActorsRow {
  int number = kAllRows;
  // Of kValueRow.
  std::string value;
};

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

absl::StatusOr<ActorsRow> ResolveActorsRow(const v1::ListFunnelActorsRequest& request,
                                           const FunnelQuestion& question) {
  if (!request.has_breakdown_value()) return ActorsRow();
  const v1::BreakdownValue& row = request.breakdown_value();
  RETURN_IF_ERROR(CheckActorsRow(row, question));
  switch (row.kind_case()) {
    case v1::BreakdownValue::kNone:
      return ActorsRow{kNoneRow, ""};
    case v1::BreakdownValue::kOther:
      return ActorsRow{kOtherRow, ""};
    case v1::BreakdownValue::kNotReached:
      return ActorsRow{kNotReachedRow, ""};
    default:
      return ActorsRow{kValueRow, row.text()};
  }
}

// Behind which actor the page begins: session ':' user, as the user's id may hold anything.
struct Position {
  std::string user;
  int64_t session = std::numeric_limits<int64_t>::min();
};

absl::StatusOr<Position> ReadPosition(const std::string& text) {
  if (text.empty()) return Position();
  const size_t colon = text.find(':');
  Position position;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(0, colon), &position.session) ||
      text.find('\0') != std::string::npos) {
    return InvalidPageToken();
  }
  position.user = text.substr(colon + 1);
  return position;
}

// From the row's `kind` and `value`.
v1::BreakdownValue ActorsValueOf(const pqxx::row& row) {
  v1::BreakdownValue value;
  switch (row["kind"].as<int>()) {
    case kNoneRow:
      value.set_none(true);
      break;
    case kNotReachedRow:
      value.set_not_reached(true);
      break;
    default:
      value.set_text(row["value"].as<std::string>());
  }
  return value;
}

v1::FunnelActor ToProto(const pqxx::row& row) {
  v1::FunnelActor actor;
  actor.set_user_id(row["distinct_id"].as<std::string>());
  actor.set_session_key(row["session"].as<int64_t>());
  if (!row["session_text"].is_null()) actor.set_session_id(row["session_text"].as<std::string>());
  actor.set_level(row["level"].as<int>());
  for (const int64_t micros : IntegersFromArray(row["times"])) {
    *actor.add_step_times() = donut::ToProto(absl::FromUnixMicros(std::abs(micros)));
  }
  actor.set_still_open(row["is_open"].as<bool>());
  if (!row["kind"].is_null()) *actor.mutable_breakdown_value() = ActorsValueOf(row);
  actor.set_in_other_row(row["is_in_other"].as<bool>());
  return actor;
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

// The parameters of the statement from $10 on. One more row than the page holds tells whether there is
// another.
std::vector<std::string> FunnelActorsValues(const FunnelQuestion& question, const Levels& levels,
                                            const ActorsRow& row, const Position& position,
                                            int64_t page_size) {
  std::vector<std::string> values = TimedAttemptValues(question);
  for (const std::string& value : {absl::StrCat(levels.lowest), absl::StrCat(levels.highest), position.user,
                                   absl::StrCat(position.session), absl::StrCat(page_size + 1)}) {
    values.push_back(value);
  }
  if (question.breakdown.empty()) return values;
  values.push_back(absl::StrCat(question.breakdown.limit()));
  values.push_back(absl::StrCat(row.number));
  values.push_back(row.value);
  return values;
}

}  // namespace

absl::StatusOr<v1::ListFunnelActorsResponse> FunnelActors(const v1::ListFunnelActorsRequest& request,
                                                          const QueryContext& context,
                                                          pqxx::transaction_base& transaction) {
  ASSIGN_OR_RETURN(const Page page, ReadPageToken(request, request.page_token(), context));
  ASSIGN_OR_RETURN(const int64_t page_size, ResolvePageSize(request.page_size(), kDefaultFunnelActorsPageSize,
                                                            kMaxFunnelActorsPageSize));
  ASSIGN_OR_RETURN(const Position position, ReadPosition(page.position));
  ASSIGN_OR_RETURN(const FunnelQuestion question, ResolveListedFunnel(request.funnel(), page.context));
  ASSIGN_OR_RETURN(const Levels levels, ResolveLevels(request, question.step_count()));
  ASSIGN_OR_RETURN(const ActorsRow row_asked, ResolveActorsRow(request, question));

  const absl::StatusOr<pqxx::result> found =
      RunFunnel(FunnelActorsSql(question), question,
                FunnelActorsValues(question, levels, row_asked, position, page_size), transaction);
  if (!found.ok()) return WithinField("funnel", found.status());
  const pqxx::result& rows = *found;

  v1::ListFunnelActorsResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  SetActorsBreakdown(request, question, response);
  response.set_total_size(rows[0]["total_size"].as<int64_t>());
  size_t bytes = 0;
  for (const pqxx::row& row : rows) {
    if (row["distinct_id"].is_null()) break;
    if (response.actors_size() == page_size || bytes > kMaxFunnelActorsPageBytes) {
      const v1::FunnelActor& last = response.actors(response.actors_size() - 1);
      response.set_next_page_token(
          MakePageToken(request, page.context, absl::StrCat(last.session_key(), ":", last.user_id())));
      break;
    }
    *response.add_actors() = ToProto(row);
    bytes += response.actors(response.actors_size() - 1).ByteSizeLong();
  }
  return response;
}

}  // namespace donut::query
