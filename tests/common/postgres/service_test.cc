#include "common/postgres/service.h"

#include <atomic>
#include <thread>

#include "common/metrics_endpoint.h"
#include "common/mutex.h"
#include "common/postgres/api_keys.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.grpc.pb.h"
#include "tests/support/http_get.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::EmptyDatabase;
using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;
using ::testing::Not;

class ServiceTest : public ::testing::Test {
 protected:
  ServiceOptions Options(const std::string& url) {
    ServiceOptions options;
    options.name = "test";
    options.server.address = "127.0.0.1:0";
    options.database.url = url;
    options.shutdown_limit = absl::InfiniteDuration();
    return options;
  }

  // Runs until `while_listening` returns; gives the exit code and what was logged.
  int Run(const ServiceOptions& options, ServiceHooks hooks, const std::function<void()>& while_listening) {
    ProjectDirectory directory(options.anonymous_allowed());
    hooks.on_listening = [this](int port) { port_ = port; };
    hooks.wait_for_stop = while_listening;
    ::testing::internal::CaptureStderr();
    const int code = RunService(options, directory, {&service_}, hooks);
    log_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  bool IsListening() {
    const auto channel =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    v1::TrackEventsResponse response;
    // The service is the generated one, which implements nothing.
    return v1::EventCollectorService::NewStub(channel)->TrackEvents(&context, {}, &response).error_code() ==
           grpc::StatusCode::UNIMPLEMENTED;
  }

  v1::EventCollectorService::Service service_;
  int port_ = 0;
  std::string log_;
};

TEST_F(ServiceTest, ServesUntilToldToStopAndDrainsFirst) {
  TestDatabase database;
  bool listened = false;
  bool listened_in_drain = false;
  ServiceHooks hooks;
  hooks.drain = [&] { listened_in_drain = IsListening(); };
  EXPECT_EQ(Run(Options(database.query_url()), hooks, [&] { listened = IsListening(); }), 0);
  EXPECT_TRUE(listened);
  EXPECT_TRUE(listened_in_drain);
  EXPECT_FALSE(IsListening());
  EXPECT_THAT(log_, HasSubstr("INFO serving service=test address=127.0.0.1:0"));
  EXPECT_THAT(log_, HasSubstr("INFO stopped"));
}

TEST_F(ServiceTest, StartsWithoutItsDatabaseAndSaysWhyItDoesNotServe) {
  bool listened = false;
  EXPECT_EQ(Run(Options("host=/nonexistent dbname=x"), {}, [&] { listened = IsListening(); }), 0);
  EXPECT_TRUE(listened);
  EXPECT_THAT(log_, HasSubstr("WARNING not ready reason=\"cannot connect to the database"));
  EXPECT_THAT(log_, HasSubstr("INFO listening, not serving yet"));
}

TEST_F(ServiceTest, RefusesToBeOpenToOthersWithoutKeys) {
  TestDatabase database;
  ServiceOptions options = Options(database.collector_url());
  options.server.address = "0.0.0.0:0";
  bool listened = false;
  EXPECT_EQ(Run(options, {}, [&] { listened = true; }), 1);
  EXPECT_FALSE(listened);
  EXPECT_THAT(log_,
              HasSubstr("ERROR refusing to listen on 0.0.0.0:0: no API keys are configured; create one with "
                        "`donut keys create` or listen on 127.0.0.1"));
}

TEST_F(ServiceTest, ListensForOthersOnceThereIsAKey) {
  TestDatabase database;
  NewApiKey key;
  key.project = "default";
  key.may_query = true;
  ASSERT_OK(CreateKey(database.owner(), key));
  ServiceOptions options = Options(database.collector_url());
  options.server.address = "0.0.0.0:0";
  bool listened = false;
  EXPECT_EQ(Run(options, {}, [&] { listened = true; }), 0);
  EXPECT_TRUE(listened);
}

TEST_F(ServiceTest, APortInUseIsOneClearLine) {
  TestDatabase database;
  const ServiceOptions options = Options(database.query_url());
  int second = -1;
  EXPECT_EQ(Run(options, {},
                [&] {
                  ServiceOptions same = options;
                  same.server.address = absl::StrCat("127.0.0.1:", port_);
                  ProjectDirectory directory(true);
                  second = RunService(same, directory, {}, {});
                }),
            0);
  EXPECT_EQ(second, 1);
  EXPECT_THAT(log_, HasSubstr("address in use; stop what uses it or set --address"));
}

TEST_F(ServiceTest, ServesItsMetricsWhenTheyHaveAnAddress) {
  TestDatabase database;
  // A free port: found, and given back.
  int port = 0;
  {
    const auto endpoint = MetricsEndpoint::Start({.address = "127.0.0.1:0"}, [](MetricPage&) {});
    ASSERT_OK(endpoint);
    port = (*endpoint)->port();
  }
  ServiceOptions options = Options(database.query_url());
  options.metrics_address = absl::StrCat("127.0.0.1:", port);
  ServiceHooks hooks;
  hooks.add_metrics = [](MetricPage& page) { page.AddGauge("own_things", "Its own.", 3); };
  std::string page;
  EXPECT_EQ(Run(options, hooks, [&] { page = donut::testing::HttpGet(port, "/metrics").body; }), 0);
  EXPECT_THAT(page, HasSubstr("donut_build_info{service=\"test\",version=\""));
  EXPECT_THAT(page, HasSubstr("\ndonut_ready 1\n"));
  EXPECT_THAT(page, HasSubstr("\nprocess_resident_memory_bytes "));
  EXPECT_THAT(page, HasSubstr("\nown_things 3\n"));
  EXPECT_THAT(log_, HasSubstr(absl::StrCat("INFO metrics url=http://127.0.0.1:", port, "/metrics")));
  EXPECT_THAT(log_, Not(HasSubstr("ask for no key")));
  EXPECT_EQ(donut::testing::HttpGet(port, "/metrics").code, 0) << "they end with the service";
}

TEST_F(ServiceTest, TellsThatItIsNotReadyInItsMetrics) {
  int port = 0;
  {
    const auto endpoint = MetricsEndpoint::Start({.address = "127.0.0.1:0"}, [](MetricPage&) {});
    ASSERT_OK(endpoint);
    port = (*endpoint)->port();
  }
  ServiceOptions options = Options("host=/nonexistent dbname=x");
  options.metrics_address = absl::StrCat("0.0.0.0:", port);
  std::string page;
  EXPECT_EQ(Run(options, {}, [&] { page = donut::testing::HttpGet(port, "/metrics").body; }), 0);
  EXPECT_THAT(page, HasSubstr("\ndonut_ready 0\n"));
  EXPECT_THAT(
      log_,
      HasSubstr("WARNING metrics ask for no key: whoever reaches this address can read them address=0.0.0.0"))
      << "an address beyond this machine";
}

TEST_F(ServiceTest, DoesNotStartWhenTheAddressOfItsMetricsIsTaken) {
  TestDatabase database;
  const auto taken = MetricsEndpoint::Start({.address = "127.0.0.1:0"}, [](MetricPage&) {});
  ASSERT_OK(taken);
  ServiceOptions options = Options(database.query_url());
  options.metrics_address = absl::StrCat("127.0.0.1:", (*taken)->port());
  bool listened = false;
  EXPECT_EQ(Run(options, {}, [&] { listened = true; }), 1);
  EXPECT_FALSE(listened);
  EXPECT_THAT(log_, HasSubstr(absl::StrCat("cannot serve metrics on ", options.metrics_address,
                                           ": address in use; stop what uses it or set --metrics_address")));
}

TEST_F(ServiceTest, TheServicesOwnCheckRunsBeforeItListens) {
  TestDatabase database;
  std::atomic<int> checks = 0;
  int checks_before_listening = 0;
  ServiceHooks hooks;
  hooks.on_check = [&checks](pqxx::connection&) {
    ++checks;
    return absl::OkStatus();
  };
  hooks.configure = [&](grpc::ServerBuilder&) { checks_before_listening = checks; };
  EXPECT_EQ(Run(Options(database.query_url()), hooks, [] {}), 0);
  EXPECT_EQ(checks_before_listening, 1);
}

}  // namespace
}  // namespace donut::postgres
