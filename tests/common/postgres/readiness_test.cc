#include "common/postgres/readiness.h"

#include <csignal>
#include <deque>

#include "common/postgres/migrations.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::EmptyDatabase;
using ::donut::testing::StatusIs;
using ::donut::testing::TestCluster;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;

constexpr absl::Duration kPeriod = absl::Milliseconds(10);
constexpr absl::Duration kPatience = absl::Seconds(30);

// Takes what a Readiness tells and lets a test wait for it.
class Changes {
 public:
  void Add(bool ready) {
    MutexLock lock(mutex_);
    changes_.push_back(ready);
    added_.NotifyAll();
  }
  // The next change; fails the test when none comes.
  bool Next() {
    MutexLock lock(mutex_);
    while (changes_.empty()) {
      if (!added_.WaitFor(mutex_, kPatience)) {
        ADD_FAILURE() << "no change of readiness within " << kPatience;
        return false;
      }
    }
    const bool next = changes_.front();
    changes_.pop_front();
    return next;
  }

 private:
  Mutex mutex_;
  ConditionVariable added_;
  std::deque<bool> changes_ ABSL_GUARDED_BY(mutex_);
};

ReadinessOptions ReadinessOf(const std::string& url) {
  ReadinessOptions options;
  options.connection.url = url;
  options.period = kPeriod;
  return options;
}

TEST(ReadinessTest, IsReadyWhenTheSchemaFitsAndFillsTheDirectory) {
  TestDatabase database;
  ProjectDirectory directory(/*anonymous_allowed=*/true);
  Changes changes;
  Readiness readiness(ReadinessOf(database.collector_url()), &directory, nullptr,
                      [&changes](bool ready) { changes.Add(ready); });
  EXPECT_FALSE(readiness.ready());
  EXPECT_OK(readiness.CheckNow());
  EXPECT_TRUE(readiness.ready());
  EXPECT_TRUE(changes.Next());
  EXPECT_OK(directory.Find(std::nullopt, Permission::kCollect));
}

TEST(ReadinessTest, BecomesReadyWhenTheDatabaseIsMigrated) {
  EmptyDatabase database;
  ProjectDirectory directory(/*anonymous_allowed=*/true);
  Changes changes;
  Readiness readiness(ReadinessOf(database.owner_url()), &directory, nullptr,
                      [&changes](bool ready) { changes.Add(ready); });
  EXPECT_THAT(readiness.CheckNow(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("donut migrate")));
  readiness.Start();
  pqxx::connection owner(database.owner_url());
  ASSERT_OK(Migrate(owner));
  EXPECT_TRUE(changes.Next());
}

TEST(ReadinessTest, NoticesThatTheDatabaseWentAwayAndCameBack) {
  TestDatabase database;
  ProjectDirectory directory(/*anonymous_allowed=*/true);
  Changes changes;
  Readiness readiness(ReadinessOf(database.query_url()), &directory, nullptr,
                      [&changes](bool ready) { changes.Add(ready); });
  ASSERT_OK(readiness.CheckNow());
  EXPECT_TRUE(changes.Next());
  readiness.Start();
  TestCluster::Shared().Stop("immediate");
  EXPECT_FALSE(changes.Next());
  EXPECT_FALSE(readiness.ready());
  // What was read stays known meanwhile.
  EXPECT_OK(directory.Find(std::nullopt, Permission::kQuery));
  TestCluster::Shared().Start();
  EXPECT_TRUE(changes.Next());
  EXPECT_TRUE(readiness.ready());
}

// A frozen machine, or a network that swallows everything: no error ever comes.
TEST(ReadinessTest, NoticesADatabaseThatGoesSilent) {
  TestDatabase database;
  Changes changes;
  ReadinessOptions options = ReadinessOf(database.query_url());
  options.connection.application_name = "frozen";
  options.answer_limit = absl::Milliseconds(200);
  Readiness readiness(options, nullptr, nullptr, [&changes](bool ready) { changes.Add(ready); });
  ASSERT_OK(readiness.CheckNow());
  EXPECT_TRUE(changes.Next());
  const int backend =
      std::stoi(database.Query("SELECT pid FROM pg_stat_activity WHERE application_name = 'frozen'"));
  TestCluster::Shared().Signal(backend, SIGSTOP);
  readiness.Start();
  EXPECT_FALSE(changes.Next());
  // The others are well: a new connection works.
  EXPECT_TRUE(changes.Next());
  TestCluster::Shared().Signal(backend, SIGCONT);
}

TEST(ReadinessTest, TheServicesOwnCheckDecidesToo) {
  TestDatabase database;
  absl::Status own = absl::FailedPreconditionError("no hash key");
  Readiness readiness(
      ReadinessOf(database.collector_url()), nullptr, [&own](pqxx::connection&) { return own; }, nullptr);
  EXPECT_THAT(readiness.CheckNow(), StatusIs(absl::StatusCode::kFailedPrecondition, "no hash key"));
  EXPECT_FALSE(readiness.ready());
  own = absl::OkStatus();
  EXPECT_OK(readiness.CheckNow());
  EXPECT_TRUE(readiness.ready());
}

TEST(ReadinessTest, LogsEachChangeOnce) {
  EmptyDatabase database;
  Readiness readiness(ReadinessOf(database.owner_url()), nullptr, nullptr, nullptr);
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) readiness.CheckNow().IgnoreError();
  pqxx::connection owner(database.owner_url());
  ASSERT_OK(Migrate(owner));
  for (int i = 0; i < 3; ++i) ASSERT_OK(readiness.CheckNow());
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, ::testing::ContainsRegex(
                           "WARNING not ready reason=.*run `donut migrate`.*\n.*INFO ready again\n$"));
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2);
}

TEST(ReadinessTest, StopsAtOnceAndTwice) {
  TestDatabase database;
  ReadinessOptions options = ReadinessOf(database.collector_url());
  options.period = absl::Hours(1);
  Readiness readiness(options, nullptr, nullptr, nullptr);
  readiness.Start();
  const absl::Time before = absl::Now();
  readiness.Stop();
  readiness.Stop();
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
}

}  // namespace
}  // namespace donut::postgres
