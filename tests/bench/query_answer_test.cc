#include "bench/query_answer.h"

#include "gtest/gtest.h"

namespace donut::bench {
namespace {

QueryAnswer Answer(int64_t active, int64_t uses) {
  QueryAnswer answer;
  answer.Set("2024-06-01", "active", active);
  answer.Set("2024-06-01", "uses", uses);
  return answer;
}

TEST(QueryAnswerTest, SaysWhichNumberDiffers) {
  EXPECT_EQ(Answer(3, 4).DifferenceFrom(Answer(3, 4)), "");
  EXPECT_EQ(Answer(3, 4).DifferenceFrom(Answer(3, 5)), "uses of 2024-06-01 is 4 and 5");
}

TEST(QueryAnswerTest, TakesARowThatIsNotThereForZeros) {
  QueryAnswer more = Answer(3, 4);
  more.Set("2024-06-02", "active", 0);
  EXPECT_EQ(more.DifferenceFrom(Answer(3, 4)), "");
  EXPECT_EQ(Answer(3, 4).DifferenceFrom(more), "");
  more.Set("2024-06-03", "active", 1);
  EXPECT_EQ(more.DifferenceFrom(Answer(3, 4)), "active of 2024-06-03 is 1 and 0");
  EXPECT_EQ(Answer(3, 4).DifferenceFrom(more), "active of 2024-06-03 is 0 and 1");
}

TEST(QueryAnswerTest, ComparesOnlyItsOwnColumns) {
  QueryAnswer less;
  less.Set("2024-06-01", "active", 3);
  EXPECT_EQ(less.DifferenceFrom(Answer(3, 4)), "");
  EXPECT_EQ(Answer(3, 4).DifferenceFrom(less), "there is no uses");
}

TEST(QueryAnswerTest, IsNotTheSameAsAnythingWhenEmpty) {
  EXPECT_EQ(QueryAnswer().DifferenceFrom(Answer(3, 4)), "nothing was answered");
}

TEST(QueryAnswerTest, JoinsTheColumnsOfStatements) {
  QueryAnswer answer;
  answer.Set("2024-06-01", "active", 3);
  answer.Set("2024-06-02", "active", 5);
  QueryAnswer other;
  other.Set("2024-06-01", "new", 1);
  answer.Add(other);
  EXPECT_EQ(answer.Sums(), "active 8, new 1");
}

}  // namespace
}  // namespace donut::bench
