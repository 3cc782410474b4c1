#include "query_service/metrics/summary/summary_fold.h"

#include "gtest/gtest.h"
#include "tests/query_service/made_actor.h"

namespace donut::testing {
namespace {

TEST(SummaryFoldTest, CountsTheEventsOfAllActorsOfAllFolds) {
  query::SummaryFold one;
  one.Add(MadeActor({{1, 0}, {2, 1}, {2, 1}}).events());
  one.Add(MadeActor({{7, 0}}).events());
  query::SummaryFold other;
  other.Add(MadeActor({{3, 1}, {4, 1}}).events());
  one.Merge(other);
  EXPECT_EQ(one.event_count(), 6);
}

}  // namespace
}  // namespace donut::testing
