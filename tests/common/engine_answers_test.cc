#include "common/engine_answers.h"

#include "donut/analytics/v1/query.pb.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

v1::GetActiveUsersResponse AnswerBy(v1::Engine engine) {
  v1::GetActiveUsersResponse answer;
  answer.mutable_scope()->set_engine(engine);
  for (int i = 0; i < 3; ++i) answer.add_buckets()->set_active_count(i);
  return answer;
}

TEST(EngineAnswersTest, AreTheSameWhoeverAnswered) {
  v1::GetActiveUsersResponse by_history = AnswerBy(v1::ENGINE_HISTORY);
  by_history.mutable_scope()->set_unpacked_event_count(7);
  EXPECT_EQ(FirstDifference(AnswerBy(v1::ENGINE_SQL), by_history), "");
}

TEST(EngineAnswersTest, DifferInANamedPlaceWithoutItsValue) {
  v1::GetActiveUsersResponse by_history = AnswerBy(v1::ENGINE_HISTORY);
  by_history.mutable_buckets(2)->set_active_count(12'345);
  EXPECT_EQ(FirstDifference(AnswerBy(v1::ENGINE_SQL), by_history), "buckets[2].active_count");
  v1::GetActiveUsersResponse longer = AnswerBy(v1::ENGINE_HISTORY);
  longer.add_buckets();
  EXPECT_EQ(FirstDifference(AnswerBy(v1::ENGINE_SQL), longer), "buckets[3]");
}

TEST(EngineAnswersTest, DifferInTheLastBitOfANumber) {
  v1::GetActiveUsersResponse by_sql = AnswerBy(v1::ENGINE_SQL);
  v1::GetActiveUsersResponse by_history = AnswerBy(v1::ENGINE_HISTORY);
  by_sql.mutable_buckets(0)->mutable_stickiness()->set_low(0.0);
  by_history.mutable_buckets(0)->mutable_stickiness()->set_low(-0.0);
  EXPECT_NE(FirstDifference(by_sql, by_history), "");
}

TEST(EngineAnswersTest, SayWhetherHistoriesHadAPart) {
  EXPECT_TRUE(HasAnswerOfHistories(AnswerBy(v1::ENGINE_HISTORY)));
  EXPECT_FALSE(HasAnswerOfHistories(AnswerBy(v1::ENGINE_SQL)));
  EXPECT_FALSE(HasAnswerOfHistories(v1::ListEventNamesResponse()));
  v1::GetSummaryResponse summary;
  *summary.mutable_active_users() = AnswerBy(v1::ENGINE_HISTORY);
  EXPECT_TRUE(HasAnswerOfHistories(summary));
}

TEST(EngineAnswersTest, EveryScopeOfAQuestionNamesTheEngine) {
  v1::GetActiveUsersRequest plain;
  SetEngine(v1::ENGINE_SQL, plain);
  EXPECT_EQ(plain.scope().engine(), v1::ENGINE_SQL);
  v1::ListFunnelActorsRequest nested;
  nested.mutable_funnel();
  SetEngine(v1::ENGINE_HISTORY, nested);
  EXPECT_EQ(nested.funnel().scope().engine(), v1::ENGINE_HISTORY);
}

}  // namespace
}  // namespace donut
