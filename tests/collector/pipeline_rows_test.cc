#include "collector/pipeline_rows.h"

#include "gtest/gtest.h"

namespace donut::collector {
namespace {

using Kind = PipelineUpdate::Kind;

PipelineUpdate Update(Kind kind, const std::string& text = "") {
  PipelineUpdate update;
  update.kind = kind;
  if (kind == Kind::kRunStarted) update.pipeline = text;
  if (kind == Kind::kPhaseStarted || kind == Kind::kPhaseCompleted) update.phase = text;
  if (kind == Kind::kRunFailed) update.reason = text;
  return update;
}

const SessionKey kKey{1, 2, 3, 1};

TEST(PipelineRowsTest, KeepsTheEarliestTimeWithItsText) {
  PipelineRows rows;
  rows.Add(kKey, "run", 20, Update(Kind::kRunStarted, "late"));
  rows.Add(kKey, "run", 10, Update(Kind::kRunStarted, "early"));
  rows.Add(kKey, "run", 30, Update(Kind::kRunStarted, "later"));
  const SessionRow& row = rows.sessions().at(kKey);
  EXPECT_EQ(row.started_us, 10);
  EXPECT_EQ(row.pipeline, "early");
  EXPECT_EQ(row.last_moved_us, 30);
}

TEST(PipelineRowsTest, DecidesEqualTimesByTheLeastTextInAnyOrder) {
  for (const bool swapped : {false, true}) {
    PipelineRows rows;
    rows.Add(kKey, "run", 10, Update(Kind::kRunFailed, swapped ? "b" : "a"));
    rows.Add(kKey, "run", 10, Update(Kind::kRunFailed, swapped ? "a" : "b"));
    rows.Add(kKey, "run", 10, Update(Kind::kRunFailed));
    EXPECT_EQ(rows.sessions().at(kKey).failure_reason, "a");
  }
}

TEST(PipelineRowsTest, MakesOneRowPerPhaseAndAttempt) {
  PipelineRows rows;
  PipelineUpdate started = Update(Kind::kPhaseStarted, "clean");
  started.items_in = 5;
  rows.Add(kKey, "run", 10, started);
  PipelineUpdate completed = Update(Kind::kPhaseCompleted, "clean");
  completed.items_in = 7;
  completed.items_out = 4;
  rows.Add(kKey, "run", 20, completed);
  SessionKey second = kKey;
  second.attempt = 2;
  rows.Add(second, "run", 30, Update(Kind::kPhaseStarted, "clean"));
  ASSERT_EQ(rows.phases().size(), 2u);
  const PhaseRow& phase = rows.phases().at({kKey, "clean"});
  EXPECT_EQ(phase.started_us, 10);
  EXPECT_EQ(phase.completed_us, 20);
  EXPECT_EQ(phase.items_in, 7);
  EXPECT_EQ(phase.items_out, 4);
  EXPECT_EQ(rows.sessions().size(), 2u);
  EXPECT_EQ(rows.sessions().at(kKey).pipeline, std::nullopt);
}

}  // namespace
}  // namespace donut::collector
