#include "collector/known_texts.h"

#include "gtest/gtest.h"

namespace donut::collector {
namespace {

TEST(KnownTextsTest, KnowsAKeyWithItsText) {
  KnownTexts users("user", 100);
  EXPECT_FALSE(users.Contains(1, 7, "ada"));
  users.Add(1, 7, "ada");
  EXPECT_TRUE(users.Contains(1, 7, "ada"));
  EXPECT_FALSE(users.Contains(1, 7, "another text with the same id"));
  EXPECT_FALSE(users.Contains(2, 7, "ada"));
}

TEST(KnownTextsTest, ForgetsTheOldestGenerationOnly) {
  KnownTexts users("user", 100);
  for (int i = 0; i < 1'000; ++i) users.Add(1, i, "u");
  EXPECT_FALSE(users.Contains(1, 0, "u"));
  EXPECT_TRUE(users.Contains(1, 999, "u"));
  int known = 0;
  for (int i = 0; i < 1'000; ++i) known += users.Contains(1, i, "u") ? 1 : 0;
  EXPECT_LE(known, 102);
  EXPECT_GE(known, 50);
}

TEST(KnownTextsTest, CountsWhatItIsAsked) {
  KnownTexts users("user", 10);
  users.Add(1, 2, "ada");
  users.Contains(1, 2, "ada");
  users.Contains(1, 2, "bob");
  users.Contains(1, 3, "bob");
  MetricPage page;
  users.AddMetrics(page);
  EXPECT_EQ(page.Find("donut_collector_known_users_lookups_total", {{"result", "hit"}}), 1);
  EXPECT_EQ(page.Find("donut_collector_known_users_lookups_total", {{"result", "miss"}}), 2);
  EXPECT_EQ(page.Find("donut_collector_known_users"), 1);
  KnownTexts("session", 10).AddMetrics(page);
  EXPECT_EQ(page.Find("donut_collector_known_sessions"), 0);
}

}  // namespace
}  // namespace donut::collector
