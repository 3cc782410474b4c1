#include "compactor/compactor_loop.h"

#include "tests/compactor/compactor_fixture.h"
#include "tests/support/fake_clock.h"

namespace donut::compactor {
namespace {

class CompactorLoopTest : public CompactorFixture {
 protected:
  LoopOptions Options() {
    LoopOptions options;
    options.connection.url = database_.compactor_url();
    options.period = absl::Milliseconds(5);
    options.retry = absl::Milliseconds(20);
    options.long_look_period = absl::Milliseconds(5);
    return options;
  }

  static double Metric(const CompactorLoop& loop, const std::string& name) {
    MetricPage page;
    loop.metrics().AddTo(page);
    return page.Find("donut_compactor_" + name).value_or(-1);
  }

  // Until the metric is that; fails the test after a minute.
  void ExpectMetric(const CompactorLoop& loop, const std::string& name, double value) {
    const absl::Time end = absl::Now() + absl::Minutes(1);
    while (Metric(loop, name) != value && absl::Now() < end) database_.Query("SELECT pg_sleep(0.01)");
    EXPECT_EQ(Metric(loop, name), value) << name;
  }

  SystemClock clock_;
};

TEST_F(CompactorLoopTest, RebuildsWhatIsMarkedAndTellsSo) {
  Store(RandomEvents(50, {ThisMonth()}));
  pqxx::nontransaction(database_.owner())
      .exec(absl::StrCat("UPDATE history_partitions SET state = 'sql' WHERE from_month = ", ThisMonth()));
  CompactorLoop loop(Options(), &clock_);
  loop.Start();
  ExpectMetric(loop, "block_events", 50);
  ExpectMetric(loop, "partitions_by_sql", 0);
  EXPECT_EQ(PartitionsBySql(), "");
  ExpectHistoriesAreTheEvents();
}

TEST_F(CompactorLoopTest, OneIsAtWorkAndAnotherTakesOver) {
  CompactorLoop first(Options(), &clock_);
  first.Start();
  ExpectMetric(first, "at_work", 1);
  CompactorLoop second(Options(), &clock_);
  second.Start();
  database_.Query("SELECT pg_sleep(0.1)");
  EXPECT_EQ(Metric(second, "at_work"), 0);
  first.Stop();
  EXPECT_EQ(Metric(first, "at_work"), 0);
  ExpectMetric(second, "at_work", 1);
}

TEST_F(CompactorLoopTest, GoesOnAfterItsConnectionWasEnded) {
  CompactorLoop loop(Options(), &clock_);
  loop.Start();
  ExpectMetric(loop, "at_work", 1);
  database_.Query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'donut_compactor' AND "
      "pid <> (SELECT pid FROM pg_stat_activity WHERE pid = pg_backend_pid())");
  ExpectMetric(loop, "failures_total", 1);
  ExpectMetric(loop, "at_work", 1);
}

}  // namespace
}  // namespace donut::compactor
