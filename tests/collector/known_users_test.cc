#include "collector/known_users.h"

#include "gtest/gtest.h"

namespace donut::collector {
namespace {

TEST(KnownUsersTest, KnowsAUserByIdAndText) {
  KnownUsers users(100);
  EXPECT_FALSE(users.Contains(1, 7, "ada"));
  users.Add(1, 7, "ada");
  EXPECT_TRUE(users.Contains(1, 7, "ada"));
  EXPECT_FALSE(users.Contains(1, 7, "another text with the same id"));
  EXPECT_FALSE(users.Contains(2, 7, "ada"));
}

TEST(KnownUsersTest, ForgetsTheOldestGenerationOnly) {
  KnownUsers users(100);
  for (int i = 0; i < 1'000; ++i) users.Add(1, i, "u");
  EXPECT_FALSE(users.Contains(1, 0, "u"));
  EXPECT_TRUE(users.Contains(1, 999, "u"));
  int known = 0;
  for (int i = 0; i < 1'000; ++i) known += users.Contains(1, i, "u") ? 1 : 0;
  EXPECT_LE(known, 102);
  EXPECT_GE(known, 50);
}

}  // namespace
}  // namespace donut::collector
