#include "collector/text_rules.h"

#include "gtest/gtest.h"

namespace donut::collector {
namespace {

TEST(TextRulesTest, KnowsWellFormedUtf8) {
  for (const char* good : {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC", "\xF0\x9F\x8D\xA9",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "12345678\xFF"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

TEST(TextRulesTest, QuotesCutAtCharactersAndStayWellFormed) {
  EXPECT_EQ(Quoted("plan"), "\"plan\"");
  EXPECT_EQ(Quoted("a\nb\x01\"c"), "\"a?b??c\"");
  EXPECT_EQ(Quoted("\xFF"), "\"?\"");
  std::string euros;
  for (int i = 0; i < 30; ++i) euros += "\xE2\x82\xAC";
  const std::string quoted = Quoted(euros);
  EXPECT_LT(quoted.size(), 50u);
  EXPECT_TRUE(IsUtf8(quoted));
  EXPECT_EQ(quoted.substr(quoted.size() - 4), "...\"");
}

TEST(TextRulesTest, CleansAndCutsForeignText) {
  EXPECT_EQ(CleanText(std::string("a\0b\xFF", 4), 100), "a?b?");
  EXPECT_EQ(CleanText("\xE2\x82\xAC\xE2\x82\xAC", 5), "\xE2\x82\xAC");
}

}  // namespace
}  // namespace donut::collector
