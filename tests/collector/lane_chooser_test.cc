#include "collector/lane_chooser.h"

#include <optional>

#include "gtest/gtest.h"

namespace donut::collector {
namespace {

TEST(LaneChooserTest, SpreadsBusyProducersEvenly) {
  LaneChooser chooser(3);
  std::vector<LaneChooser::Pin> pins;
  std::vector<int> of_lane(3, 0);
  for (int i = 0; i < 12; ++i) {
    pins.push_back(chooser.Choose(1, std::to_string(i)));
    ++of_lane[pins.back().lane()];
  }
  EXPECT_EQ(of_lane, std::vector<int>(3, 4));
}

TEST(LaneChooserTest, KeepsAProducerInItsLaneWhileAnyOfItsWorkIsOpen) {
  LaneChooser chooser(2);
  const LaneChooser::Pin other = chooser.Choose(1, "other");
  std::optional<LaneChooser::Pin> first = chooser.Choose(1, "p");
  const size_t lane = first->lane();
  EXPECT_NE(lane, other.lane());
  std::optional<LaneChooser::Pin> second = chooser.Choose(1, "p");
  first.reset();
  const LaneChooser::Pin third = chooser.Choose(2, "p");  // of another project: another producer
  EXPECT_EQ(chooser.Choose(1, "p").lane(), lane);
  EXPECT_EQ(second->lane(), lane);
}

TEST(LaneChooserTest, ForgetsAProducerWithItsLastWork) {
  LaneChooser chooser(2);
  {
    const LaneChooser::Pin first = chooser.Choose(1, "a");
    EXPECT_EQ(first.lane(), 0u);
    LaneChooser::Pin moved = chooser.Choose(1, "b");
    const LaneChooser::Pin here = std::move(moved);
    EXPECT_EQ(here.lane(), 1u);
  }
  EXPECT_EQ(chooser.Choose(1, "b").lane(), 0u);
}

}  // namespace
}  // namespace donut::collector
