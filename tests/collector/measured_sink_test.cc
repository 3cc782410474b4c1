#include "collector/measured_sink.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/collector/fake_event_sink.h"
#include "tests/support/fake_clock.h"

namespace donut::collector {
namespace {

using testing::Fault;
using testing::NamedEvent;

// A sink of the test whose commits take as long as it says.
class ClockedSink : public EventSink {
 public:
  ClockedSink(testing::FakeEventSink* sink, testing::FakeClock* clock) : sink_(sink), clock_(clock) {}
  absl::StatusOr<HelloAnswer> Grant(const HelloClaim& claim) override { return sink_->Grant(claim); }
  absl::Status Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) override {
    clock_->Advance(absl::Milliseconds(250));
    return sink_->Commit(spans, outcome);
  }

 private:
  testing::FakeEventSink* const sink_;
  testing::FakeClock* const clock_;
};

class MeasuredSinkTest : public ::testing::Test {
 protected:
  absl::Status Commit(const StagedPiece& piece) {
    std::vector<PieceSpan> spans(1);
    spans[0].piece = &piece;
    spans[0].first = piece.first;
    spans[0].last = piece.last;
    postgres::Outcome outcome = postgres::Outcome::kRolledBack;
    return measured_.Commit(spans, outcome);
  }
  int64_t Failures(CommitFailure kind) const {
    return metrics_.commit_failures.value(static_cast<int>(kind));
  }

  testing::FakeEventSink sink_;
  testing::FakeClock clock_;
  CollectorMetrics metrics_;
  MeasuredSink measured_{std::make_unique<ClockedSink>(&sink_, &clock_), &metrics_, &clock_};
};

TEST_F(MeasuredSinkTest, MeasuresCommitsAndTheirEvents) {
  ASSERT_TRUE(Commit(testing::UnaryPiece({NamedEvent("a", "u"), NamedEvent("b", "u")})).ok());
  ASSERT_TRUE(Commit(testing::UnaryPiece({NamedEvent("c", "u")})).ok());
  EXPECT_EQ(metrics_.commit.Read().count, 2);
  EXPECT_EQ(metrics_.commit.Read().sum, 0.5);
  EXPECT_EQ(metrics_.group_events.Read().count, 2);
  EXPECT_EQ(metrics_.group_events.Read().sum, 3);
  EXPECT_EQ(sink_.stored().size(), 3u);
}

TEST_F(MeasuredSinkTest, CountsFailuresByKindAndMeasuresThemNot) {
  const StagedPiece piece = testing::UnaryPiece({NamedEvent("a", "u")});
  sink_.FailNext(
      {Fault::kAway, Fault::kConflict, Fault::kConflict, Fault::kBroken, Fault::kUnknownRolledBack});
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Commit(piece).ok());
  sink_.RefuseName("a");
  EXPECT_FALSE(Commit(piece).ok());
  EXPECT_EQ(Failures(CommitFailure::kAway), 1);
  EXPECT_EQ(Failures(CommitFailure::kConflict), 2);
  EXPECT_EQ(Failures(CommitFailure::kOther), 1);
  EXPECT_EQ(Failures(CommitFailure::kInDoubt), 1);
  EXPECT_EQ(Failures(CommitFailure::kRefused), 1);
  EXPECT_EQ(metrics_.commit.Read().count, 0);
  EXPECT_EQ(metrics_.group_events.Read().count, 0);
}

TEST_F(MeasuredSinkTest, HandsHellosOn) {
  const auto answer = measured_.Grant(testing::Claim("p", 0, "t"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->epoch, 1);
}

TEST(EventsInTest, CountsNumbersThatCarryEvents) {
  StagedPiece piece;
  EXPECT_EQ(EventsIn(piece, 3, 5), 3);
  EXPECT_EQ(EventsIn(piece, 3, 2), 0) << "a Close";
  piece.skip_reason = v1::SKIP_REASON_EMPTY;
  EXPECT_EQ(EventsIn(piece, 3, 5), 0) << "a Skipped";
}

}  // namespace
}  // namespace donut::collector
