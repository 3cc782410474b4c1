// `donut verify`: the questions of every day, asked of SQL and of histories, and whether they agree.

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"
#include "cli/render/verification.h"
#include "cli/standard_questions.h"
#include "cli/terminal.h"
#include "common/engine_answers.h"

namespace donut::cli {
namespace {

// As often as events come in between the answers that are compared.
constexpr int kMostRounds = 3;

constexpr char kVerifyExamples[] =
    "  donut verify\n"
    "  donut verify --day 2024-01-31\n"
    "  donut verify --start 2024-01-01 --end 2024-01-31 --time-zone Europe/Berlin";

absl::Status ToAbsl(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// Asks one question after the other, and notes what came of each.
class Verifier {
 public:
  explicit Verifier(QueryCall* call) : call_(*call) {}

  template <typename Request, typename Response>
  void Ask(const std::string& title, QueryMethod<Request, Response> method, const Request& request) {
    if (exit_code_ != kExitDone) return;
    VerifiedQuestion question;
    question.title = title;
    for (int round = 0; round < kMostRounds; ++round) {
      if (AskRound(method, request, question)) break;
    }
    if (exit_code_ == kExitDone) questions_.push_back(std::move(question));
  }
  template <typename Request, typename Response>
  void Ask(const std::string& title, QueryMethod<Request, Response> method,
           const std::optional<Request>& request) {
    if (request) Ask(title, method, *request);
  }

  // Not kExitDone once the service cannot be asked at all; the reason is printed.
  int exit_code() const { return exit_code_; }
  const std::vector<VerifiedQuestion>& questions() const { return questions_; }

 private:
  // Whether that settles it. SQL is asked once more before a difference is believed: its second answer
  // differs from its first where events came in meanwhile.
  template <typename Request, typename Response>
  bool AskRound(QueryMethod<Request, Response> method, const Request& request, VerifiedQuestion& question) {
    Response by_sql;
    Response by_history;
    Response by_sql_again;
    question.detail.clear();
    if (!AskOne(method, request, v1::ENGINE_SQL, by_sql, question.sql_time, question)) return true;
    if (!AskOne(method, request, v1::ENGINE_HISTORY, by_history, question.history_time, question))
      return true;
    if (!HasAnswerOfHistories(by_history)) {
      question.detail = "histories have no part in the answer";
      return true;
    }
    const std::string difference = FirstDifference(by_sql, by_history);
    if (difference.empty()) {
      question.agreement = Agreement::kEqual;
      return true;
    }
    absl::Duration again;
    if (!AskOne(method, request, v1::ENGINE_SQL, by_sql_again, again, question)) return true;
    if (FirstDifference(by_sql_again, by_history).empty()) {
      question.agreement = Agreement::kEqual;
      return true;
    }
    question.detail = "events of these days came in each time that it was asked";
    if (!FirstDifference(by_sql, by_sql_again).empty()) return false;
    question.agreement = Agreement::kDifferent;
    question.detail = difference;
    return true;
  }

  template <typename Request, typename Response>
  bool AskOne(QueryMethod<Request, Response> method, Request request, v1::Engine engine, Response& response,
              absl::Duration& took, VerifiedQuestion& question) {
    SetEngine(engine, request);
    const absl::Time start = absl::Now();
    const grpc::Status status = call_.TryToAsk(method, request, response);
    took = absl::Now() - start;
    if (status.ok()) return true;
    took = absl::ZeroDuration();
    switch (status.error_code()) {
      case grpc::StatusCode::FAILED_PRECONDITION:
        question.detail = WhyNotByHistory(ToAbsl(status));
        break;
      case grpc::StatusCode::DEADLINE_EXCEEDED:
      case grpc::StatusCode::RESOURCE_EXHAUSTED:
        question.detail =
            absl::StrCat(engine == v1::ENGINE_SQL ? "SQL: " : "histories: ", status.error_message());
        break;
      default:
        exit_code_ = call_.Explain(status);
        break;
    }
    return false;
  }

  QueryCall& call_;
  std::vector<VerifiedQuestion> questions_;
  int exit_code_ = kExitDone;
};

void AskAll(const StandardQuestions& questions, Verifier& verifier) {
  using Stub = v1::QueryService::Stub;
  verifier.Ask("active users", &Stub::GetActiveUsers, questions.active_users);
  verifier.Ask("active sessions", &Stub::GetActiveUsers, questions.active_sessions);
  verifier.Ask("usage by event", &Stub::GetFeatureUsage, questions.feature_usage);
  verifier.Ask("retention", &Stub::GetRetention, questions.retention);
  verifier.Ask("retention, recurring", &Stub::GetRetention, questions.recurring_retention);
  verifier.Ask("funnel", &Stub::GetFunnel, questions.funnel);
  verifier.Ask("funnel, strict", &Stub::GetFunnel, questions.strict_funnel);
  verifier.Ask("funnel, unordered", &Stub::GetFunnel, questions.unordered_funnel);
  verifier.Ask("who is in the funnel", &Stub::ListFunnelActors, questions.funnel_actors);
  verifier.Ask("conversion rate", &Stub::GetConversionRate, questions.conversion_rate);
  verifier.Ask("summary", &Stub::GetSummary, questions.summary);
}

int VerifyEngines(const GlobalOptions& global, const VerifiedDays& days) {
  const absl::StatusOr<v1::Scope> scope = ToVerifiedScope(days, absl::Now());
  if (!scope.ok()) return WrongUsage(scope.status());
  QueryCall call(global);
  v1::GetFeatureUsageResponse usage;
  const int code = call.Ask(&v1::QueryService::Stub::GetFeatureUsage, QuestionForNames(*scope), usage);
  if (code != kExitDone) return code;
  Verifier verifier(&call);
  AskAll(QuestionsAbout(*scope, MostUsedNames(usage)), verifier);
  if (verifier.exit_code() != kExitDone) return verifier.exit_code();
  std::fputs(VerificationText(usage.scope(), verifier.questions(), PageOptionsFor(STDOUT_FILENO)).c_str(),
             stdout);
  return ExitCodeOf(verifier.questions());
}

}  // namespace

void AddVerify(CLI::App& app, Command& command) {
  CLI::App* verify = app.add_subcommand("verify", "Whether SQL and histories give the same answers");
  auto days = std::make_shared<VerifiedDays>();
  verify->add_option("--day", days->day, "One day alone")->type_name("DATE");
  verify->add_option("--start", days->start, "First day. Default: 30 days in all")->type_name("DATE");
  verify->add_option("--end", days->end, "Last day, included. Default: today")->type_name("DATE");
  verify->add_option("--time-zone", days->time_zone, "Such as Europe/Berlin. Default: the project's")
      ->type_name("ZONE");
  verify
      ->add_option("--as-of", days->as_of,
                   "Nothing later is seen, such as 2024-01-31T12:00:00Z. Default: now")
      ->type_name("TIME");
  SetFooter(*verify, {"Exit code 1: an answer differs, or none could be verified."}, kVerifyExamples);
  verify->callback(
      [&command, days] { command.run = [&command, days] { return VerifyEngines(command.options, *days); }; });
}

}  // namespace donut::cli
