#include "query_service/metric_runner.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "common/postgres/transaction.h"
#include "donut/analytics/v1/query.grpc.pb.h"
#include "gtest/gtest.h"
#include "query_service/query_service.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Response = absl::StatusOr<v1::ListEventNamesResponse>;

// What the next call does in its transaction.
using Behaviour = Response (*)(const v1::ListEventNamesRequest&, const query::QueryContext&,
                               pqxx::transaction_base&);

// One RPC with the runner behind it, on a real socket and a real database.
class OneRpc final : public v1::QueryService::Service {
 public:
  OneRpc(query::MetricRunner* runner, Behaviour behaviour) : runner_(runner), behaviour_(behaviour) {}
  grpc::Status ListEventNames(grpc::ServerContext* context, const v1::ListEventNamesRequest* request,
                              v1::ListEventNamesResponse* response) override {
    return runner_->Run(context, request, response, behaviour_.load());
  }
  void Behave(Behaviour behaviour) { behaviour_ = behaviour; }

 private:
  query::MetricRunner* const runner_;
  std::atomic<Behaviour> behaviour_;
};

Response Answer(const v1::ListEventNamesRequest&, const query::QueryContext& context,
                pqxx::transaction_base& transaction) {
  transaction.exec("SELECT count(*) FROM analytics_events");
  v1::ListEventNamesResponse response;
  response.set_next_page_token(context.project.name);
  return response;
}

class MetricRunnerTest : public ::testing::Test {
 protected:
  explicit MetricRunnerTest(query::MetricRunnerOptions options = {}, int connections = 2)
      : pool_({.url = database_.query_url(), .role = "", .application_name = "runner test"}, connections),
        runner_(&directory_, &pool_, &clock_, options),
        service_(&runner_, Answer) {
    auto server = GrpcServer::Start({.address = "127.0.0.1:0"}, {&service_});
    EXPECT_OK(server);
    server_ = *std::move(server);
    stub_ = v1::QueryService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials()));
  }
  ~MetricRunnerTest() override { server_->Shutdown(absl::ZeroDuration()); }

  void ReadProjects() {
    pqxx::work transaction(database_.owner());
    auto snapshot = postgres::ProjectSnapshot::Read(transaction);
    ASSERT_OK(snapshot);
    directory_.Update(*std::move(snapshot));
  }

  grpc::Status Call(absl::Duration deadline = absl::Seconds(20), const std::string& authorization = "") {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    return stub_->ListEventNames(&context, {}, &response_);
  }

  // Whether a statement like this runs in the database.
  bool Runs(const std::string& statement) {
    return database_.Query(
               "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
               "application_name = 'runner test' AND query LIKE '%" +
               statement + "%'") != "0";
  }

  // What the metrics say now.
  double Count(const std::string& name, const MetricLabels& labels = {}) {
    MetricPage page;
    runner_.metrics().AddTo(page, 2);
    return page.Find("donut_query_" + name, labels).value_or(-1);
  }
  // Calls of the one RPC that ended so.
  double Ended(const std::string& code) {
    return Count("requests_total", {{"rpc", "ListEventNames"}, {"code", code}});
  }
  double Errors(const std::string& kind) { return Count("database_errors_total", {{"kind", kind}}); }

  TestDatabase database_;
  SystemClock clock_;
  postgres::ProjectDirectory directory_{true};
  postgres::ConnectionPool pool_;
  query::MetricRunner runner_;
  OneRpc service_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::QueryService::Stub> stub_;
  v1::ListEventNamesResponse response_;
};

TEST_F(MetricRunnerTest, AnswersForTheCallersProject) {
  ReadProjects();
  ASSERT_OK(Call());
  EXPECT_EQ(response_.next_page_token(), "default");
}

TEST_F(MetricRunnerTest, CountsItsCallsByStatusAndMeasuresThem) {
  EXPECT_THAT(Call(), StatusIs(absl::StatusCode::kUnavailable));
  ReadProjects();
  ASSERT_OK(Call());
  ASSERT_OK(Call());
  EXPECT_EQ(Ended("OK"), 2);
  EXPECT_EQ(Ended("UNAVAILABLE"), 1);
  EXPECT_EQ(Count("request_duration_seconds", {{"rpc", "ListEventNames"}}), 3);
  EXPECT_EQ(Count("request_duration_seconds", {{"rpc", "GetFunnel"}}), 0);
  EXPECT_EQ(Errors("away"), 0) << "the database was not asked";
}

TEST_F(MetricRunnerTest, CountsWhatRunsAndTheConnectionsItHolds) {
  ReadProjects();
  EXPECT_EQ(Count("connections_limit"), 2);
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base& transaction) -> Response {
    transaction.exec("SELECT 'held', pg_advisory_xact_lock(1)");
    return v1::ListEventNamesResponse();
  });
  pqxx::work blocker(database_.owner());
  blocker.exec("SELECT pg_advisory_xact_lock(1)");
  std::thread caller([&] { EXPECT_OK(Call()); });
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (Count("connections_in_use") < 1 && absl::Now() < limit) std::this_thread::yield();
  EXPECT_EQ(Count("connections_in_use"), 1);
  EXPECT_EQ(Count("requests_running"), 1);
  EXPECT_EQ(Count("requests_waiting"), 0);
  blocker.commit();
  caller.join();
  while (Count("requests_running") > 0 && absl::Now() < limit) std::this_thread::yield();
  EXPECT_EQ(Count("connections_in_use"), 0);
  EXPECT_EQ(Count("requests_running"), 0);
}

TEST_F(MetricRunnerTest, UnknownKeyIsUnauthenticatedAndAsksNothing) {
  database_.Query(
      "INSERT INTO api_keys (key_hash, project_id, may_collect, may_query) "
      "VALUES (sha256('somebody'), 1, false, true), (sha256('sender'), 1, true, false)");
  ReadProjects();
  ASSERT_OK(Call(absl::Seconds(20), "Bearer somebody"));
  EXPECT_THAT(Call(absl::Seconds(20), "Bearer sender"), StatusIs(absl::StatusCode::kPermissionDenied));
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base&) -> Response { return absl::InternalError("was asked"); });
  EXPECT_THAT(Call(absl::Seconds(20), "Bearer nobody"), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(Call(), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(MetricRunnerTest, IsUnavailableUntilTheProjectsAreKnown) {
  EXPECT_THAT(Call(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MetricRunnerTest, ReadsInOneReadOnlySnapshot) {
  ReadProjects();
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base& transaction) -> Response {
    v1::ListEventNamesResponse response;
    response.set_next_page_token(transaction.exec("SHOW transaction_read_only")[0][0].as<std::string>() +
                                 " " +
                                 transaction.exec("SHOW transaction_isolation")[0][0].as<std::string>());
    return response;
  });
  ASSERT_OK(Call());
  EXPECT_EQ(response_.next_page_token(), "on repeatable read");
}

TEST_F(MetricRunnerTest, RefusalKeepsItsWords) {
  ReadProjects();
  service_.Behave(
      [](const v1::ListEventNamesRequest&, const query::QueryContext&, pqxx::transaction_base&) -> Response {
        return InvalidField("prefix", "must be short");
      });
  const grpc::Status status = Call();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("prefix: must be short")));
  EXPECT_NE(status.error_details(), "");
  EXPECT_EQ(Ended("INVALID_ARGUMENT"), 1);
  EXPECT_EQ(Errors("other"), 0) << "the metric refused, not the database";
}

TEST_F(MetricRunnerTest, WordsOfTheDatabaseStayInside) {
  ReadProjects();
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base& transaction) -> Response {
    transaction.exec("SELECT secret_column FROM analytics_events");
    return v1::ListEventNamesResponse();
  });
  EXPECT_THAT(Call(), StatusIs(absl::StatusCode::kInternal,
                               AllOf(HasSubstr("its log says why"), Not(HasSubstr("secret_column")))));
  // What PostgreSQL calls an invalid argument is not one of the caller's either.
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base& transaction) -> Response {
    transaction.exec("SELECT 'private'::int");
    return v1::ListEventNamesResponse();
  });
  EXPECT_THAT(Call(), StatusIs(absl::StatusCode::kInternal, Not(HasSubstr("private"))));
  EXPECT_EQ(Errors("other"), 2);
  service_.Behave(Answer);
  ASSERT_OK(Call());
}

TEST_F(MetricRunnerTest, CallersDeadlineStopsTheStatement) {
  ReadProjects();
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base& transaction) -> Response {
    transaction.exec("SELECT 'by deadline', pg_sleep(60)");
    return v1::ListEventNamesResponse();
  });
  EXPECT_THAT(Call(absl::Milliseconds(300)), StatusIs(absl::StatusCode::kDeadlineExceeded));
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (Runs("by deadline") && absl::Now() < limit) std::this_thread::yield();
  EXPECT_FALSE(Runs("by deadline"));
}

TEST_F(MetricRunnerTest, CallerThatHangsUpStopsTheStatement) {
  ReadProjects();
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base& transaction) -> Response {
    transaction.exec("SELECT 'by cancel', pg_sleep(60)");
    return v1::ListEventNamesResponse();
  });
  grpc::ClientContext context;
  std::thread caller([&] {
    EXPECT_THAT(stub_->ListEventNames(&context, {}, &response_), StatusIs(absl::StatusCode::kCancelled));
  });
  const absl::Time limit = absl::Now() + absl::Seconds(20);
  while (!Runs("by cancel") && absl::Now() < limit) std::this_thread::yield();
  EXPECT_TRUE(Runs("by cancel"));
  context.TryCancel();
  caller.join();
  while (Runs("by cancel") && absl::Now() < limit) std::this_thread::yield();
  EXPECT_FALSE(Runs("by cancel"));
  while (Ended("DEADLINE_EXCEEDED") < 1 && absl::Now() < limit) std::this_thread::yield();
  EXPECT_EQ(Count("statements_cancelled_total"), 1);
  EXPECT_EQ(Errors("timeout"), 0) << "it had time left";
}

TEST_F(MetricRunnerTest, ConnectionsThatDiedWhileIdleAreNotTheCallersConcern) {
  ReadProjects();
  ASSERT_OK(Call());
  database_.Query(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
      "WHERE application_name = 'runner test'");
  ASSERT_OK(Call());
}

TEST_F(MetricRunnerTest, DatabaseThatIsAwayIsUnavailableAtOnceAndItsReturnIsNoticed) {
  ReadProjects();
  ASSERT_OK(Call());
  TestCluster::Shared().Stop("immediate");
  const absl::Time asked = absl::Now();
  EXPECT_THAT(Call(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("try again")));
  EXPECT_LT(absl::Now() - asked, absl::Seconds(2));
  EXPECT_GT(Errors("away"), 0);
  TestCluster::Shared().Start();
  ASSERT_OK(Call());
}

class BusyRunnerTest : public MetricRunnerTest {
 protected:
  BusyRunnerTest() : MetricRunnerTest({.longest_wait_for_connection = absl::Milliseconds(50)}, 1) {}
};

TEST_F(BusyRunnerTest, TooManyQueriesAtOnceAreRefusedWithADelay) {
  ReadProjects();
  auto lease = pool_.Acquire(absl::Seconds(1));
  ASSERT_OK(lease);
  const grpc::Status status = Call();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("too many queries")));
  EXPECT_NE(status.error_details(), "");
  EXPECT_EQ(Count("requests_shed_total"), 1);
  EXPECT_EQ(Ended("RESOURCE_EXHAUSTED"), 1);
}

class ImpatientRunnerTest : public MetricRunnerTest {
 protected:
  ImpatientRunnerTest() : MetricRunnerTest({.longest = absl::Milliseconds(200)}) {}
};

TEST_F(ImpatientRunnerTest, ServicesOwnLimitStopsTheStatement) {
  ReadProjects();
  service_.Behave([](const v1::ListEventNamesRequest&, const query::QueryContext&,
                     pqxx::transaction_base& transaction) -> Response {
    transaction.exec("SELECT pg_sleep(60)");
    return v1::ListEventNamesResponse();
  });
  EXPECT_THAT(Call(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("was stopped")));
  EXPECT_EQ(Ended("DEADLINE_EXCEEDED"), 1);
  EXPECT_EQ(Errors("timeout") + Count("statements_cancelled_total"), 1) << "whichever comes first";
}

}  // namespace
}  // namespace donut::testing
