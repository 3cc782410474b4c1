#include "query_service/verification.h"

#include <condition_variable>
#include <mutex>

#include "common/grpc_server.h"
#include "donut/analytics/v1/query.grpc.pb.h"
#include "gmock/gmock.h"
#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/funnel/funnel.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/summary/summary.h"
#include "query_service/query_service.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using query::VerificationResult;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ActiveUsersAnswer = absl::StatusOr<v1::GetActiveUsersResponse>;

// What metrics that are made up for a test can reach: a metric is a function without state.
struct Stage {
  pqxx::connection* owner = nullptr;
  bool was_refused = false;

  std::mutex mutex;
  std::condition_variable changed;
  bool has_begun = false;
  bool may_end = false;

  void Set(bool Stage::*what) {
    const std::lock_guard<std::mutex> lock(mutex);
    this->*what = true;
    changed.notify_all();
  }
  void WaitFor(bool Stage::*what) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return this->*what; });
  }
};
Stage* stage = nullptr;

v1::GetActiveUsersResponse CountOfEvents(pqxx::transaction_base& transaction) {
  v1::GetActiveUsersResponse response;
  response.set_active_count(transaction.exec1("SELECT count(*) FROM analytics_events")[0].as<int64_t>());
  return response;
}

class VerificationTest : public RandomMetricTest {
 protected:
  VerificationTest() {
    stage_.owner = &database().owner();
    stage = &stage_;
    context_.now = At("2024-06-15 12:00:00");
    query_.url = database().query_url();
    query_.settings = query::StatementSettings();
  }
  ~VerificationTest() override { stage = nullptr; }

  std::unique_ptr<query::Verification> MakeVerification(absl::Duration longest = absl::Seconds(30)) {
    query::VerificationOptions options;
    options.share = 1;
    options.longest = longest;
    options.seed = 1;
    return std::make_unique<query::Verification>(options, query_, &store_, &clock_);
  }

  // The number of the range that the user is in.
  int RangeOf(const std::string& user) {
    const auto id = database().Query(
        absl::StrCat("SELECT hashtextextended('", user, "', ", context_.project.project_id, ")"));
    for (int i = 0; i < query::kUserRanges; ++i) {
      const query::UserRange range = query::UserRangeOf(i);
      if (range.first <= std::stoll(id) && std::stoll(id) <= range.last) return i;
    }
    return -1;
  }

  template <typename Request, typename Answer>
  VerificationResult Verify(absl::StatusOr<Answer> (*metric)(const Request&, const query::QueryContext&,
                                                             pqxx::transaction_base&),
                            const Request& request, int users, absl::Duration longest = absl::Seconds(30)) {
    const auto verification = MakeVerification(longest);
    return verification->Verify(query::Verification::QuestionOf(request, context_, metric), users);
  }

  // Ann and Bob, who are of different ranges.
  void LoadTwo() {
    History history;
    int64_t sequence = 0;
    // One event a day, so that each that is lost shows, and so many that some are in fresh rows.
    for (int day = 0; day < 28; ++day) {
      for (const char* user : {"ann", "bob"}) {
        history.events.push_back(
            {At("2024-06-14 10:00:00") - absl::Hours(24 * day), user, "", "open", 1, ++sequence, {}});
      }
    }
    // Ids are other ones in each project: once in a while both are of the same range.
    for (int tries = 0; tries < 10; ++tries) {
      Load(history);
      if (RangeOf("ann") != RangeOf("bob")) return;
    }
    FAIL() << "ten projects in which both users are of the same range";
  }

  static double CountOf(const query::Verification& verification, const std::string& result) {
    MetricPage page;
    verification.AddTo(page);
    return page.Find("donut_query_verifications_total", {{"result", result}}).value_or(-1);
  }

  Stage stage_;
  postgres::ConnectionOptions query_;
  // Its own, so that nothing is cached of a history that a test breaks.
  query::HistoryStore store_{16 << 20};
  SystemClock clock_;
};

TEST_F(VerificationTest, FindsWholeHistoriesTheSame) {
  LoadTwo();
  for (const std::string user : {"ann", "bob"}) {
    EXPECT_EQ(Verify(&query::ActiveUsers, v1::GetActiveUsersRequest(), RangeOf(user)),
              VerificationResult::kSame);
  }
}

TEST_F(VerificationTest, FindsWhatAHistoryLostAndWhatIsTheRange) {
  LoadTwo();
  database().Query(absl::StrCat("DELETE FROM history_fresh WHERE project_id = ", context_.project.project_id,
                                " RETURNING 1"));
  const auto verification = MakeVerification();
  v1::GetActiveUsersRequest request;
  v1::FilterCondition& condition = *request.mutable_scope()->mutable_filter()->mutable_condition();
  condition.set_user_property("email");
  condition.mutable_not_equals()->set_string_value("ann@example.com");
  const auto question = query::Verification::QuestionOf(request, context_, &query::ActiveUsers);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(verification->Verify(question, RangeOf("ann")), VerificationResult::kDifferent);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, AllOf(HasSubstr("SQL and histories differ"), HasSubstr("GetActiveUsersRequest"),
                         HasSubstr("user_property"), HasSubstr("where=buckets[")));
  EXPECT_THAT(log, AllOf(Not(HasSubstr("example.com")), Not(HasSubstr("ann"))));
  EXPECT_EQ(CountOf(*verification, "different"), 1);
  EXPECT_EQ(CountOf(*verification, "same"), 0);
  int free = 0;
  while (free == RangeOf("ann") || free == RangeOf("bob")) ++free;
  EXPECT_EQ(verification->Verify(question, free), VerificationResult::kSame) << "nobody is of this range";
}

TEST_F(VerificationTest, FindsAnEventThatWasChangedPastTheHistories) {
  LoadTwo();
  // As the owner may: without triggers no partition is marked.
  pqxx::work transaction(database().owner());
  transaction.exec("SET LOCAL session_replication_role = replica");
  transaction.exec_params(
      "UPDATE analytics_events SET event_time = event_time - interval '3 days' "
      "WHERE project_id = $1 AND event_time >= '2024-06-14' AND user_id = hashtextextended('bob', $1)",
      context_.project.project_id);
  transaction.commit();
  EXPECT_EQ(Verify(&query::ActiveUsers, v1::GetActiveUsersRequest(), RangeOf("bob")),
            VerificationResult::kDifferent);
  EXPECT_EQ(Verify(&query::ActiveUsers, v1::GetActiveUsersRequest(), RangeOf("ann")),
            VerificationResult::kSame);
}

TEST_F(VerificationTest, LeavesAloneWhatHistoriesMayNotAnswer) {
  LoadTwo();
  database().Query("UPDATE history_partitions SET state = 'sql' RETURNING 1");
  const auto verification = MakeVerification();
  const auto question =
      query::Verification::QuestionOf(v1::GetActiveUsersRequest(), context_, &query::ActiveUsers);
  EXPECT_EQ(verification->Verify(question, 0), VerificationResult::kUnverified);
  EXPECT_EQ(CountOf(*verification, "unverified"), 1);
  Pack();
}

TEST_F(VerificationTest, GivesUpWhatTakesTooLong) {
  const auto slow = +[](const v1::GetActiveUsersRequest&, const query::QueryContext&,
                        pqxx::transaction_base& transaction) -> ActiveUsersAnswer {
    transaction.exec("SELECT pg_sleep(600)");
    return v1::GetActiveUsersResponse();
  };
  EXPECT_EQ(Verify(slow, v1::GetActiveUsersRequest(), 0, absl::Milliseconds(30)),
            VerificationResult::kUnverified);
}

TEST_F(VerificationTest, AsksBothOfOneSnapshot) {
  LoadTwo();
  const auto stores_meanwhile = +[](const v1::GetActiveUsersRequest&, const query::QueryContext&,
                                    pqxx::transaction_base& transaction) -> ActiveUsersAnswer {
    v1::GetActiveUsersResponse response = CountOfEvents(transaction);
    pqxx::work owner(*stage->owner);
    owner.exec("SET LOCAL session_replication_role = replica");
    owner.exec("INSERT INTO analytics_events SELECT * FROM analytics_events LIMIT 1");
    owner.commit();
    return response;
  };
  EXPECT_EQ(Verify(stores_meanwhile, v1::GetActiveUsersRequest(), 0), VerificationResult::kSame);
}

TEST_F(VerificationTest, KeepsPartitionsFromGoingAwayBetweenTheTwo) {
  LoadTwo();
  const auto truncates_meanwhile = +[](const v1::GetActiveUsersRequest&, const query::QueryContext&,
                                       pqxx::transaction_base&) -> ActiveUsersAnswer {
    try {
      pqxx::work owner(*stage->owner);
      owner.exec("SET LOCAL lock_timeout = '20ms'");
      owner.exec("TRUNCATE analytics_events");
      owner.commit();
    } catch (const pqxx::sql_error& error) {
      stage->was_refused = error.sqlstate() == "55P03";
    }
    return v1::GetActiveUsersResponse();
  };
  EXPECT_EQ(Verify(truncates_meanwhile, v1::GetActiveUsersRequest(), 0), VerificationResult::kSame);
  EXPECT_TRUE(stage_.was_refused);
}

ActiveUsersAnswer WaitsOnStage(const v1::GetActiveUsersRequest&, const query::QueryContext&,
                               pqxx::transaction_base&) {
  stage->Set(&Stage::has_begun);
  stage->WaitFor(&Stage::may_end);
  return v1::GetActiveUsersResponse();
}

v1::GetActiveUsersResponse OfHistories() {
  v1::GetActiveUsersResponse answer;
  answer.mutable_scope()->set_engine(v1::ENGINE_HISTORY);
  return answer;
}

TEST_F(VerificationTest, DoesOneAtATimeAndSkipsTheOthers) {
  const auto verification = MakeVerification();
  const v1::GetActiveUsersRequest request;
  verification->Offer(request, OfHistories(), context_, &WaitsOnStage, false);
  stage_.WaitFor(&Stage::has_begun);
  verification->Offer(request, OfHistories(), context_, &WaitsOnStage, false);
  EXPECT_EQ(CountOf(*verification, "skipped"), 1);
  stage_.Set(&Stage::may_end);
  verification->WaitUntilIdle();
  EXPECT_EQ(CountOf(*verification, "same"), 1);
  verification->Offer(request, OfHistories(), context_, &WaitsOnStage, true);
  EXPECT_EQ(CountOf(*verification, "skipped"), 2) << "a caller waits for a connection";
  verification->Offer(request, OfHistories(), context_, &WaitsOnStage, false);
  verification->WaitUntilIdle();
  EXPECT_EQ(CountOf(*verification, "same"), 2);
}

TEST_F(VerificationTest, HasNothingToHoldAgainstSqlWhereSqlAnswered) {
  const auto verification = MakeVerification();
  v1::GetActiveUsersResponse answer;
  answer.mutable_scope()->set_engine(v1::ENGINE_SQL);
  verification->Offer(v1::GetActiveUsersRequest(), answer, context_, &WaitsOnStage, false);
  verification->WaitUntilIdle();
  for (const char* result : {"same", "different", "unverified", "skipped"}) {
    EXPECT_EQ(CountOf(*verification, result), 0) << result;
  }
}

TEST_F(VerificationTest, IsOfferedWhatCallersWereAnswered) {
  LoadTwo();
  const auto verification = MakeVerification();
  postgres::ProjectDirectory directory(true);
  {
    pqxx::work transaction(database().owner());
    auto snapshot = postgres::ProjectSnapshot::Read(transaction);
    ASSERT_OK(snapshot);
    directory.Update(*std::move(snapshot));
  }
  postgres::ConnectionPool pool(query_, 1);
  query::MetricRunner runner(&directory, &pool, &clock_, {}, &store_, verification.get());
  const auto service = query::MakeQueryService(&runner);
  ASSERT_OK_AND_ASSIGN(const auto server, GrpcServer::Start({.address = "127.0.0.1:0"}, {service.get()}));
  const auto stub = v1::QueryService::NewStub(
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", server->port()), grpc::InsecureChannelCredentials()));
  for (const v1::Engine engine : {v1::ENGINE_HISTORY, v1::ENGINE_SQL}) {
    grpc::ClientContext call;
    v1::GetActiveUsersRequest request;
    request.mutable_scope()->set_engine(engine);
    v1::GetActiveUsersResponse answer;
    ASSERT_OK(stub->GetActiveUsers(&call, request, &answer));
  }
  // The calls have ended when it is down, and so have their offers.
  server->Shutdown(absl::ZeroDuration());
  verification->WaitUntilIdle();
  EXPECT_EQ(CountOf(*verification, "same"), 1);
}

TEST_F(VerificationTest, StopsWhatIsAtWorkWhenItGoes) {
  const auto sleeps = +[](const v1::GetActiveUsersRequest&, const query::QueryContext&,
                          pqxx::transaction_base& transaction) -> ActiveUsersAnswer {
    stage->Set(&Stage::has_begun);
    transaction.exec("SELECT pg_sleep(600)");
    return v1::GetActiveUsersResponse();
  };
  auto verification = MakeVerification(absl::Hours(1));
  verification->Offer(v1::GetActiveUsersRequest(), OfHistories(), context_, sleeps, false);
  stage_.WaitFor(&Stage::has_begun);
  const absl::Time start = absl::Now();
  verification.reset();
  EXPECT_LT(absl::Now() - start, absl::Seconds(60));
}

TEST_F(VerificationTest, AsksOfOneUserWithoutARange) {
  LoadTwo();
  const auto refuses_a_range =
      +[](const v1::ExplainFunnelActorRequest&, const query::QueryContext& context,
          pqxx::transaction_base&) -> absl::StatusOr<v1::ExplainFunnelActorResponse> {
    stage->was_refused = context.users.has_value();
    return v1::ExplainFunnelActorResponse();
  };
  EXPECT_EQ(Verify(refuses_a_range, v1::ExplainFunnelActorRequest(), 0), VerificationResult::kSame);
  EXPECT_FALSE(stage_.was_refused);
}

TEST_F(VerificationTest, FindsNoDifferenceInRandomQuestions) {
  const uint64_t seed = RandomSeed();
  for (uint64_t i = 0; i < 20; ++i) {
    SCOPED_TRACE(absl::StrCat("DONUT_RANDOM_SEED=", seed, " round ", i));
    Dice dice(seed + i);
    const RandomSetting setting = PickSetting(dice);
    RandomTrial<v1::GetActiveUsersRequest> trial = {MakeRandomHistory(dice, setting), setting.time_zone, {}};
    *trial.request.mutable_scope() = MakeRandomScope(dice, setting, 10);
    FilterSome(dice, trial);
    Load(trial.history, trial.time_zone);
    if (trial.history.events.empty()) continue;
    const int users = RangeOf(trial.history.events[0].user);
    const v1::Scope& scope = trial.request.scope();
    trial.request.mutable_breakdown()->set_event_property("p");
    v1::GetFeatureUsageRequest usage;
    *usage.mutable_scope() = scope;
    v1::GetFunnelRequest funnel;
    *funnel.mutable_scope() = scope;
    for (const char* name : {"a", "b"}) funnel.add_steps()->add_event_names(name);
    funnel.mutable_window()->set_seconds(86'400);
    v1::GetRetentionRequest retention;
    *retention.mutable_scope() = scope;
    v1::GetSummaryRequest summary;
    *summary.mutable_scope() = scope;
    EXPECT_EQ(Verify(&query::ActiveUsers, trial.request, users), VerificationResult::kSame);
    EXPECT_EQ(Verify(&query::FeatureUsage, usage, users), VerificationResult::kSame);
    EXPECT_EQ(Verify(&query::Funnel, funnel, users), VerificationResult::kSame);
    EXPECT_EQ(Verify(&query::Retention, retention, users), VerificationResult::kSame);
    EXPECT_EQ(Verify(&query::Summary, summary, users), VerificationResult::kSame);
  }
}

}  // namespace
}  // namespace donut::testing
