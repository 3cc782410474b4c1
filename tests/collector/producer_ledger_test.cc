#include "collector/producer_ledger.h"

#include "gtest/gtest.h"

namespace donut::collector {
namespace {

ProducerRow Row(int64_t epoch, const std::string& token) {
  ProducerRow row;
  row.producer_no = 1;
  row.epoch = epoch;
  row.token = token;
  return row;
}

HelloClaim Claim(int64_t epoch, const std::string& token, std::vector<std::string> earlier = {},
                 bool durable = false) {
  HelloClaim claim;
  claim.epoch = epoch;
  claim.token = token;
  claim.earlier_tokens = std::move(earlier);
  claim.durable = durable;
  return claim;
}

TEST(HelloTest, MakesANewProducer) {
  EXPECT_EQ(JudgeHello(std::nullopt, Claim(0, "t1")), HelloVerdict::kCreate);
}

TEST(HelloTest, SaysWhenTheRowIsGone) {
  EXPECT_EQ(JudgeHello(std::nullopt, Claim(3, "t1")), HelloVerdict::kUnknownProducer);
  EXPECT_EQ(JudgeHello(std::nullopt, Claim(3, "t1", {}, true)), HelloVerdict::kUnknownProducer);
}

TEST(HelloTest, GrantsTheEpochThatWasPresented) {
  EXPECT_EQ(JudgeHello(Row(3, "t1"), Claim(3, "t2")), HelloVerdict::kGrant);
}

TEST(HelloTest, RecognisesALostGrantByAnEarlierToken) {
  EXPECT_EQ(JudgeHello(Row(4, "t2"), Claim(3, "t5", {"t2", "t3"})), HelloVerdict::kGrant);
  EXPECT_EQ(JudgeHello(Row(1, "t1"), Claim(0, "t2", {"t1"})), HelloVerdict::kGrant);
}

TEST(HelloTest, RepeatsAGrantWhoseCommitWasNotSeen) {
  EXPECT_EQ(JudgeHello(Row(4, "t2"), Claim(3, "t2")), HelloVerdict::kGrant);
}

TEST(HelloTest, RefusesAForeignEpoch) {
  EXPECT_EQ(JudgeHello(Row(4, "theirs"), Claim(3, "t2", {"t1"})), HelloVerdict::kForeignEpoch);
  EXPECT_EQ(JudgeHello(Row(1, "theirs"), Claim(0, "t2")), HelloVerdict::kForeignEpoch);
  EXPECT_EQ(JudgeHello(Row(4, "theirs"), Claim(5, "t2")), HelloVerdict::kForeignEpoch);
}

TEST(HelloTest, LetsANewProcessTakeItsDurableIdOver) {
  EXPECT_EQ(JudgeHello(Row(4, "before"), Claim(0, "t1", {}, true)), HelloVerdict::kGrant);
  EXPECT_EQ(JudgeHello(Row(4, "before"), Claim(3, "t1", {}, true)), HelloVerdict::kForeignEpoch);
}

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() { ledger_.Add(7, 2, "token", 10); }
  PieceVerdict Judge(int64_t epoch, int64_t first, int64_t last) {
    return ledger_.Judge(7, epoch, "token", first, last, from_);
  }

  ProducerLedger ledger_;
  int64_t from_ = 0;
};

TEST_F(LedgerTest, MovesOverTheNextNumbers) {
  EXPECT_EQ(Judge(2, 11, 15), PieceVerdict::kMoves);
  EXPECT_EQ(from_, 11);
  ASSERT_EQ(ledger_.MovedRows().size(), 1u);
  EXPECT_EQ(ledger_.MovedRows()[0].last_sequence, 15);
}

TEST_F(LedgerTest, PassesOverWhatIsCommitted) {
  EXPECT_EQ(Judge(2, 1, 10), PieceVerdict::kAlreadyCommitted);
  EXPECT_TRUE(ledger_.MovedRows().empty());
  EXPECT_EQ(Judge(2, 8, 12), PieceVerdict::kMoves);
  EXPECT_EQ(from_, 11);
}

TEST_F(LedgerTest, RefusesGapAfterCommitted) {
  EXPECT_EQ(Judge(2, 12, 12), PieceVerdict::kGap);
  EXPECT_TRUE(ledger_.MovedRows().empty());
}

TEST_F(LedgerTest, SeesEarlierPiecesOfItsOwnGroup) {
  EXPECT_EQ(Judge(2, 11, 12), PieceVerdict::kMoves);
  EXPECT_EQ(Judge(2, 13, 14), PieceVerdict::kMoves);
  EXPECT_EQ(Judge(2, 12, 14), PieceVerdict::kAlreadyCommitted);
  EXPECT_EQ(Judge(2, 16, 17), PieceVerdict::kGap);
  EXPECT_EQ(ledger_.MovedRows()[0].last_sequence, 14);
}

TEST_F(LedgerTest, ABookmarkKeepsItsNumberWhenTheLedgerMovesOn) {
  EXPECT_EQ(Judge(2, 11, 12), PieceVerdict::kMoves);
  EXPECT_FALSE(ledger_.MovedRows()[0].bookmark.has_value());
  ledger_.SetBookmark(7, "mark", 12);
  EXPECT_EQ(Judge(2, 13, 20), PieceVerdict::kMoves);
  EXPECT_EQ(ledger_.MovedRows()[0].bookmark, "mark");
  EXPECT_EQ(ledger_.MovedRows()[0].bookmark_sequence, 12);
  EXPECT_EQ(ledger_.MovedRows()[0].last_sequence, 20);
}

TEST_F(LedgerTest, FencesOlderEpochsEvenForCommittedNumbers) {
  EXPECT_EQ(Judge(1, 11, 11), PieceVerdict::kFenced);
  EXPECT_EQ(Judge(1, 1, 2), PieceVerdict::kFenced);
  EXPECT_EQ(Judge(1, 0, -1), PieceVerdict::kFenced);
}

TEST_F(LedgerTest, KnowsNoProducerWithoutItsRow) {
  EXPECT_EQ(ledger_.Judge(8, 1, "token", 1, 1, from_), PieceVerdict::kUnknownProducer);
  // A database restored from before the epoch was granted.
  EXPECT_EQ(Judge(3, 11, 11), PieceVerdict::kUnknownProducer);
  // The same, and another producer was given number and epoch since.
  EXPECT_EQ(ledger_.Judge(7, 2, "other", 11, 11, from_), PieceVerdict::kUnknownProducer);
  EXPECT_EQ(ledger_.Judge(7, 2, "other", 1, 2, from_), PieceVerdict::kUnknownProducer);
  EXPECT_EQ(ledger_.LastSequence(7, "other"), std::nullopt);
}

TEST_F(LedgerTest, WritesCloseWithoutNumbers) {
  EXPECT_EQ(Judge(2, 0, -1), PieceVerdict::kMoves);
  EXPECT_TRUE(ledger_.MovedRows().empty());
  ledger_.SetClosed(7);
  ASSERT_EQ(ledger_.MovedRows().size(), 1u);
  EXPECT_TRUE(ledger_.MovedRows()[0].closed);
  EXPECT_EQ(ledger_.MovedRows()[0].last_sequence, 10);
}

TEST_F(LedgerTest, ClosesNothingOfWhichAPartIsMissing) {
  EXPECT_EQ(Judge(2, 12, 11), PieceVerdict::kGap);
  EXPECT_EQ(Judge(2, 11, 10), PieceVerdict::kMoves);
}

TEST_F(LedgerTest, GivesOwnNumbersWithoutHoles) {
  EXPECT_EQ(ledger_.TakeNumbers(7, 2), 11);
  EXPECT_EQ(ledger_.TakeNumbers(7, 1), 13);
  EXPECT_EQ(ledger_.TakeNumbers(8, 1), std::nullopt);
  EXPECT_EQ(ledger_.LastSequence(7, "token"), 13);
}

}  // namespace
}  // namespace donut::collector
