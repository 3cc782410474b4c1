#include "query_service/metrics/feature_usage/feature_usage_fold.h"

#include "gtest/gtest.h"
#include "tests/query_service/made_actor.h"

namespace donut::testing {
namespace {

using query::FeatureUsageFold;

TEST(FeatureUsageFoldTest, CountsAnActorOncePerFeatureHoweverItsUsesAlternate) {
  FeatureUsageFold fold;
  fold.Add(MadeActor({{10, 1, {1}}, {20, 1, {2}}, {30, 1, {1}}, {40, 1, {1}}}).events());
  fold.Add(MadeActor({{5, 1, {2}}}).events());
  EXPECT_EQ(fold.active(), 2);
  ASSERT_GT(fold.features().size(), 2u);
  EXPECT_EQ(fold.features()[1].uses, 3);
  EXPECT_EQ(fold.features()[1].actors, 1);
  EXPECT_EQ(fold.features()[1].first_use_us, 10);
  EXPECT_EQ(fold.features()[1].last_use_us, 40);
  EXPECT_EQ(fold.features()[2].uses, 2);
  EXPECT_EQ(fold.features()[2].actors, 2);
  EXPECT_EQ(fold.features()[2].first_use_us, 5);
  EXPECT_EQ(fold.features()[2].last_use_us, 20);
}

TEST(FeatureUsageFoldTest, WhatIsNoUseMakesAnActorActiveAllTheSame) {
  FeatureUsageFold fold;
  fold.Add(MadeActor({{10, 0, {1}}, {20, 1, {0}}}).events());
  EXPECT_EQ(fold.active(), 1);
  for (size_t number = 1; number < fold.features().size(); ++number) {
    EXPECT_EQ(fold.features()[number].uses, 0) << number;
  }
}

TEST(FeatureUsageFoldTest, MergesFoldsThatKnowDifferentFeatures) {
  FeatureUsageFold one;
  one.Add(MadeActor({{10, 1, {1}}}).events());
  FeatureUsageFold other;
  other.Add(MadeActor({{4, 1, {1}}, {20, 1, {9}}}).events());
  one.Merge(other);
  EXPECT_EQ(one.active(), 2);
  ASSERT_GT(one.features().size(), 9u);
  EXPECT_EQ(one.features()[1].uses, 2);
  EXPECT_EQ(one.features()[1].actors, 2);
  EXPECT_EQ(one.features()[1].first_use_us, 4);
  EXPECT_EQ(one.features()[1].last_use_us, 10);
  EXPECT_EQ(one.features()[9].actors, 1);
  EXPECT_EQ(one.features()[9].first_use_us, 20);
}

}  // namespace
}  // namespace donut::testing
