// A database with a collector's and a compactor's connection, events of this month and of earlier ones, and
// the question that every test here ends with: are the histories the events? One per test, used by its
// thread.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "compactor/compact.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "history/month.h"
#include "tests/support/history_rows.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::compactor {

class CompactorFixture : public ::testing::Test {
 protected:
  using StoredEvent = ::donut::testing::StoredEvent;

  CompactorFixture()
      : seed_(::donut::testing::RandomSeed()),
        random_(seed_),
        collector_(database_.collector_url()),
        compactor_(database_.compactor_url()) {
    RecordProperty("seed", absl::StrCat(seed_));
  }

  static int ThisMonth() { return history::MonthOf(absl::ToUnixMicros(absl::Now())); }

  int64_t Below(int64_t bound) { return std::uniform_int_distribution<int64_t>(0, bound - 1)(random_); }

  // Events of a few users of two projects with ties in time, sessions and properties, in the given months.
  std::vector<StoredEvent> RandomEvents(int count, const std::vector<int>& months) {
    std::vector<StoredEvent> events;
    for (int i = 0; i < count; ++i) {
      StoredEvent event;
      const int month = months[static_cast<size_t>(Below(static_cast<int64_t>(months.size())))];
      event.project_id = static_cast<int>(1 + Below(2));
      event.key.user_id = (Below(40) - 20) * 1'000'000'007;
      // Few distinct times: the order of ties is that of producer and sequence.
      event.key.time_us = history::MonthStartUs(month) + Below(2'000) * 1'200'000'000 + Below(2);
      event.key.event_name_id = static_cast<int32_t>(1 + Below(5));
      if (Below(2) == 0) event.key.session_id = Below(30) - 15;
      event.key.producer_no = static_cast<int32_t>(1 + Below(3));
      event.key.sequence = ++sequence_;
      if (Below(4) > 0) {
        event.properties = absl::StrCat(R"({"plan": "p)", Below(3), R"(", "n": )", Below(5), R"(.50, "odd)",
                                        Below(300), R"(": [1, {"x": null}], "t": "\"ä\\ )", Below(9), "\"}");
      }
      events.push_back(event);
    }
    return events;
  }

  void Store(const std::vector<StoredEvent>& events) { ::donut::testing::CommitEvents(collector_, events); }

  // In one snapshot, whatever else goes on.
  static void ExpectHistoriesAreTheEvents(pqxx::connection& owner, const std::string& when = "") {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction(owner);
    EXPECT_EQ(::donut::testing::EventsOfTable(transaction), ::donut::testing::EventsOfHistories(transaction))
        << when;
  }
  void ExpectHistoriesAreTheEvents(const std::string& when = "") {
    ExpectHistoriesAreTheEvents(database_.owner(), absl::StrCat(when, " seed ", seed_));
  }

  int64_t Count(const std::string& table) {
    return std::stoll(database_.Query(absl::StrCat("SELECT count(*) FROM ", table)));
  }
  int64_t CountSlices() {
    return std::stoll(database_.Query("SELECT count(DISTINCT slice_id) FROM history_blocks"));
  }
  std::string PartitionsBySql() {
    return database_.Query(
        "SELECT string_agg(partition, ' ') FROM history_partitions WHERE state <> 'packed'");
  }

  // Merges whatever it can, at once.
  static CompactOptions Eager() {
    CompactOptions options;
    options.plan.min_events = 1;
    options.plan.max_events = 1;
    options.plan.fan_in = 2;
    options.plan.least_gain = 1;
    options.plan.shortest_rest = absl::ZeroDuration();
    options.plan.longest_rest = absl::ZeroDuration();
    return options;
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  int64_t sequence_ = 0;
  ::donut::testing::TestDatabase database_;
  pqxx::connection collector_;
  pqxx::connection compactor_;
};

}  // namespace donut::compactor
