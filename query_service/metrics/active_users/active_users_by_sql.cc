#include "query_service/metrics/active_users/active_users_by_sql.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/filtered_statement.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// The longest trailing window ends with its day: so many days are read before the first.
constexpr int kTrailingDaysBefore = 29;
// Of a word, see active_users.sql.
constexpr int kBucketsPerWord = 30;
constexpr int kCutDayBit = 30;
constexpr int kFirstBucketBit = 31;

// See active_users.sql: the start of each piece but the first, and the place of each.
struct Pieces {
  std::vector<absl::Time> starts;
  std::vector<int64_t> masks = {1};
  std::vector<int64_t> words = {0};
  int first_bucket_piece = 0;

  void Add(absl::Time start, int bit, int word = 0) {
    starts.push_back(start);
    masks.push_back(int64_t{1} << bit);
    words.push_back(word);
  }
};

Pieces CutIntoPieces(const ActiveUsersQuestion& question) {
  const std::vector<CalendarBucket>& buckets = question.buckets;
  const QueryScope& scope = question.scope;
  Pieces pieces;
  if (question.granularity == v1::GRANULARITY_DAY) {
    const absl::CivilDay first = buckets.front().first_day;
    for (int before = kTrailingDaysBefore; before > 0; --before) {
      pieces.Add(DayStart(first - before, scope.zone), kCutDayBit - before);
    }
    if (buckets.front().start < scope.start) pieces.Add(buckets.front().start, kCutDayBit);
  }
  pieces.first_bucket_piece = static_cast<int>(pieces.masks.size());
  for (int i = 0; i < static_cast<int>(buckets.size()); ++i) {
    pieces.Add(std::max(buckets[i].start, scope.start), kFirstBucketBit + i % kBucketsPerWord,
               i / kBucketsPerWord);
  }
  return pieces;
}

// `more` are the parameters behind those of active_users.sql.
template <typename... More>
absl::StatusOr<pqxx::result> RunStatement(const FilteredStatement& statement,
                                          const ActiveUsersQuestion& question,
                                          pqxx::transaction_base& transaction, const More&... more) {
  const Pieces pieces = CutIntoPieces(question);
  return statement.Run(
      transaction, question.scope.project_id, ToPostgresArray(pieces.starts), ToPostgresArray(pieces.masks),
      ToPostgresArray(pieces.words), question.actor == v1::ACTOR_SESSION, NamesOrNull(question.names),
      ToPostgres(question.scope.interval_seen_end()), static_cast<int>(question.buckets.size()),
      pieces.first_bucket_piece, question.granularity == v1::GRANULARITY_DAY, more...);
}

ActiveUsersBucketCount ReadBucket(const pqxx::row& row) {
  return {row["active_count"].as<int64_t>(), row["new_count"].as<int64_t>(),
          row["trailing_7_day_count"].as<int64_t>(), row["trailing_30_day_count"].as<int64_t>()};
}

// See active_users_breakdown.sql.
v1::BreakdownValue ToBreakdownValue(const pqxx::row& first_of_row, int limit) {
  v1::BreakdownValue value;
  const int row_number = first_of_row["row_number"].as<int>();
  if (row_number <= limit) {
    value.set_text(first_of_row["value"].as<std::string>());
  } else if (row_number == limit + 1) {
    value.set_other(true);
  } else {
    value.set_none(true);
  }
  return value;
}

}  // namespace

absl::StatusOr<ActiveUsersCounts> ActiveUsersBySql(const ActiveUsersQuestion& question,
                                                   pqxx::transaction_base& transaction) {
  ActiveUsersCounts counts;
  if (question.buckets.empty()) return counts;
  FilteredStatement statement(absl::StrCat(sql::kActiveUsersPresence, sql::kActiveUsers));
  statement.Set("filter", question.scope.filter);
  ASSIGN_OR_RETURN(const pqxx::result rows, RunStatement(statement, question, transaction));
  counts.active = rows[0]["row_active_count"].as<int64_t>();
  counts.buckets.reserve(rows.size());
  for (const pqxx::row& row : rows) counts.buckets.push_back(ReadBucket(row));
  return counts;
}

absl::StatusOr<ActiveUsersByValue> ActiveUsersByValueBySql(const ActiveUsersQuestion& question,
                                                           const EventBreakdown& breakdown,
                                                           pqxx::transaction_base& transaction) {
  FilteredStatement statement(absl::StrCat(sql::kActiveUsersBreakdown, sql::kActiveUsers));
  statement.Set("filter", question.scope.filter);
  statement.Set("value", breakdown);
  ASSIGN_OR_RETURN(
      const pqxx::result rows,
      RunStatement(statement, question, transaction, ToPostgres(question.scope.start), breakdown.limit()));
  ActiveUsersByValue by_value;
  for (const pqxx::row& row : rows) {
    const int64_t active = row["row_active_count"].as<int64_t>();
    const bool begins_row = row["bucket"].as<int>() == 0;
    if (begins_row) by_value.value_count = row["value_count"].as<int64_t>();
    if (active == 0) continue;
    if (begins_row) {
      by_value.rows.emplace_back(ToBreakdownValue(row, breakdown.limit()), ActiveUsersCounts{active, {}});
    }
    by_value.rows.back().second.buckets.push_back(ReadBucket(row));
  }
  return by_value;
}

}  // namespace donut::query
