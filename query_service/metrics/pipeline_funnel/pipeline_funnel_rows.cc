#include "query_service/metrics/pipeline_funnel/pipeline_funnel_rows.h"

#include <endian.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/proto_time.h"
#include "query_service/metrics_sql.h"

namespace donut::query {
namespace {

// Semi-joins cost more than what they spare, unless most runs lie outside the interval.
constexpr int64_t kMostAttemptsPerOneInInterval = 4;

constexpr absl::Duration kFrom1970To2000 = absl::Hours(24 * 10957);
int64_t SincePostgresEpoch(absl::Time time) { return absl::ToUnixMicros(time - kFrom1970To2000); }

// One column of a row: integers of eight bytes.
class Column {
 public:
  explicit Column(const pqxx::field& field)
      : bytes_(field.is_null() ? nullptr : field.c_str()), size_(field.size()) {}

  size_t size() const { return size_ / sizeof(int64_t); }
  // Where the whole column is NULL, so is each value.
  int64_t operator[](size_t i) const {
    if (bytes_ == nullptr) return kPipelineNever;
    uint64_t value = 0;
    std::memcpy(&value, bytes_ + i * sizeof(value), sizeof(value));
    return static_cast<int64_t>(be64toh(value));
  }

 private:
  const char* const bytes_;
  const size_t size_;
};

int32_t Integer(const pqxx::field& field) {
  uint32_t value = 0;
  std::memcpy(&value, field.c_str(), sizeof(value));
  return static_cast<int32_t>(be32toh(value));
}

class RowsOfRuns {
 public:
  RowsOfRuns(const QueryScope& scope, pqxx::transaction_base& transaction)
      : scope_(scope), transaction_(transaction) {
    // Joined by index where runs are few: no join here is of what is computed.
    transaction_.exec0("SET LOCAL enable_nestloop = on");
    const pqxx::row counts = transaction_.exec_params1(sql::kPipelineFunnelFoldCounts, scope_.project_id,
                                                       ToPostgres(scope_.start), ToPostgres(scope_.end));
    attempts_in_interval_ = counts["interval_count"].as<int64_t>();
    reads_all_ =
        counts["attempt_count"].as<int64_t>() <= attempts_in_interval_ * kMostAttemptsPerOneInInterval;
  }

  int64_t attempts_in_interval() const { return attempts_in_interval_; }

  // Through a cursor, because only what is fetched from one comes in binary.
  pqxx::result Read(const char* statement) {
    const std::string declare = absl::StrCat(
        "DECLARE pipeline_funnel_rows BINARY CURSOR FOR ",
        absl::StrReplaceAll(statement, {{"{runs}", reads_all_ ? "" : sql::kPipelineFunnelFoldRuns}}));
    if (reads_all_) {
      transaction_.exec_params0(declare, scope_.project_id);
    } else {
      transaction_.exec_params0(declare, scope_.project_id, ToPostgres(scope_.start), ToPostgres(scope_.end));
    }
    const pqxx::result rows = transaction_.exec("FETCH ALL FROM pipeline_funnel_rows");
    transaction_.exec0("CLOSE pipeline_funnel_rows");
    return rows;
  }

 private:
  const QueryScope& scope_;
  pqxx::transaction_base& transaction_;
  int64_t attempts_in_interval_ = 0;
  bool reads_all_ = false;
};

int32_t NameOrNone(const pqxx::field& field, PipelineFunnelFold& fold) {
  return field.is_null() ? -1 : fold.Name(std::string(field.c_str(), field.size()));
}

void AddAttempts(const pqxx::row& row, PipelineFunnelFold& fold) {
  PipelineAttemptRow attempt;
  attempt.attempt = Integer(row["attempt"]);
  attempt.pipeline = NameOrNone(row["pipeline"], fold);
  attempt.failed_phase = NameOrNone(row["failed_phase"], fold);
  attempt.failure_reason = NameOrNone(row["failure_reason"], fold);
  const Column users(row["user_ids"]);
  const Column sessions(row["session_ids"]);
  const Column started(row["started"]);
  const Column completed(row["completed"]);
  const Column failed(row["failed"]);
  for (size_t i = 0; i < users.size(); ++i) {
    attempt.run = {users[i], sessions[i]};
    attempt.started = started[i];
    attempt.completed = completed[i];
    attempt.failed = failed[i];
    fold.AddAttempt(attempt);
  }
}

void AddPhases(const pqxx::row& row, PipelineFunnelFold& fold) {
  PipelinePhaseRow phase;
  phase.attempt = Integer(row["attempt"]);
  phase.phase = NameOrNone(row["phase"], fold);
  const Column users(row["user_ids"]);
  const Column sessions(row["session_ids"]);
  const Column started(row["started"]);
  const Column completed(row["completed"]);
  const Column items_in(row["items_in"]);
  const Column items_out(row["items_out"]);
  for (size_t i = 0; i < users.size(); ++i) {
    phase.run = {users[i], sessions[i]};
    phase.started = started[i];
    phase.completed = completed[i];
    phase.items_in = items_in[i];
    phase.items_out = items_out[i];
    fold.AddPhase(phase);
  }
}

}  // namespace

PipelineFunnelCounts FoldPipelineFunnel(const QueryScope& scope, const std::string& pipeline,
                                        const std::vector<std::string>& phases,
                                        const PipelineFunnelLimits& limits,
                                        pqxx::transaction_base& transaction) {
  PipelineFunnelFold fold(SincePostgresEpoch(scope.start), SincePostgresEpoch(scope.end),
                          SincePostgresEpoch(scope.as_of));
  RowsOfRuns rows(scope, transaction);
  fold.Reserve(static_cast<size_t>(rows.attempts_in_interval()));
  for (const pqxx::row& row : rows.Read(sql::kPipelineFunnelFoldAttempts)) AddAttempts(row, fold);
  fold.Choose(pipeline, limits);
  for (const pqxx::row& row : rows.Read(sql::kPipelineFunnelFoldPhases)) AddPhases(row, fold);
  return fold.Count(phases);
}

}  // namespace donut::query
