#include "collector/group_committer.h"

#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/collector/fake_event_sink.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using testing::Fault;
using ::testing::HasSubstr;
using testing::NamedEvent;
using testing::StatusIs;
using testing::StreamPiece;
using testing::UnaryPiece;

std::vector<v1::Event> Events(int count) {
  return std::vector<v1::Event>(static_cast<size_t>(count), NamedEvent("a", "u"));
}

// Lets time pass with each commit.
class SlowSink : public EventSink {
 public:
  SlowSink(EventSink& sink, std::function<void()> pass_time)
      : sink_(sink), pass_time_(std::move(pass_time)) {}
  absl::StatusOr<HelloAnswer> Grant(const HelloClaim& claim) override { return sink_.Grant(claim); }
  absl::Status Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) override {
    pass_time_();
    return sink_.Commit(spans, outcome);
  }

 private:
  EventSink& sink_;
  const std::function<void()> pass_time_;
};

class GroupCommitterTest : public ::testing::Test {
 protected:
  GroupCommitterTest() { grant_ = *sink_.Grant(testing::Claim("p", 0, "t")); }

  std::vector<PieceResult> Commit(const std::vector<StagedPiece>& pieces) {
    SlowSink slow(sink_, [this] { clock_.Advance(commit_takes_); });
    GroupCommitter committer(&slow, limits_,
                             {.now = [this] { return clock_.Now(); },
                              .wait =
                                  [this](absl::Duration wait) {
                                    clock_.Advance(wait);
                                    return !going_down_;
                                  },
                              .on_away = [this](absl::Duration) { ++away_; },
                              .on_failure = [this](const absl::Status&) { ++failures_; }});
    std::vector<const StagedPiece*> pointers;
    for (const StagedPiece& piece : pieces) pointers.push_back(&piece);
    std::vector<PieceResult> results(pieces.size());
    std::vector<int> decided(pieces.size(), 0);
    committer.Commit(pointers, [&](size_t index, PieceResult result) {
      ++decided[index];
      results[index] = std::move(result);
    });
    EXPECT_EQ(decided, std::vector<int>(pieces.size(), 1));
    return results;
  }

  testing::FakeEventSink sink_;
  testing::FakeClock clock_;
  CommitLimits limits_;
  HelloAnswer grant_;
  absl::Duration commit_takes_;
  int away_ = 0;
  int failures_ = 0;
  bool going_down_ = false;
};

TEST_F(GroupCommitterTest, RepeatsAGroupThatLostAgainstOthers) {
  sink_.FailNext({Fault::kConflict, Fault::kConflict});
  EXPECT_TRUE(Commit({StreamPiece(grant_, 1, Events(2))})[0].status.ok());
  EXPECT_EQ(sink_.stored().size(), 2u);
}

TEST_F(GroupCommitterTest, GivesUpAfterABoundedNumberOfConflicts) {
  sink_.FailNext(std::deque<Fault>(100, Fault::kConflict));
  EXPECT_THAT(Commit({StreamPiece(grant_, 1, Events(2))})[0].status,
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(sink_.commits(), limits_.max_conflict_tries);
}

TEST_F(GroupCommitterTest, DoesNotRepeatWhatCannotHelp) {
  sink_.FailNext({Fault::kBroken});
  EXPECT_THAT(Commit({StreamPiece(grant_, 1, Events(2))})[0].status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("log says why")));
  EXPECT_EQ(sink_.commits(), 1);
  EXPECT_EQ(failures_, 1);
}

TEST_F(GroupCommitterTest, StoresOnceWhenTheOutcomeOfCommitIsUnknown) {
  for (const Fault fault : {Fault::kUnknownCommitted, Fault::kUnknownRolledBack}) {
    const int64_t first = static_cast<int64_t>(sink_.stored().size()) + 1;
    sink_.FailNext({fault});
    const auto results = Commit({StreamPiece(grant_, first, Events(3))});
    EXPECT_TRUE(results[0].status.ok());
    EXPECT_EQ(results[0].verdict, PieceVerdict::kMoves);
    EXPECT_EQ(results[0].stored_count, 3);
    EXPECT_EQ(sink_.stored().size(), static_cast<size_t>(first) + 2);
  }
}

TEST_F(GroupCommitterTest, StoresAUnaryPieceOnceWhenTheOutcomeIsUnknown) {
  for (const Fault fault : {Fault::kUnknownCommitted, Fault::kUnknownRolledBack}) {
    const size_t before = sink_.stored().size();
    sink_.FailNext({fault});
    const auto results = Commit({UnaryPiece(Events(3)), UnaryPiece(Events(2))});
    EXPECT_EQ(results[0].stored_count, 3);
    EXPECT_EQ(results[1].stored_count, 2);
    EXPECT_EQ(sink_.stored().size(), before + 5);
  }
}

TEST_F(GroupCommitterTest, StreamsWaitForTheDatabaseForABoundedTime) {
  sink_.FailNext({Fault::kAway, Fault::kAway, Fault::kAway});
  EXPECT_TRUE(Commit({StreamPiece(grant_, 1, Events(2))})[0].status.ok());
  EXPECT_EQ(away_, 2);
  sink_.SetAway(true);
  const absl::Time start = clock_.Now();
  EXPECT_THAT(Commit({StreamPiece(grant_, 3, Events(2))})[0].status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("away")));
  EXPECT_LT(clock_.Now() - start, limits_.max_away + absl::Seconds(1));
}

TEST_F(GroupCommitterTest, UnaryCallersHearAtOnceAndStreamsGoOn) {
  // Twice for the group, then once more for the stream alone.
  sink_.FailNext({Fault::kAway, Fault::kAway, Fault::kAway});
  const absl::Time start = clock_.Now();
  const auto results = Commit({StreamPiece(grant_, 1, Events(2)), UnaryPiece(Events(1))});
  EXPECT_TRUE(results[0].status.ok());
  EXPECT_THAT(results[1].status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("nothing was stored")));
  EXPECT_EQ(clock_.Now(), start);
}

TEST_F(GroupCommitterTest, SaysWhenItDoesNotKnow) {
  sink_.FailNext({Fault::kUnknownCommitted, Fault::kAway});
  EXPECT_THAT(Commit({UnaryPiece(Events(1))})[0].status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("may or may not")));
}

TEST_F(GroupCommitterTest, DoesNotWaitWhenGoingDown) {
  going_down_ = true;
  sink_.SetAway(true);
  EXPECT_FALSE(Commit({StreamPiece(grant_, 1, Events(2))})[0].status.ok());
  EXPECT_EQ(sink_.commits(), 2);
}

TEST_F(GroupCommitterTest, DeadLettersARefusedRowAlone) {
  sink_.RefuseName("bad");
  std::vector<v1::Event> events = Events(1'000);
  events[613] = NamedEvent("bad", "u");
  const HelloAnswer other = *sink_.Grant(testing::Claim("q", 0, "t"));
  const auto results = Commit({StreamPiece(other, 1, Events(5)), StreamPiece(grant_, 1, events)});
  EXPECT_TRUE(results[0].rejections.empty());
  EXPECT_EQ(results[0].stored_count, 5);
  ASSERT_EQ(results[1].rejections.size(), 1u);
  EXPECT_EQ(results[1].rejections[0].sequence(), 614);
  EXPECT_EQ(results[1].stored_count, 999);
  EXPECT_EQ(sink_.stored().size(), 1'004u);
  EXPECT_LT(sink_.commits(), 30);
}

TEST_F(GroupCommitterTest, LeavesNamedRowsOutAndCommitsTheGroupAsAWhole) {
  sink_.RefuseName("bad");
  sink_.NameRefusedRows();
  std::vector<v1::Event> events = Events(1'000);
  events[13] = events[613] = NamedEvent("bad", "u");
  const HelloAnswer other = *sink_.Grant(testing::Claim("q", 0, "t"));
  const auto results =
      Commit({StreamPiece(other, 1, Events(5)), StreamPiece(grant_, 1, events), UnaryPiece(events)});
  EXPECT_EQ(results[0].stored_count, 5);
  for (const size_t i : {1, 2}) {
    ASSERT_EQ(results[i].rejections.size(), 2u);
    EXPECT_EQ(results[i].stored_count, 998);
  }
  EXPECT_EQ(results[1].rejections[1].sequence(), 614);
  EXPECT_EQ(results[2].rejections[1].sequence(), 613);
  EXPECT_EQ(sink_.commits(), 5);
  EXPECT_EQ(failures_, 4);
}

TEST_F(GroupCommitterTest, DeadLettersMoreNamedRowsThanItLeavesOutOneByOne) {
  sink_.RefuseName("bad");
  sink_.NameRefusedRows();
  std::vector<v1::Event> events = Events(500);
  for (size_t i = 0; i < events.size(); i += 5) events[i] = NamedEvent("bad", "u");
  const auto results = Commit({StreamPiece(grant_, 1, events)});
  EXPECT_TRUE(results[0].status.ok()) << results[0].status;
  EXPECT_EQ(results[0].rejections.size(), 100u);
  EXPECT_EQ(sink_.stored().size(), 400u);
}

TEST_F(GroupCommitterTest, DeadLettersInUnaryPiecesToo) {
  sink_.RefuseName("bad");
  const auto results =
      Commit({UnaryPiece({NamedEvent("a", "u"), NamedEvent("bad", "u"), NamedEvent("b", "u")})});
  ASSERT_EQ(results[0].rejections.size(), 1u);
  EXPECT_EQ(results[0].rejections[0].sequence(), 1);
  EXPECT_EQ(results[0].stored_count, 2);
}

TEST_F(GroupCommitterTest, DeadLettersNoGoodEventHoweverManyAreBad) {
  sink_.RefuseName("bad");
  std::vector<v1::Event> events = Events(2'000);
  for (size_t i = 0; i < events.size(); i += 10) events[i] = NamedEvent("bad", "u");
  const auto results = Commit({StreamPiece(grant_, 1, events)});
  EXPECT_TRUE(results[0].status.ok()) << results[0].status;
  EXPECT_EQ(results[0].rejections.size(), 200u);
  EXPECT_EQ(results[0].rejections[1].sequence(), 11);
  EXPECT_EQ(results[0].stored_count, 1'800);
  EXPECT_EQ(sink_.stored().size(), 1'800u);
}

TEST_F(GroupCommitterTest, StopsTakingRowsApartAfterATimeAndGoesOnFromThere) {
  sink_.RefuseName("bad");
  commit_takes_ = absl::Seconds(1);
  limits_.max_isolation = absl::Seconds(20);
  const std::vector<v1::Event> events(100, NamedEvent("bad", "u"));
  const StagedPiece piece = StreamPiece(grant_, 1, events);
  const absl::Time start = clock_.Now();
  PieceResult result = Commit({piece})[0];
  EXPECT_THAT(result.status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("too long; send again")));
  EXPECT_LT(clock_.Now() - start, absl::Seconds(25));
  int times = 1;
  for (; !result.status.ok() && times < 100; ++times) result = Commit({piece})[0];
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_GT(times, 2);
  EXPECT_EQ(sink_.stored().size(), 0u);
  EXPECT_EQ(Commit({StreamPiece(grant_, 101, Events(1))})[0].stored_count, 1);
}

TEST_F(GroupCommitterTest, TellsAUnaryCallerWhichPartWasTakenIn) {
  sink_.RefuseName("bad");
  std::vector<v1::Event> events = Events(8);
  events[7] = NamedEvent("bad", "u");
  // The whole, its left half, then no more.
  sink_.FailNext({Fault::kNone, Fault::kNone, Fault::kBroken});
  const absl::Status status = Commit({UnaryPiece(events)})[0].status;
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("before events[4] are taken in")));
  EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("nothing")));
  EXPECT_EQ(sink_.stored().size(), 4u);
}

TEST_F(GroupCommitterTest, KeepsWhatItStoredWhenTheDatabaseGoesAwayInTheMiddle) {
  sink_.RefuseName("bad");
  std::vector<v1::Event> events = Events(8);
  events[7] = NamedEvent("bad", "u");
  // The whole, its left half, then away for good.
  sink_.FailNext({Fault::kNone, Fault::kNone, Fault::kBroken});
  const auto results = Commit({StreamPiece(grant_, 1, events)});
  EXPECT_FALSE(results[0].status.ok());
  EXPECT_EQ(sink_.stored().size(), 4u);
  // The client sends all of it again.
  EXPECT_EQ(Commit({StreamPiece(grant_, 1, events)})[0].stored_count, 3);
  EXPECT_EQ(sink_.stored().size(), 7u);
}

}  // namespace
}  // namespace donut::collector
