#include "query_service/metrics/retention/retention_actors_by_history.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/status_macros.h"
#include "query_service/metrics/retention/retention_actors_fold.h"
#include "query_service/metrics/retention/retention_by_history.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

RetentionCellFrame CellFrameOf(const RetentionActorsQuestion& question) {
  const RetentionReturnRange range = ReturnRangeOf(question);
  RetentionCellFrame frame;
  frame.start_from_us = absl::ToUnixMicros(question.cohort_period().start);
  frame.start_to_us = absl::ToUnixMicros(question.starts_end());
  frame.return_from_us = absl::ToUnixMicros(range.start);
  frame.return_to_us = absl::ToUnixMicros(range.end);
  if (range.since) frame.since_us = absl::ToInt64Microseconds(*range.since);
  if (range.until) frame.until_us = absl::ToInt64Microseconds(*range.until);
  frame.is_retained = question.is_retained();
  return frame;
}

EventQuestion EventsOfCell(const RetentionQuestion& retention, const RetentionCellFrame& frame) {
  EventQuestion events = RetentionEvents(retention);
  // FIRST_TIME is the first one over all history.
  if (retention.kind == v1::RETENTION_KIND_RECURRING) events.from_us = frame.start_from_us;
  events.to_us = std::max(frame.start_to_us, frame.return_to_us);
  return events;
}

// Sets those of the page.
void ReadPage(const RetentionActorsQuestion& question,
              const std::vector<RetentionActorsFold::Member>& members, pqxx::transaction_base& transaction,
              FoundRetentionActors& found) {
  std::vector<int64_t> users;
  users.reserve(members.size());
  for (const RetentionActorsFold::Member& member : members) users.push_back(member.user_id);
  const pqxx::result rows = transaction.exec_params(
      sql::kRetentionActorsPage, question.retention.scope.project_id, ToPostgresArray(users),
      question.after.empty() ? std::nullopt : std::optional(question.after), question.page_size + 1);
  absl::flat_hash_map<int64_t, size_t> places;
  for (const pqxx::row& row : rows) {
    places[row["user_id"].as<int64_t>()] = found.actors.size();
    found.actors.push_back({row["user_text"].as<std::string>(), 0, std::nullopt});
  }
  for (const RetentionActorsFold::Member& member : members) {
    const auto place = places.find(member.user_id);
    if (place == places.end()) continue;
    found.actors[place->second].start_us = member.start_us;
    found.actors[place->second].return_us = member.return_us;
  }
}

}  // namespace

absl::StatusOr<FoundRetentionActors> RetentionActorsByHistory(const RetentionActorsQuestion& question,
                                                              HistoryRun& run) {
  const RetentionCellFrame frame = CellFrameOf(question);
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(EventsOfCell(question.retention, frame)));
  ASSIGN_OR_RETURN(const RetentionActorsFold fold, FoldActors(*scan, RetentionActorsFold(frame)));
  FoundRetentionActors found;
  found.total = static_cast<int64_t>(fold.members().size());
  if (found.total > 0) ReadPage(question, fold.members(), run.transaction(), found);
  return found;
}

}  // namespace donut::query
