#include "query_service/verification.h"

#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <random>

#include "absl/strings/str_cat.h"
#include "common/engine_answers.h"
#include "common/log.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"
#include "query_service/redacted_question.h"

namespace donut::query {
namespace {

using google::protobuf::Message;

// Whatever else wants the processor has it first.
constexpr int kLowestPriority = 19;

std::string VerificationLabel(int result) {
  switch (static_cast<VerificationResult>(result)) {
    case VerificationResult::kSame:
      return "same";
    case VerificationResult::kDifferent:
      return "different";
    case VerificationResult::kSkipped:
      return "skipped";
    case VerificationResult::kUnverified:
      break;
  }
  return "unverified";
}

postgres::ConnectionOptions AtLowPriority(postgres::ConnectionOptions database) {
  // A backend's priority cannot be lowered from here, but it can be kept to one processor.
  database.settings["max_parallel_workers_per_gather"] = absl::StrCat(0);
  return database;
}

// One user's events are few, and a range of users would most likely leave them out.
bool IsAboutOneUser(const Message& request) {
  return request.GetDescriptor()->FindFieldByName("user_id") != nullptr;
}

// Not a refusal of the question: histories may not answer any more, or time is over.
bool CouldNotAnswer(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
}

using AnswerOrRefusal = absl::StatusOr<std::unique_ptr<Message>>;

// Empty: the same answer, or the same refusal.
std::string DifferenceOf(const AnswerOrRefusal& by_sql, const AnswerOrRefusal& by_history) {
  if (by_sql.ok() && by_history.ok()) return FirstDifference(**by_sql, **by_history);
  if (by_sql.status().code() == by_history.status().code()) return "";
  return absl::StrCat("SQL says ", absl::StatusCodeToString(by_sql.status().code()), ", histories say ",
                      absl::StatusCodeToString(by_history.status().code()));
}

}  // namespace

Verification::Verification(VerificationOptions options, const postgres::ConnectionOptions& database,
                           HistoryStore* histories, const Clock* clock)
    : options_(options),
      pool_(AtLowPriority(database), 1),
      histories_(histories),
      clock_(clock),
      choice_(options.share, options.seed.value_or(std::random_device{}())) {
  if (options_.share <= 0) return;
  watch_.emplace();
  thread_ = std::thread([this] { Run(); });
}

Verification::~Verification() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool Verification::IsTaken(const Message& answer, bool callers_wait) {
  if (options_.share <= 0) return false;
  {
    MutexLock lock(mutex_);
    if (!choice_.Draw()) return false;
  }
  if (!HasAnswerOfHistories(answer)) return false;
  MutexLock lock(mutex_);
  if (choice_.Take(callers_wait)) return true;
  results_.Add(static_cast<int>(VerificationResult::kSkipped));
  return false;
}

void Verification::Start(Question question) {
  MutexLock lock(mutex_);
  next_ = std::move(question);
  changed_.NotifyAll();
}

void Verification::WaitUntilIdle() {
  MutexLock lock(mutex_);
  while (choice_.is_at_work()) changed_.Wait(mutex_);
}

std::optional<std::pair<Verification::Question, int>> Verification::WaitForNext() {
  MutexLock lock(mutex_);
  while (!stopping_ && !next_) changed_.Wait(mutex_);
  if (stopping_) return std::nullopt;
  std::pair<Question, int> next(*std::move(next_), choice_.DrawUsers());
  next_.reset();
  return next;
}

void Verification::Run() {
  // On Linux a priority is a thread's, and the threads that it starts have it from the first.
  setpriority(PRIO_PROCESS, 0, kLowestPriority);
  while (const auto next = WaitForNext()) {
    Verify(next->first, next->second);
    MutexLock lock(mutex_);
    choice_.Done();
    changed_.NotifyAll();
  }
}

VerificationResult Verification::Verify(const Question& question, int users) {
  const std::string& request = question.request->GetDescriptor()->name();
  const absl::StatusOr<std::string> difference = FindDifference(question, users);
  VerificationResult result = VerificationResult::kSame;
  if (!difference.ok()) {
    result = VerificationResult::kUnverified;
    // Not in the words of the database, which may quote a value.
    Log(Severity::kInfo, "answer not verified",
        {{"request", request}, {"code", absl::StatusCodeToString(difference.status().code())}});
  } else if (!difference->empty()) {
    result = VerificationResult::kDifferent;
    Log(Severity::kError, "SQL and histories differ",
        {{"request", request},
         {"project", question.project.project_id},
         {"question", RedactedQuestion(*question.request)},
         {"as_of", absl::FormatTime(absl::RFC3339_full, question.now, absl::UTCTimeZone())},
         {"users", absl::StrCat("range ", users, " of ", kUserRanges)},
         {"where", *difference}});
  }
  results_.Add(static_cast<int>(result));
  return result;
}

absl::StatusOr<std::string> Verification::FindDifference(const Question& question, int users) {
  const absl::Time deadline = clock_->Now() + options_.longest;
  ASSIGN_OR_RETURN(postgres::ConnectionPool::Lease lease, pool_.Acquire(options_.longest));
  postgres::CopyConnection& connection = *lease;
  const auto abandoned = [&] { return stopping_ || clock_->Now() > deadline; };
  const HistoryAccess histories{histories_, &connection, abandoned};
  QueryContext context{question.project, question.now, &histories};
  if (!IsAboutOneUser(*question.request)) context.users = UserRangeOf(users);
  const std::unique_ptr<Message> request(question.request->New());
  request->CopyFrom(*question.request);
  StatementWatch::Watched watched(&*watch_, abandoned, [&] {
    try {
      connection.cancel_query();
    } catch (const std::exception&) {
      // Too late, or no way to the database: statement_timeout ends it.
    }
  });
  std::string difference;
  bool broken = false;
  const absl::Status status =
      postgres::RunTransaction(
          connection, postgres::TransactionKind::kReadOnlySnapshot,
          [&](pqxx::transaction_base& transaction) -> absl::Status {
            transaction.exec0(
                absl::StrCat("SET LOCAL statement_timeout = ",
                             std::max<int64_t>(1, absl::ToInt64Milliseconds(options_.longest))));
            // Before the snapshot: a partition that is dropped after it is gone for SQL all the same.
            transaction.exec0("LOCK TABLE analytics_events IN ACCESS SHARE MODE");
            SetEngine(v1::ENGINE_HISTORY, *request);
            const AnswerOrRefusal by_history = question.ask(*request, context, transaction);
            if (CouldNotAnswer(by_history.status())) return by_history.status();
            SetEngine(v1::ENGINE_SQL, *request);
            difference = DifferenceOf(question.ask(*request, context, transaction), by_history);
            return absl::OkStatus();
          },
          broken)
          .status;
  if (watched.End() || broken) lease.Discard();
  RETURN_IF_ERROR(status);
  return difference;
}

void Verification::AddTo(MetricPage& page) const {
  page.AddCounters("donut_query_verifications_total",
                   "Answers of histories that were to be held against SQL, by what came of it.", "result",
                   results_, VerificationLabel);
}

}  // namespace donut::query
