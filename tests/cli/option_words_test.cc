#include "cli/option_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::cli {
namespace {

using ::testing::HasSubstr;

TEST(OptionWordsTest, AWordThatIsNotKnownNamesThoseThatAre) {
  const Words<int> words = {{"one", 1}, {"two", 2}};
  EXPECT_EQ(*ValueOfWord("--count", "two", words, 0), 2);
  EXPECT_EQ(*ValueOfWord("--count", "", words, 0), 0);
  EXPECT_EQ(ValueOfWord("--count", "Two", words, 0).status().message(),
            "--count: Two is not known: one of one, two");
}

TEST(OptionWordsTest, RangesIncludeBothEnds) {
  const auto ranges = ParseRanges("--offsets", "1-3, 7,10-10");
  ASSERT_TRUE(ranges.ok());
  ASSERT_EQ(ranges->size(), 3);
  EXPECT_EQ((*ranges)[0].first, 1);
  EXPECT_EQ((*ranges)[0].last, 3);
  EXPECT_EQ((*ranges)[1].first, 7);
  EXPECT_EQ((*ranges)[1].last, 7);
}

TEST(OptionWordsTest, WhatIsNoRangeNamesItsOption) {
  for (const char* text : {"", "0", "-1", "1-", "3-1", "1--2", "1,,2", "x", "1-2-3", "99999999999", "+1"}) {
    EXPECT_THAT(std::string(ParseRanges("--offsets", text).status().message()), HasSubstr("--offsets: "))
        << text;
  }
}

}  // namespace
}  // namespace donut::cli
