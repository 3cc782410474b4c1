#include "compactor/merge_slices.h"

#include "tests/compactor/compactor_fixture.h"

namespace donut::compactor {
namespace {

using ::donut::testing::StatusIs;

class MergeSlicesTest : public CompactorFixture {
 protected:
  // Slices of one project's month.
  std::vector<Slice> SlicesOf(int project_id, int month) {
    std::vector<Slice> slices;
    pqxx::nontransaction transaction(database_.owner());
    for (const pqxx::row& row :
         transaction.exec(absl::StrCat("SELECT slice_id, max(level), sum(event_count), count(*) FROM "
                                       "history_blocks WHERE project_id = ",
                                       project_id, " AND month = ", month, " GROUP BY 1"))) {
      slices.push_back({row[0].as<std::string>(), row[1].as<int>(), row[2].as<int64_t>(),
                        row[3].as<int64_t>(), 0, absl::ZeroDuration()});
    }
    return slices;
  }

  void StoreSlices(int count) {
    for (int i = 0; i < count; ++i) {
      Store(RandomEvents(150, {ThisMonth()}));
      ASSERT_OK(PackAll(compactor_));
    }
  }
};

TEST_F(MergeSlicesTest, MakesOneSliceOfTheSameEvents) {
  StoreSlices(4);
  const std::vector<Slice> slices = SlicesOf(1, ThisMonth());
  ASSERT_EQ(slices.size(), 4u);
  const auto written = MergeSlices(compactor_, 1, ThisMonth(), slices, {});
  ASSERT_OK(written);
  EXPECT_EQ(written->blocks, 1);
  EXPECT_EQ(SlicesOf(1, ThisMonth()).size(), 1u);
  EXPECT_EQ(SlicesOf(2, ThisMonth()).size(), 4u) << "another project's are left alone";
  ExpectHistoriesAreTheEvents();
}

// So little memory that each range has one user, and each portion one block.
TEST_F(MergeSlicesTest, GoesByRangesOfUsersAndPortionsWhereMemoryIsShort) {
  StoreSlices(5);
  const auto written =
      MergeSlices(compactor_, 1, ThisMonth(), SlicesOf(1, ThisMonth()), {}, /*max_memory=*/1);
  ASSERT_OK(written);
  EXPECT_GE(written->blocks, 5);
  EXPECT_EQ(SlicesOf(1, ThisMonth()).size(), 1u);
  ExpectHistoriesAreTheEvents();
  ASSERT_OK(MergeSlices(compactor_, 1, ThisMonth(), SlicesOf(1, ThisMonth()), {}));
  EXPECT_EQ(Count("history_blocks WHERE project_id = 1"), 1);
  ExpectHistoriesAreTheEvents("in one again");
}

TEST_F(MergeSlicesTest, GivesWayWhereAnotherWasFaster) {
  StoreSlices(3);
  const std::vector<Slice> slices = SlicesOf(1, ThisMonth());
  ASSERT_OK(MergeSlices(compactor_, 1, ThisMonth(), slices, {}));
  EXPECT_THAT(MergeSlices(compactor_, 1, ThisMonth(), slices, {}), StatusIs(absl::StatusCode::kAborted));
  ExpectHistoriesAreTheEvents();
}

TEST_F(MergeSlicesTest, StopsBetweenRanges) {
  StoreSlices(2);
  EXPECT_THAT(MergeSlices(compactor_, 1, ThisMonth(), SlicesOf(1, ThisMonth()), [] { return true; }),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(SlicesOf(1, ThisMonth()).size(), 2u);
  ExpectHistoriesAreTheEvents();
}

// Found when it is read: SQL answers from then on, until the partition is rebuilt out of its events.
TEST_F(MergeSlicesTest, ADamagedColumnMarksThePartitionWhichIsRebuilt) {
  StoreSlices(2);
  for (const std::string damage :
       {"UPDATE history_columns SET body = set_byte(body, 9, get_byte(body, 9) # 1) WHERE column_no = 3",
        "DELETE FROM history_columns WHERE column_no = 4",
        "UPDATE history_blocks SET event_count = event_count + 1"}) {
    pqxx::nontransaction(database_.owner()).exec(damage);
    EXPECT_THAT(MergeSlices(compactor_, 1, ThisMonth(), SlicesOf(1, ThisMonth()), {}),
                StatusIs(absl::StatusCode::kDataLoss))
        << damage;
    EXPECT_NE(PartitionsBySql(), "") << damage;
    ASSERT_OK(PackAll(compactor_));
    EXPECT_EQ(PartitionsBySql(), "") << damage;
    ExpectHistoriesAreTheEvents(damage);
  }
}

}  // namespace
}  // namespace donut::compactor
