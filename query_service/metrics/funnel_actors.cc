#include "query_service/metrics/funnel_actors.h"

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
#include "query_service/metrics/funnel_question.h"
#include "query_service/metrics/funnel_run.h"
#include "query_service/metrics/funnel_statement.h"
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
      return InvalidField("reached_step", absl::StrCat("must be from 1 to ", steps));
    case v1::ListFunnelActorsRequest::kDroppedBeforeStep:
      if (steps == 1)
        return InvalidField("dropped_before_step", "must not be set: the funnel has one step only");
      if (request.dropped_before_step() >= 2 && request.dropped_before_step() <= steps) {
        return Levels{request.dropped_before_step() - 1, request.dropped_before_step() - 1};
      }
      return InvalidField("dropped_before_step", absl::StrCat("must be from 2 to ", steps));
    default:
      return InvalidField("reached_step", "must be set, or dropped_before_step");
  }
}

absl::StatusOr<FunnelQuestion> ResolveListedFunnel(const v1::GetFunnelRequest& request,
                                                   const QueryContext& context) {
  if (request.has_breakdown())
    return InvalidField("funnel.breakdown", "must not be set: filter by the value instead");
  if (request.has_histogram())
    return InvalidField("funnel.histogram", "must not be set: actors have no histogram");
  if (request.has_series())
    return InvalidField("funnel.series", "must not be set: narrow the interval instead");
  absl::StatusOr<FunnelQuestion> question = ResolveFunnel(request, context);
  if (!question.ok()) return WithinField("funnel", question.status());
  return question;
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
  return actor;
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

  std::vector<std::string> values = TimedAttemptValues(question);
  // One more than the page holds tells whether there is another.
  for (const std::string& value : {absl::StrCat(levels.lowest), absl::StrCat(levels.highest), position.user,
                                   absl::StrCat(position.session), absl::StrCat(page_size + 1)}) {
    values.push_back(value);
  }
  const absl::StatusOr<pqxx::result> found =
      RunFunnel(FunnelActorsSql(question), question, values, transaction);
  if (!found.ok()) return WithinField("funnel", found.status());
  const pqxx::result& rows = *found;

  v1::ListFunnelActorsResponse response;
  *response.mutable_scope() = ToProto(question.scope);
  response.set_total_size(rows[0]["total_size"].as<int64_t>());
  for (const pqxx::row& row : rows) {
    if (row["distinct_id"].is_null()) break;
    if (response.actors_size() == page_size) {
      const v1::FunnelActor& last = response.actors(response.actors_size() - 1);
      response.set_next_page_token(
          MakePageToken(request, page.context, absl::StrCat(last.session_key(), ":", last.user_id())));
      break;
    }
    *response.add_actors() = ToProto(row);
  }
  return response;
}

}  // namespace donut::query
