// The two services as processes: how they start, refuse, recover and end.
#include <signal.h>

#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"

namespace donut::testing {
namespace {

TEST(ServicesTest, EndCleanlyOnSigterm) {
  Deployment deployment;
  for (Process* service : {&deployment.collector(), &deployment.query()}) {
    service->Signal(SIGTERM);
    EXPECT_EQ(service->Wait(absl::Seconds(20)), 0) << service->err();
  }
}

TEST(ServicesTest, RefuseToListenBeyondLoopbackWithoutKeys) {
  Deployment deployment;
  for (const char* name : {"donut-collector", "donut-query", "donut-compactor"}) {
    const Deployment::Result result =
        deployment.Run({Program(name), "--address=0.0.0.0:0", "--database_url=" + deployment.owner_url()});
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_NE(result.err.find("donut keys create"), std::string::npos) << result.err;
  }
}

TEST(ServicesTest, SayThatTheAddressIsInUse) {
  Deployment deployment;
  const Deployment::Result result =
      deployment.Run({Program("donut-collector"), "--address=" + deployment.collector_address(),
                      "--database_url=" + deployment.owner_url()});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_NE(result.err.find("in use"), std::string::npos) << result.err;
}

TEST(ServicesTest, WantAKeyFromTheFirstKeyOn) {
  Deployment deployment;
  EXPECT_EQ(deployment.Donut({"track", "before", "--user", "ann"}).exit_code, 0);
  const Deployment::Result created = deployment.Donut({"projects", "create", "acme"});
  EXPECT_EQ(created.exit_code, 0) << created.err;
  const Deployment::Result key = deployment.Donut({"keys", "create", "--project", "acme"});
  ASSERT_EQ(key.exit_code, 0) << key.err;
  const size_t start = key.out.find("donut_");
  ASSERT_NE(start, std::string::npos) << key.out;
  const std::string text = key.out.substr(start, key.out.find_first_of(" \n", start) - start);

  EXPECT_TRUE(Eventually([&] {
    return deployment.Donut({"track", "anonymous", "--user", "ann"}).exit_code != 0;
  })) << "the services never learn of the key";
  const Deployment::Result tracked =
      deployment.Donut({"--api-key", text, "track", "with key", "--user", "ann"});
  EXPECT_EQ(tracked.exit_code, 0) << tracked.err;
  EXPECT_EQ(deployment.Sql(
                "SELECT string_agg(p.name, ',') FROM analytics_events e JOIN event_names n USING "
                "(event_name_id) JOIN projects p ON p.project_id = e.project_id WHERE n.name = 'with key'"),
            "acme");
  EXPECT_EQ(deployment.Donut({"--api-key", "donut_wrong", "view"}).exit_code, 1);
  EXPECT_EQ(deployment.Donut({"--api-key", text, "view"}).exit_code, 0);
}

TEST(ServicesTest, AnswerUnavailableWhileTheDatabaseIsAwayAndRecover) {
  Deployment deployment;
  EXPECT_EQ(deployment.Donut({"track", "first", "--user", "ann"}).exit_code, 0);
  TestCluster::Shared().Stop("immediate");
  const absl::Time start = absl::Now();
  const Deployment::Result away = deployment.Donut({"track", "lost", "--user", "ann"});
  EXPECT_EQ(away.exit_code, 1);
  EXPECT_NE(away.err.find("the database is away"), std::string::npos) << away.err;
  const Deployment::Result no_view = deployment.Donut({"view"});
  EXPECT_EQ(no_view.exit_code, 1);
  EXPECT_NE(no_view.err.find("the database is away"), std::string::npos) << no_view.err;
  EXPECT_LT(absl::Now() - start, absl::Seconds(10)) << "at once, not after a timeout";
  TestCluster::Shared().Start();
  EXPECT_TRUE(Eventually([&] {
    return deployment.Donut({"track", "second", "--user", "ann"}).exit_code == 0;
  }));
  EXPECT_TRUE(Eventually([&] { return deployment.Donut({"view"}).exit_code == 0; }));
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "2");
}

TEST(ServicesTest, StoreAndMigrateTwiceWithoutHarm) {
  Deployment deployment;
  const auto first = deployment.Begin({Program("donut"), "migrate"});
  const auto second = deployment.Begin({Program("donut"), "migrate"});
  EXPECT_EQ(first->Wait(), 0) << first->err();
  EXPECT_EQ(second->Wait(), 0) << second->err();
  EXPECT_EQ(deployment.Donut({"track", "after", "--user", "ann"}).exit_code, 0);
}

}  // namespace
}  // namespace donut::testing
