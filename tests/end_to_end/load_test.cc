// A program that tracks as fast as it can over several streams, while what it needs is taken away: whatever
// happens, each event is stored once or counted as rejected.
#include <signal.h>

#include <atomic>
#include <pqxx/pqxx>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "donut/client.h"
#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"
#include "tests/support/random_seed.h"

namespace donut::testing {
namespace {

// Numbers that the ledger says are decided, and that stand nowhere.
constexpr char kMissing[] =
    "SELECT (SELECT coalesce(sum(last_sequence), 0) FROM producers) - (SELECT count(*) FROM "
    "analytics_events) "
    "- (SELECT count(*) FROM rejected_events) - "
    "(SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM skipped_ranges)";
// Where a collector's lane is in the middle of a COPY at this moment, its backend dies.
constexpr char kKillCopying[] =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
    "'donut-collector' AND state = 'active' AND query LIKE '%COPY analytics_events%'";

class LoadTest : public ::testing::Test {
 protected:
  static constexpr int kUsers = 1'000;
  // Each of this many events says that it is bad, which no rule forbids unless a test makes one.
  static constexpr int kBadEvery = 9'973;

  LoadTest() : seed_(RandomSeed()), random_(seed_) {
    std::cout << "DONUT_RANDOM_SEED=" << seed_ << std::endl;
    ClientOptions options;
    options.collector_address = deployment_.collector_address();
    options.streams = 4;
    options.queue_bytes = 4 << 20;
    options.when_full = WhenFull::kBlock;
    options.on_warning = [](const std::string&) {};
    client_ = Client::Create(options).value();
    tracker_ = std::thread([this] { Track(); });
  }

  ~LoadTest() override { StopTracking(); }

  void Track() {
    for (int64_t number = 1; !stopped_; ++number) {
      const std::string user = absl::StrCat("user-", number % kUsers);
      const int64_t bad = number % kBadEvery == 0 ? 1 : 0;
      if (client_->Track("step", user, {{"number", number}, {"bad", bad}})) ++tracked_;
    }
  }

  void StopTracking() {
    stopped_ = true;
    if (tracker_.joinable()) tracker_.join();
  }

  int64_t decided() const {
    const ClientCounters counters = client_->counters();
    return counters.acknowledged + counters.rejected;
  }

  // Until `least` and at most twice as many more are decided: somewhere in the middle of everything.
  void AwaitProgress(int64_t least) {
    const auto chosen = static_cast<int64_t>(random_() % static_cast<uint64_t>(least));
    const int64_t wanted = decided() + least + chosen;
    ASSERT_TRUE(Eventually([&] { return decided() >= wanted; })) << "seed " << seed_ << "\n"
                                                                 << deployment_.collector().err();
  }

  // As the database's owner.
  void Execute(const std::string& statement) {
    pqxx::connection connection(deployment_.owner_url());
    pqxx::work transaction(connection);
    transaction.exec(statement);
    transaction.commit();
  }

  // No more than was tracked is there, nothing is missing, and a fresh event goes through.
  void ExpectEachStoredOnceOrRejected() {
    StopTracking();
    EXPECT_TRUE(client_->Flush(absl::Seconds(60))) << "seed " << seed_;
    EXPECT_TRUE(client_->Track("fresh", "user-fresh"));
    ++tracked_;
    EXPECT_TRUE(client_->Shutdown(absl::Seconds(30))) << "seed " << seed_;
    const ClientCounters counters = client_->counters();
    EXPECT_EQ(counters.enqueued, tracked_) << "seed " << seed_;
    EXPECT_EQ(counters.dropped(), 0) << "seed " << seed_;
    EXPECT_EQ(decided(), tracked_) << "seed " << seed_;
    const int64_t stored = std::stoll(deployment_.Sql("SELECT count(*) FROM analytics_events"));
    const int64_t rejected = std::stoll(deployment_.Sql("SELECT count(*) FROM rejected_events"));
    EXPECT_EQ(stored + rejected, tracked_) << "seed " << seed_;
    EXPECT_EQ(stored, std::stoll(deployment_.Sql("SELECT count(DISTINCT properties->>'number') + 1 FROM "
                                                 "analytics_events")))
        << "seed " << seed_;
    EXPECT_EQ(deployment_.Sql(kNoDoubles), "0") << "seed " << seed_;
    EXPECT_EQ(deployment_.Sql(kMissing), "0") << "seed " << seed_;
    EXPECT_EQ(deployment_.Sql("SELECT count(*) FROM analytics_events JOIN event_names USING (event_name_id) "
                              "WHERE name = 'fresh'"),
              "1");
    for (const char* content : {"user-", "step", "number", "bad"}) {
      EXPECT_EQ(deployment_.collector().err().find(content), std::string::npos) << content;
    }
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  Deployment deployment_;
  std::unique_ptr<Client> client_;
  std::thread tracker_;
  std::atomic<bool> stopped_ = false;
  std::atomic<int64_t> tracked_ = 0;
};

TEST_F(LoadTest, StoresEachOnceThroughKillsOfTheCollector) {
  for (int kill = 0; kill < 4; ++kill) {
    AwaitProgress(20'000);
    deployment_.KillCollector();
    deployment_.StartCollector();
  }
  ExpectEachStoredOnceOrRejected();
  EXPECT_GT(client_->counters().streams_opened, 4);
}

TEST_F(LoadTest, StoresEachOnceWhenBackendsDieInTheMiddleOfACopy) {
  int killed = 0;
  ASSERT_TRUE(Eventually([&] {
    killed += std::stoi(deployment_.Sql(kKillCopying));
    return killed >= 10;
  })) << "only "
      << killed << " were found in a COPY";
  ExpectEachStoredOnceOrRejected();
}

TEST_F(LoadTest, StoresEachOnceThroughImmediateRestartsOfPostgres) {
  for (int restart = 0; restart < 2; ++restart) {
    AwaitProgress(20'000);
    TestCluster::Shared().Stop("immediate");
    TestCluster::Shared().Start();
  }
  AwaitProgress(1);
  ExpectEachStoredOnceOrRejected();
}

TEST_F(LoadTest, DrainsOnSigtermWithoutLosingAnything) {
  for (int round = 0; round < 2; ++round) {
    AwaitProgress(20'000);
    deployment_.collector().Signal(SIGTERM);
    EXPECT_EQ(deployment_.collector().Wait(absl::Seconds(20)), 0) << deployment_.collector().err();
    deployment_.StartCollector();
  }
  ExpectEachStoredOnceOrRejected();
}

TEST_F(LoadTest, RowsThatTheOwnerForbidsAreRejectedAloneUntilTheyAreAllowedAgain) {
  AwaitProgress(20'000);
  Execute(
      "ALTER TABLE analytics_events ADD CONSTRAINT house_rule CHECK (properties->>'bad' = '0') NOT VALID");
  AwaitProgress(100'000);
  Execute("ALTER TABLE analytics_events DROP CONSTRAINT house_rule");
  AwaitProgress(20'000);
  ExpectEachStoredOnceOrRejected();
  const int64_t rejected = client_->counters().rejected;
  EXPECT_GE(rejected, 5);
  EXPECT_EQ(deployment_.Sql("SELECT count(*) FROM rejected_events WHERE reason = 'REFUSED_BY_DATABASE'"),
            absl::StrCat(rejected));
  EXPECT_EQ(
      std::stoll(deployment_.Sql("SELECT count(*) FROM analytics_events WHERE properties->>'bad' = '1'")),
      (tracked_ - 1) / kBadEvery - rejected);
}

}  // namespace
}  // namespace donut::testing
