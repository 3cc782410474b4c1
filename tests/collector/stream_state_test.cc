#include "collector/stream_state.h"

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

constexpr StagedSize kPiece{.bytes = 100};

v1::Hello SomeHello() {
  v1::Hello hello;
  hello.set_producer_id(std::string(16, 'p'));
  hello.set_token(std::string(16, 't'));
  return hello;
}

PieceResult Moved(std::vector<int64_t> rejected = {}) {
  PieceResult result;
  for (const int64_t sequence : rejected) {
    result.rejections.emplace_back().set_sequence(sequence);
    result.rejections.back().set_detail(std::string(50, 'd'));
  }
  return result;
}

PieceResult Verdict(PieceVerdict verdict) {
  PieceResult result;
  result.verdict = verdict;
  return result;
}

class StreamStateTest : public ::testing::Test {
 protected:
  StreamStateTest() : state_(1, Limits()) {}
  static StreamLimits Limits() {
    StreamLimits limits;
    limits.max_staged_bytes = 3 * kPiece.bytes;
    limits.max_unsent_bytes = 1'000;
    limits.max_rejections = 3;
    return limits;
  }
  void Open(int64_t committed = 0) {
    ASSERT_TRUE(state_.OnHello(SomeHello()).ok());
    HelloAnswer answer;
    answer.verdict = HelloVerdict::kGrant;
    answer.epoch = 4;
    answer.committed_sequence = committed;
    answer.bookmark = "mark";
    answer.bookmark_sequence = 3;
    state_.OnGrant(answer);
    const auto welcome = state_.NextResponse();
    ASSERT_TRUE(welcome.has_value());
    EXPECT_EQ(welcome->welcome().epoch(), 4);
    EXPECT_EQ(welcome->welcome().committed_sequence(), committed);
    EXPECT_EQ(welcome->welcome().bookmark(), "mark");
    EXPECT_EQ(welcome->welcome().bookmark_sequence(), 3);
  }
  void Stage(int64_t first, int64_t last) {
    const auto from = state_.OnNumbers(first, last, "batch.first_sequence");
    ASSERT_TRUE(from.ok()) << from.status();
    state_.OnStaged(kPiece);
  }
  absl::StatusCode FinalCode() {
    const auto status = state_.FinalStatus();
    return status ? status->code() : absl::StatusCode::kUnknown;
  }
  int64_t NextCommitted() {
    const auto response = state_.NextResponse();
    return response && response->has_committed() ? response->committed().sequence() : -1;
  }

  StreamState state_;
};

TEST_F(StreamStateTest, WantsHelloFirst) {
  EXPECT_TRUE(state_.WantsRead());
  EXPECT_THAT(state_.OnNumbers(1, 1, "f"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hello: must be the first")));
  EXPECT_THAT(state_.OnClose(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hello")));
}

TEST_F(StreamStateTest, ReadsNothingUntilTheGrantAndRefusesASecondHello) {
  ASSERT_TRUE(state_.OnHello(SomeHello()).ok());
  EXPECT_FALSE(state_.WantsRead());
  EXPECT_THAT(state_.OnHello(SomeHello()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("twice")));
}

TEST_F(StreamStateTest, WantsNoGrantOnceItIsEnding) {
  ASSERT_TRUE(state_.OnHello(SomeHello()).ok());
  EXPECT_TRUE(state_.wants_grant());
  state_.Drain(absl::Seconds(1));
  EXPECT_FALSE(state_.wants_grant());
}

TEST_F(StreamStateTest, TakesNumbersInOrderAndRefusesGaps) {
  Open(10);
  EXPECT_EQ(*state_.OnNumbers(11, 15, "f"), 11);
  EXPECT_EQ(*state_.OnNumbers(14, 17, "f"), 16);
  EXPECT_THAT(state_.OnNumbers(19, 20, "batch.first_sequence"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("batch.first_sequence: is 19, a gap: the next number is 18")));
}

TEST_F(StreamStateTest, AcknowledgesCommittedNumbersAgain) {
  Open(10);
  EXPECT_EQ(*state_.OnNumbers(3, 9, "f"), 10);
  EXPECT_EQ(NextCommitted(), 10);
  EXPECT_FALSE(state_.NextResponse().has_value());
}

TEST_F(StreamStateTest, DoesNotAcknowledgeStagedNumbersThatCameTwice) {
  Open(10);
  Stage(11, 15);
  EXPECT_EQ(*state_.OnNumbers(11, 15, "f"), 16);
  EXPECT_FALSE(state_.NextResponse().has_value());
}

TEST_F(StreamStateTest, AcknowledgesSeveralPiecesByOneAnswer) {
  Open();
  Stage(1, 2);
  Stage(3, 4);
  state_.OnResult(kPiece, 2, false, Moved({1}));
  state_.OnResult(kPiece, 4, false, Moved({3}));
  const auto response = state_.NextResponse();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->committed().sequence(), 4);
  EXPECT_EQ(response->committed().rejections_size(), 2);
  EXPECT_FALSE(state_.NextResponse().has_value());
}

TEST_F(StreamStateTest, SpreadsManyRejectionsOverSeveralAnswers) {
  Open();
  Stage(1, 9);
  state_.OnResult(kPiece, 9, false, Moved({1, 2, 4, 6}));
  auto response = state_.NextResponse();
  EXPECT_EQ(response->committed().sequence(), 4);
  EXPECT_EQ(response->committed().rejections_size(), 3);
  response = state_.NextResponse();
  EXPECT_EQ(response->committed().sequence(), 9);
  EXPECT_EQ(response->committed().rejections_size(), 1);
  EXPECT_FALSE(state_.NextResponse().has_value());
}

TEST_F(StreamStateTest, StopsReadingWhenTooMuchIsStaged) {
  Open();
  Stage(1, 1);
  Stage(2, 2);
  EXPECT_TRUE(state_.WantsRead());
  Stage(3, 3);
  EXPECT_FALSE(state_.WantsRead());
  state_.OnResult(kPiece, 1, false, Moved());
  EXPECT_TRUE(state_.WantsRead());
}

TEST_F(StreamStateTest, StopsReadingWhenTheClientTakesNoAnswers) {
  Open();
  for (int64_t n = 1; state_.WantsRead(); ++n) {
    ASSERT_LT(n, 100);
    Stage(n, n);
    state_.OnResult(kPiece, n, false, Moved({n}));
  }
  while (state_.NextResponse()) continue;
  EXPECT_TRUE(state_.WantsRead());
}

TEST_F(StreamStateTest, StopsReadingWhenTheRejectionsThatAreStagedAreTooMany) {
  Open();
  const StagedSize all_bad{.bytes = 1, .rejection_bytes = 600};
  EXPECT_TRUE(state_.WantsRead());
  state_.OnStaged(all_bad);
  EXPECT_TRUE(state_.WantsRead());
  state_.OnStaged(all_bad);
  EXPECT_FALSE(state_.WantsRead());
  state_.OnResult(all_bad, 1, false, Moved());
  EXPECT_TRUE(state_.WantsRead());
}

TEST_F(StreamStateTest, HoldsNothingForAClientThatWasGivenUp) {
  Open();
  Stage(1, 9);
  state_.OnResult(kPiece, 9, false, Moved({1, 2, 4, 6}));
  EXPECT_GT(state_.unsent_bytes(), 0u);
  state_.DropAnswers();
  EXPECT_EQ(state_.unsent_bytes(), 0u);
  EXPECT_FALSE(state_.NextResponse().has_value());
}

TEST_F(StreamStateTest, ClosesAfterTheLastCommit) {
  Open();
  Stage(1, 2);
  ASSERT_TRUE(state_.OnClose().ok());
  state_.OnStaged(kPiece);
  EXPECT_THAT(state_.OnNumbers(3, 3, "f"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("close")));
  state_.OnHalfClose();
  state_.OnResult(kPiece, 2, false, Moved());
  EXPECT_FALSE(state_.FinalStatus().has_value());
  state_.OnResult(kPiece, -1, true, Moved());
  EXPECT_EQ(NextCommitted(), 2);
  EXPECT_EQ(FinalCode(), absl::StatusCode::kOk);
}

TEST_F(StreamStateTest, CommitsAndAcknowledgesBeforeItEndsInError) {
  Open();
  Stage(1, 2);
  state_.OnHalfClose();
  EXPECT_FALSE(state_.WantsRead());
  EXPECT_FALSE(state_.FinalStatus().has_value());
  state_.OnResult(kPiece, 2, false, Moved());
  EXPECT_FALSE(state_.FinalStatus().has_value());
  EXPECT_EQ(NextCommitted(), 2);
  EXPECT_EQ(FinalCode(), absl::StatusCode::kInvalidArgument);
}

TEST_F(StreamStateTest, EndsAtOnceWhenFencedAndSaysSo) {
  Open();
  Stage(1, 1);
  Stage(2, 2);
  state_.OnResult(kPiece, 1, false, Verdict(PieceVerdict::kFenced));
  EXPECT_EQ(state_.NextResponse()->refused().reason(), v1::REFUSAL_REASON_FENCED);
  EXPECT_EQ(FinalCode(), absl::StatusCode::kAborted);
  state_.OnResult(kPiece, 2, false, Verdict(PieceVerdict::kFenced));
  EXPECT_FALSE(state_.NextResponse().has_value());
}

TEST_F(StreamStateTest, AcknowledgesNothingAfterAPieceThatFailed) {
  Open();
  Stage(1, 1);
  Stage(2, 2);
  PieceResult failed;
  failed.status = absl::UnavailableError("away");
  state_.OnResult(kPiece, 1, false, failed);
  state_.OnResult(kPiece, 2, false, Moved());
  EXPECT_FALSE(state_.NextResponse().has_value());
  EXPECT_EQ(FinalCode(), absl::StatusCode::kUnavailable);
}

TEST_F(StreamStateTest, PassesRefusedHellosOn) {
  ASSERT_TRUE(state_.OnHello(SomeHello()).ok());
  HelloAnswer answer;
  answer.verdict = HelloVerdict::kForeignEpoch;
  state_.OnGrant(answer);
  EXPECT_EQ(state_.NextResponse()->refused().reason(), v1::REFUSAL_REASON_FOREIGN_EPOCH);
  EXPECT_EQ(FinalCode(), absl::StatusCode::kAborted);
}

TEST_F(StreamStateTest, DrainsByCommittingWhatItHas) {
  Open();
  Stage(1, 3);
  state_.Drain(absl::Seconds(2));
  EXPECT_FALSE(state_.WantsRead());
  EXPECT_EQ(state_.NextResponse()->draining().retry_after().seconds(), 2);
  EXPECT_FALSE(state_.FinalStatus().has_value());
  state_.OnResult(kPiece, 3, false, Moved());
  EXPECT_EQ(NextCommitted(), 3);
  EXPECT_EQ(FinalCode(), absl::StatusCode::kUnavailable);
}

TEST_F(StreamStateTest, DrainLeavesAnOrderlyCloseAlone) {
  Open();
  ASSERT_TRUE(state_.OnClose().ok());
  state_.OnStaged(kPiece);
  state_.Drain(absl::Seconds(2));
  state_.OnResult(kPiece, -1, true, Moved());
  EXPECT_EQ(NextCommitted(), 0);
  EXPECT_EQ(FinalCode(), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace donut::collector
