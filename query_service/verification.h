// The standing check of the two engines: a share of the questions that histories answered is asked once more,
// of SQL and of histories in one snapshot, for the users of one stretch of ids. It is nobody's call: it has a
// thread and a connection of its own, at low priority, does one question at a time and skips what comes
// meanwhile. A difference is counted and logged with the question and no person. docs/operations.md tells
// what to do about one. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/metric_page.h"
#include "common/metric_values.h"
#include "common/mutex.h"
#include "common/postgres/connection_pool.h"
#include "google/protobuf/message.h"
#include "query_service/engine.h"
#include "query_service/query_scope.h"
#include "query_service/statement_watch.h"
#include "query_service/verification_choice.h"

namespace donut::query {

enum class VerificationResult {
  kUnverified,  // it took too long, or an engine could not answer
  kSame,
  kDifferent,
  kSkipped,  // another one was at work, or callers waited
};
inline constexpr int kVerificationResults = 4;

struct VerificationOptions {
  // Of the questions, from 0 (none) to 1.
  double share = 0;
  // The longest that one may take, and each of its statements.
  absl::Duration longest = absl::Seconds(30);
  // Of what is drawn. Nothing: another one each time.
  std::optional<uint64_t> seed = {};
};

class Verification {
 public:
  // A question, and the metric that answers it.
  struct Question {
    std::unique_ptr<google::protobuf::Message> request;
    postgres::Project project;
    // Of its first answer: what as_of is where it does not say.
    absl::Time now;
    std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(
        const google::protobuf::Message& request, const QueryContext&, pqxx::transaction_base&)>
        ask;
  };
  template <typename Request, typename Response>
  using Metric = absl::StatusOr<Response> (*)(const Request&, const QueryContext&, pqxx::transaction_base&);

  // `database`: as the service's other connections. `histories` and `clock` are the caller's and must outlive
  // this.
  Verification(VerificationOptions options, const postgres::ConnectionOptions& database,
               HistoryStore* histories, const Clock* clock);
  // Stops what is at work.
  ~Verification();

  // After `answer` was given. Costs next to nothing unless it is verified, and never waits.
  template <typename Request, typename Response>
  void Offer(const Request& request, const Response& answer, const QueryContext& context,
             Metric<Request, Response> metric, bool callers_wait) {
    if (IsTaken(answer, callers_wait)) Start(QuestionOf(request, context, metric));
  }

  template <typename Request, typename Response>
  static Question QuestionOf(const Request& request, const QueryContext& context,
                             Metric<Request, Response> metric) {
    return {std::make_unique<Request>(request), context.project, context.now,
            [metric](const google::protobuf::Message& asked, const QueryContext& asked_in,
                     pqxx::transaction_base& transaction)
                -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
              absl::StatusOr<Response> answer =
                  metric(static_cast<const Request&>(asked), asked_in, transaction);
              if (!answer.ok()) return answer.status();
              return std::make_unique<Response>(*std::move(answer));
            }};
  }

  // On this thread, for the users of one of kUserRanges ranges. Only with a share above 0, and not while
  // another one is at work.
  VerificationResult Verify(const Question& question, int users);

  // For tests.
  void WaitUntilIdle();

  void AddTo(MetricPage& page) const;

 private:
  bool IsTaken(const google::protobuf::Message& answer, bool callers_wait);
  void Start(Question question);
  // With the number of a range of users. Nothing: it is time to stop.
  std::optional<std::pair<Question, int>> WaitForNext();
  void Run();
  absl::StatusOr<std::string> FindDifference(const Question& question, int users);

  const VerificationOptions options_;
  postgres::ConnectionPool pool_;
  HistoryStore* const histories_;
  const Clock* const clock_;
  CountersByNumber<kVerificationResults> results_;
  std::atomic<bool> stopping_{false};

  Mutex mutex_;
  ConditionVariable changed_;
  VerificationChoice choice_ ABSL_GUARDED_BY(mutex_);
  std::optional<Question> next_ ABSL_GUARDED_BY(mutex_);

  // Neither while nothing is to be verified.
  std::optional<StatementWatch> watch_;
  std::thread thread_;
};

}  // namespace donut::query
