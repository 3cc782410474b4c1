#include "compactor/pack.h"

#include "tests/compactor/compactor_fixture.h"

namespace donut::compactor {
namespace {

using PackTest = CompactorFixture;

TEST_F(PackTest, FreshRowsBecomeBlocksOfTheSameEvents) {
  for (int i = 0; i < 5; ++i) Store(RandomEvents(200, {ThisMonth(), ThisMonth() - 1, ThisMonth() - 400}));
  ExpectHistoriesAreTheEvents("as stored");
  ASSERT_GT(Count("history_fresh"), 5);

  ASSERT_OK(PackAll(compactor_));

  EXPECT_EQ(Count("history_fresh"), 0);
  EXPECT_EQ(Count("history_blocks"), 6);
  ExpectHistoriesAreTheEvents("packed");
}

TEST_F(PackTest, LeavesWhatAnotherCompactorIsPacking) {
  Store(RandomEvents(50, {ThisMonth()}));
  pqxx::transaction<> other(database_.owner());
  other.exec("SELECT FROM history_fresh FOR UPDATE");
  const auto packed = PackFresh(compactor_, 1, ThisMonth());
  ASSERT_OK(packed);
  EXPECT_EQ(packed->rows, 0);
}

}  // namespace
}  // namespace donut::compactor
