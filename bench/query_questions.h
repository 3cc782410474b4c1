// The questions of bench-query: each asked of a metric of the query service, and answered by the plain
// statements that a textbook would write for it (bench/textbook/). No state; thread-safe.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/query_answer.h"
#include "query_service/query_scope.h"

namespace donut::bench {

struct TextbookAnswer {
  // Behind the question's name: "textbook".
  std::string suffix;
  // With $1 and $2, the interval; run one after the other.
  std::vector<const char*> statements;
  // Whether its numbers are ours by definition. Where they are not, why.
  bool is_same = true;
  std::string difference;
};

struct QueryQuestion {
  // "query_" and this.
  std::string name;
  // UNIMPLEMENTED: the metric does not know this question yet.
  std::function<absl::StatusOr<QueryAnswer>(const query::QueryContext&, pqxx::transaction_base&)> ask;
  std::vector<TextbookAnswer> textbooks;
};

// About the days from `first_day` on ("2024-06-01") up to `end_day`, exclusive.
std::vector<QueryQuestion> QueryQuestions(const std::string& first_day, const std::string& end_day);

}  // namespace donut::bench
