#include "donut/pipeline_run.h"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Tracked {
  std::string name;
  std::string user_id;
  std::string session_id;
  absl::Time time;
  std::map<std::string, std::string> properties;
};

// Remembers what is tracked.
class FakeTracker : public Tracker {
 public:
  TrackResult Track(std::string_view name, std::string_view user_id, std::span<const Property> properties,
                    const TrackOptions& options) noexcept override {
    Tracked tracked{std::string(name),
                    std::string(user_id),
                    std::string(options.session_id),
                    options.event_time.value(),
                    {}};
    for (const Property& property : properties) {
      tracked.properties[std::string(property.key)] = property.value.kind() == Value::Kind::kString
                                                          ? std::string(property.value.text())
                                                          : absl::StrCat(property.value.integer());
    }
    events.push_back(tracked);
    return next_result;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const Tracked& event : events) names.push_back(event.name);
    return names;
  }
  std::vector<Tracked> events;
  TrackResult next_result = TrackResult::Taken();
};

class PipelineRunTest : public ::testing::Test {
 protected:
  PipelineRunOptions Options(int attempt = 1) {
    return {.pipeline = "nightly", .run_id = "run-7", .user_id = "ann", .attempt = attempt, .now = [this] {
              return now_ += step_;
            }};
  }
  FakeTracker tracker_;
  absl::Time now_ = absl::FromUnixSeconds(1'000'000'000);
  absl::Duration step_ = absl::Seconds(1);
};

TEST_F(PipelineRunTest, TracksARunThatSucceeds) {
  {
    PipelineRun run(tracker_, Options(), {{"branch", "main"}});
    auto cleaning = run.StartPhase("cleaning", 10);
    cleaning.Complete({.items_in = 10, .items_out = 8}, {{"dropped", 2}});
    run.Complete({.items_out = 8});
    EXPECT_TRUE(run.first_problem());
  }
  EXPECT_THAT(tracker_.Names(), ElementsAre("pipeline_run_started", "pipeline_phase_started",
                                            "pipeline_phase_completed", "pipeline_run_completed"));
  EXPECT_THAT(
      tracker_.events[0].properties,
      UnorderedElementsAre(Pair("pipeline", "nightly"), Pair("attempt", "1"), Pair("branch", "main")));
  EXPECT_THAT(tracker_.events[1].properties,
              UnorderedElementsAre(Pair("phase", "cleaning"), Pair("attempt", "1"), Pair("items_in", "10")));
  EXPECT_THAT(tracker_.events[2].properties,
              UnorderedElementsAre(Pair("phase", "cleaning"), Pair("attempt", "1"), Pair("items_in", "10"),
                                   Pair("items_out", "8"), Pair("dropped", "2")));
  EXPECT_THAT(tracker_.events[3].properties,
              UnorderedElementsAre(Pair("attempt", "1"), Pair("items_out", "8")));
  for (const Tracked& event : tracker_.events) {
    EXPECT_EQ(event.user_id, "ann");
    EXPECT_EQ(event.session_id, "run-7");
  }
}

TEST_F(PipelineRunTest, ExceptionFailsTheRunInTheOpenPhase) {
  try {
    PipelineRun run(tracker_, Options());
    auto first = run.StartPhase("collection");
    first.Complete();
    auto second = run.StartPhase("cleaning");
    throw std::runtime_error("disk full");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(tracker_.events.back().name, "pipeline_run_failed");
  EXPECT_THAT(tracker_.events.back().properties,
              UnorderedElementsAre(Pair("reason", "left by an exception"), Pair("phase", "cleaning"),
                                   Pair("attempt", "1")));
}

TEST_F(PipelineRunTest, ForgottenCompleteFailsTheRunAndSaysSo) {
  { PipelineRun run(tracker_, Options()); }
  EXPECT_EQ(tracker_.events.back().name, "pipeline_run_failed");
  EXPECT_THAT(tracker_.events.back().properties,
              UnorderedElementsAre(Pair("reason", "ended without Complete"), Pair("attempt", "1")));
}

TEST_F(PipelineRunTest, RunWithinACleanupIsNotLeftByAnException) {
  struct Cleanup {
    FakeTracker& tracker;
    PipelineRunOptions options;
    ~Cleanup() { PipelineRun run(tracker, options); }
  };
  try {
    Cleanup cleanup{tracker_, Options()};
    throw std::runtime_error("elsewhere");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(tracker_.events.back().properties.at("reason"), "ended without Complete");
}

TEST_F(PipelineRunTest, OnlyTheFirstEndCounts) {
  {
    PipelineRun run(tracker_, Options());
    auto phase = run.StartPhase("cleaning");
    run.Fail("no rows", {{"code", 7}});
    run.Complete();
    run.Fail("again");
    phase.Complete();
    run.StartPhase("late").Complete();
  }
  EXPECT_THAT(tracker_.Names(),
              ElementsAre("pipeline_run_started", "pipeline_phase_started", "pipeline_run_failed"));
  EXPECT_EQ(tracker_.events.back().properties.at("reason"), "no rows");
  EXPECT_EQ(tracker_.events.back().properties.at("phase"), "cleaning");
  EXPECT_EQ(tracker_.events.back().properties.at("code"), "7");
}

TEST_F(PipelineRunTest, OnlyTheFirstCompleteOfAPhaseCounts) {
  PipelineRun run(tracker_, Options());
  auto phase = run.StartPhase("cleaning");
  phase.Complete();
  phase.Complete();
  EXPECT_EQ(tracker_.events.size(), 3u);
  run.Complete();
}

TEST_F(PipelineRunTest, NamesThePhaseStartedLastOfThoseOpen) {
  PipelineRun run(tracker_, Options());
  auto a = run.StartPhase("a");
  auto b = run.StartPhase("b");
  auto c = run.StartPhase("c");
  c.Complete();
  run.Fail("x");
  EXPECT_EQ(tracker_.events.back().properties.at("phase"), "b");
}

TEST_F(PipelineRunTest, FailInNamesAnyPhase) {
  PipelineRun run(tracker_, Options());
  auto a = run.StartPhase("a");
  run.FailIn("z", "x");
  EXPECT_EQ(tracker_.events.back().properties.at("phase"), "z");
}

TEST_F(PipelineRunTest, CarriesTheAttempt) {
  {
    PipelineRun run(tracker_, Options(3));
    run.StartPhase("a").Complete();
    run.Complete();
  }
  for (const Tracked& event : tracker_.events) EXPECT_EQ(event.properties.at("attempt"), "3");
}

TEST_F(PipelineRunTest, TimesNeverGoBack) {
  step_ = absl::Seconds(-5);
  PipelineRun run(tracker_, Options());
  run.StartPhase("a").Complete();
  step_ = absl::Seconds(100);
  run.Complete();
  for (size_t i = 1; i < tracker_.events.size(); ++i)
    EXPECT_GE(tracker_.events[i].time, tracker_.events[i - 1].time);
  EXPECT_GT(tracker_.events.back().time, tracker_.events.front().time);
}

TEST_F(PipelineRunTest, OwnPropertiesWinOverTheCallers) {
  PipelineRun run(tracker_, Options(), {{"pipeline", "other"}, {"attempt", 9}});
  EXPECT_EQ(tracker_.events[0].properties.at("pipeline"), "nightly");
  EXPECT_EQ(tracker_.events[0].properties.at("attempt"), "1");
  run.Complete();
}

TEST_F(PipelineRunTest, CleansAndCutsTheReason) {
  PipelineRun run(tracker_, Options());
  run.Fail("bad \xff byte" + std::string(10'000, 'x'));
  const std::string& reason = tracker_.events.back().properties.at("reason");
  EXPECT_EQ(reason.substr(0, 10), "bad ? byte");
  EXPECT_EQ(reason.size(), 8192u);
}

TEST_F(PipelineRunTest, RemembersTheFirstEventThatWasNotTaken) {
  PipelineRun run(tracker_, Options());
  tracker_.next_result = {TrackOutcome::kInvalid, "user_id: must not be empty"};
  auto phase = run.StartPhase("a");
  tracker_.next_result = {TrackOutcome::kQueueFull, "the buffer is full"};
  run.Complete();
  EXPECT_EQ(run.first_problem().outcome(), TrackOutcome::kInvalid);
}

TEST_F(PipelineRunTest, PhaseMayOutliveItsRun) {
  std::optional<PipelineRun::Phase> phase;
  {
    PipelineRun run(tracker_, Options());
    phase.emplace(run.StartPhase("a"));
  }
  const size_t before = tracker_.events.size();
  phase->Complete();
  EXPECT_EQ(tracker_.events.size(), before);
}

}  // namespace
}  // namespace donut
