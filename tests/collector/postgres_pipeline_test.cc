// What pipeline events leave in analytics_sessions and analytics_session_phases.
#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/collector/sink_on_database.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using testing::EventFromJson;
using ::testing::HasSubstr;
using testing::TestDatabase;
using testing::UnaryPiece;

using PostgresPipelineTest = SinkOnDatabase;

std::string PipelineState(TestDatabase& database) {
  return database.Query("SELECT string_agg(s::text, E'\\n' ORDER BY s::text) FROM analytics_sessions s") +
         "\n" +
         database.Query(
             "SELECT string_agg(p::text, E'\\n' ORDER BY p::text) FROM analytics_session_phases p");
}

std::vector<v1::Event> PipelineHistory() {
  std::vector<v1::Event> events;
  const auto add = [&](const std::string& name, int second, const std::string& properties) {
    for (const char* run : {"run 1", "run 2"}) {
      events.push_back(EventFromJson(absl::StrCat(
          R"({"name":")", name, R"(","userId":"u","sessionId":")", run, R"(","eventTime":"2024-01-01T00:00:)",
          absl::Dec(second, absl::kZeroPad2), R"(Z","properties":)", properties, "}")));
    }
  };
  add("pipeline_run_started", 1, R"({"pipeline":"licences"})");
  add("pipeline_run_started", 1, R"({"pipeline":"a twin at the same time"})");
  add("pipeline_run_started", 9, R"({"pipeline":"late"})");
  add("pipeline_phase_started", 2, R"({"phase":"collect","items_in":5})");
  add("pipeline_phase_started", 3, R"({"phase":"collect","items_in":4})");
  add("pipeline_phase_completed", 4, R"({"phase":"collect","items_in":5,"items_out":3})");
  add("pipeline_phase_started", 5, R"({"phase":"clean","attempt":1})");
  add("pipeline_run_failed", 6, R"({"reason":"disk full","phase":"clean"})");
  add("pipeline_run_failed", 6, R"({"reason":"another","phase":"zip"})");
  add("pipeline_run_failed", 7, R"({"reason":"a later one"})");
  add("pipeline_run_started", 8, R"({"pipeline":"licences","attempt":2})");
  add("pipeline_run_completed", 12, R"({"attempt":2,"items_in":5,"items_out":2})");
  return events;
}

TEST_F(PostgresPipelineTest, PipelineRowsAreTheSameInAnyOrderAndGrouping) {
  std::vector<v1::Event> events = PipelineHistory();
  ASSERT_TRUE(Commit({UnaryPiece(events)})[0].rejections.empty());
  const std::string expected = PipelineState(database_);
  EXPECT_THAT(expected, HasSubstr("a twin at the same time"));
  EXPECT_THAT(expected, HasSubstr("another"));
  const uint64_t seed = testing::RandomSeed();
  std::mt19937 random(seed);
  for (int round = 0; round < 10; ++round) {
    Query("TRUNCATE analytics_sessions, analytics_session_phases");
    std::shuffle(events.begin(), events.end(), random);
    for (size_t at = 0; at < events.size();) {
      const size_t count = std::min<size_t>(1 + random() % 6, events.size() - at);
      std::vector<v1::Event> some(events.begin() + at, events.begin() + at + count);
      some.push_back(some.front());  // said twice
      Commit({UnaryPiece(some)});
      at += count;
    }
    ASSERT_EQ(PipelineState(database_), expected) << "DONUT_RANDOM_SEED=" << seed << " round " << round;
  }
}

TEST_F(PostgresPipelineTest, PipelineRowsSayWhatTheEventsSaid) {
  Commit({UnaryPiece(PipelineHistory())});
  EXPECT_EQ(
      Query(
          "SELECT concat_ws('|', session_text, pipeline, started_at, completed_at, failed_at, failed_phase, "
          "failure_reason, items_in, items_out, last_moved_at) FROM analytics_sessions "
          "WHERE session_text = 'run 1' AND attempt = 1"),
      "run 1|a twin at the same time|2024-01-01 00:00:01+00|2024-01-01 00:00:06+00|clean|another|"
      "2024-01-01 00:00:09+00");
  EXPECT_EQ(Query("SELECT concat_ws('|', pipeline, started_at, completed_at, items_in, items_out) FROM "
                  "analytics_sessions "
                  "WHERE session_text = 'run 2' AND attempt = 2"),
            "licences|2024-01-01 00:00:08+00|2024-01-01 00:00:12+00|5|2");
  EXPECT_EQ(Query("SELECT concat_ws('|', started_at, completed_at, items_in, items_out) FROM "
                  "analytics_session_phases "
                  "WHERE phase = 'collect' LIMIT 1"),
            "2024-01-01 00:00:02+00|2024-01-01 00:00:04+00|5|3");
}

}  // namespace
}  // namespace donut::collector
