// A statement with filters in it, and perhaps a breakdown. Its .sql text has places, such as {filter}, where
// a condition on the events stands, or the value of a breakdown, and {users} behind the joins of each scan of
// the events, for what these read besides. This puts in fixed pieces of SQL: from a request come only the
// values of parameters, whose numbers follow the statement's own. Not thread-safe.
//
// In the statement the events are called e, and $1 is the project:
//   FROM analytics_events AS e {users}
//   WHERE e.project_id = $1::int AND e.event_time >= $2::timestamptz AND ... AND {filter}
#pragma once

#include <map>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status_macros.h"
#include "query_service/event_breakdown.h"
#include "query_service/event_filter.h"

namespace donut::query {

// INVALID_ARGUMENT when one of the filter's regular expressions does not compile: only PostgreSQL can tell.
absl::Status CheckRegexes(pqxx::transaction_base& transaction, const EventFilter& filter);

class FilteredStatement {
 public:
  explicit FilteredStatement(std::string sql) : sql_(std::move(sql)) {}

  // What stands at {place}. `true` while the filter is empty. Every place must be set.
  void Set(const std::string& place, EventFilter filter) { filters_[place] = std::move(filter); }

  // What stands at {place}: the value as text, NULL where there is none and while the breakdown is empty.
  void Set(const std::string& place, EventBreakdown breakdown) { breakdowns_[place] = std::move(breakdown); }
  // The value of a top-level property of the event.
  void SetEventProperty(const std::string& place, const std::string& key);

  // For a statement that joins sets of which the planner cannot know how large they are, such as actors and
  // the events of steps: it is planned without nested loops. One that looked short would run for hours;
  // hashing costs little where they are small.
  void AvoidNestedLoops() { avoid_nested_loops_ = true; }

  // Runs it with `own` as $1, $2 and so on. INVALID_ARGUMENT when a regular expression does not compile.
  // Throws pqxx exceptions.
  template <typename... Own>
  absl::StatusOr<pqxx::result> Run(pqxx::transaction_base& transaction, const Own&... own) const {
    RETURN_IF_ERROR(Prepare(transaction));
    const Composed composed = Compose(sizeof...(own));
    return transaction.exec_params(composed.sql, own..., pqxx::prepare::make_dynamic_params(composed.values));
  }

  // The same with `own` as texts, of which there are as many as a question has.
  absl::StatusOr<pqxx::result> RunTexts(pqxx::transaction_base& transaction,
                                        const std::vector<std::string>& own) const;

  struct Composed {
    std::string sql;
    // Of the parameters behind the statement's own.
    std::vector<std::string> values;
  };
  Composed Compose(int own_parameters) const;

 private:
  absl::Status Prepare(pqxx::transaction_base& transaction) const;

  const std::string sql_;
  std::map<std::string, EventFilter> filters_;
  std::map<std::string, EventBreakdown> breakdowns_;
  bool avoid_nested_loops_ = false;
};

}  // namespace donut::query
