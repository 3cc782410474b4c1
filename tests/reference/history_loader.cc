#include "tests/reference/history_loader.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"

namespace donut::testing {
namespace {

using nlohmann::json;

json OrNull(const std::optional<absl::Time>& time) { return time ? json(ToPostgres(*time)) : json(nullptr); }
template <typename T>
json OrNull(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json EventRow(const HistoryEvent& event) {
  json properties = nullptr;
  for (const auto& [key, value] : event.properties) properties[key] = json::parse(value);
  return {{"t", ToPostgres(event.time)},
          {"u", event.user},
          {"s", event.session.empty() ? json(nullptr) : json(event.session)},
          {"n", event.name},
          {"producer", event.producer_no},
          {"sequence", event.sequence},
          {"properties", properties}};
}

json UserProperties(const History& history) {
  json users = json::object();
  for (const auto& [user, properties] : history.user_properties) {
    for (const auto& [key, value] : properties) users[user][key] = json::parse(value);
  }
  return users;
}

// Ids that tests can compute in SQL too, and that differ between projects.
constexpr char kInsertEvents[] = R"(
  WITH rows AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb)
      AS r (t timestamptz, u text, s text, n text, producer int, sequence bigint, properties jsonb)
  ), names AS (
    INSERT INTO event_names (project_id, name) SELECT DISTINCT $1::int, n FROM rows RETURNING event_name_id, name
  ), people AS (
    INSERT INTO users (project_id, user_id, distinct_id, properties)
    SELECT DISTINCT $1::int, hashtextextended(u, $1::int), u, coalesce($3::jsonb -> u, '{}') FROM rows
  ), runs AS (
    INSERT INTO sessions (project_id, session_id, session_text)
    SELECT DISTINCT $1::int, hashtextextended(s, -$1::int), s FROM rows WHERE s IS NOT NULL
  )
  INSERT INTO analytics_events (event_time, received_time, user_id, session_id, sequence, project_id, event_name_id,
                                producer_no, properties)
  SELECT t, now(), hashtextextended(u, $1::int), hashtextextended(s, -$1::int), sequence, $1::int,
         event_name_id, producer, NULLIF(properties, 'null')
  FROM rows JOIN names ON name = n)";

constexpr char kInsertAttempts[] = R"(
  WITH runs AS (
    INSERT INTO sessions (project_id, session_id, session_text)
    SELECT DISTINCT $1::int, hashtextextended(s, -$1::int), s FROM jsonb_to_recordset($2::jsonb) AS r (s text)
    ON CONFLICT DO NOTHING
  )
  INSERT INTO analytics_sessions (project_id, user_id, session_id, attempt, session_text, pipeline, started_at,
                                  completed_at, failed_at, failed_phase, failure_reason, last_moved_at)
  SELECT $1::int, hashtextextended(u, $1::int), hashtextextended(s, -$1::int), attempt, s, pipeline,
         started, completed, failed, failed_phase, reason, coalesce(greatest(started, completed, failed), now())
  FROM jsonb_to_recordset($2::jsonb) AS r (u text, s text, attempt int, pipeline text, started timestamptz,
    completed timestamptz, failed timestamptz, failed_phase text, reason text))";

constexpr char kInsertPhases[] = R"(
  INSERT INTO analytics_session_phases (project_id, user_id, session_id, attempt, phase, started_at, completed_at,
                                        items_in, items_out)
  SELECT $1::int, hashtextextended(u, $1::int), hashtextextended(s, -$1::int), attempt, phase,
         started, completed, items_in, items_out
  FROM jsonb_to_recordset($2::jsonb) AS r (u text, s text, attempt int, phase text, started timestamptz,
    completed timestamptz, items_in bigint, items_out bigint))";

void InsertAttempts(pqxx::transaction_base& transaction, int project_id, const History& history) {
  json attempts = json::array();
  json phases = json::array();
  for (const HistoryAttempt& attempt : history.attempts) {
    const json run = {{"u", attempt.user}, {"s", attempt.session}, {"attempt", attempt.attempt}};
    json row = run;
    row["pipeline"] = OrNull(attempt.pipeline);
    row["started"] = OrNull(attempt.started);
    row["completed"] = OrNull(attempt.completed);
    row["failed"] = OrNull(attempt.failed);
    row["failed_phase"] = OrNull(attempt.failed_phase);
    row["reason"] = OrNull(attempt.failure_reason);
    attempts.push_back(row);
    for (const HistoryPhase& phase : attempt.phases) {
      row = run;
      row["phase"] = phase.phase;
      row["started"] = OrNull(phase.started);
      row["completed"] = OrNull(phase.completed);
      row["items_in"] = OrNull(phase.items_in);
      row["items_out"] = OrNull(phase.items_out);
      phases.push_back(row);
    }
  }
  transaction.exec_params(kInsertAttempts, project_id, attempts.dump());
  transaction.exec_params(kInsertPhases, project_id, phases.dump());
}

}  // namespace

postgres::Project LoadHistory(pqxx::connection& owner, const History& history, const std::string& time_zone) {
  json events = json::array();
  for (const HistoryEvent& event : history.events) events.push_back(EventRow(event));
  pqxx::work transaction(owner);
  const pqxx::result row = transaction.exec_params(
      "INSERT INTO projects (name, time_zone) SELECT 'history ' || count(*), $1 FROM projects "
      "RETURNING project_id, name",
      time_zone);
  postgres::Project project;
  project.project_id = row[0][0].as<int>();
  project.name = row[0][1].as<std::string>();
  project.time_zone = time_zone;
  transaction.exec_params(kInsertEvents, project.project_id, events.dump(), UserProperties(history).dump());
  if (!history.attempts.empty()) InsertAttempts(transaction, project.project_id, history);
  transaction.commit();
  return project;
}

}  // namespace donut::testing
