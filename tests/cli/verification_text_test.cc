#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/render/verification.h"

namespace donut::cli {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

VerifiedQuestion Verified(const std::string& title, Agreement agreement, const std::string& detail = "") {
  return {title, agreement, detail, absl::Seconds(10), absl::Milliseconds(28)};
}

TEST(VerificationTextTest, ShowsEachQuestionWithItsTimesAndAgreement) {
  VerifiedQuestion unanswered = {"retention", Agreement::kUnknown, "a partition is not packed"};
  unanswered.sql_time = absl::Seconds(5);
  const std::string text = VerificationText(
      {},
      {Verified("funnel", Agreement::kEqual),
       Verified("active users", Agreement::kDifferent, "buckets[3].active_count"), unanswered},
      {});
  EXPECT_THAT(text, AllOf(ContainsRegex("funnel +10\\.0 s +28 ms +equal"),
                          ContainsRegex("active users +10\\.0 s +28 ms +DIFFERENT"),
                          ContainsRegex("retention +5\\.0 s +- +unknown"),
                          HasSubstr("active users: differs in buckets[3].active_count"),
                          HasSubstr("retention: a partition is not packed"),
                          HasSubstr("1 answer equal to the last byte, 1 different, 1 unknown.")));
}

TEST(VerificationTextTest, SucceedsOnlyWhereSomethingWasFoundEqualAndNothingDifferent) {
  const VerifiedQuestion equal = Verified("a", Agreement::kEqual);
  const VerifiedQuestion different = Verified("b", Agreement::kDifferent);
  const VerifiedQuestion unknown = Verified("c", Agreement::kUnknown);
  EXPECT_EQ(ExitCodeOf({equal, equal}), kExitDone);
  EXPECT_EQ(ExitCodeOf({equal, unknown}), kExitDone);
  EXPECT_EQ(ExitCodeOf({equal, different}), kExitFailed);
  EXPECT_EQ(ExitCodeOf({unknown}), kExitFailed);
  EXPECT_EQ(ExitCodeOf({}), kExitFailed);
}

TEST(VerificationTextTest, SaysWhyHistoriesCannotAnswerWithoutTheFrame) {
  EXPECT_EQ(WhyNotByHistory(absl::FailedPreconditionError(
                "scope.engine: ENGINE_HISTORY cannot answer: this server reads no histories")),
            "this server reads no histories");
  EXPECT_EQ(WhyNotByHistory(absl::FailedPreconditionError(
                "scope.engine: ENGINE_HISTORY cannot answer: p is not packed; ENGINE_AUTO lets SQL answer "
                "meanwhile")),
            "p is not packed");
}

}  // namespace
}  // namespace donut::cli
