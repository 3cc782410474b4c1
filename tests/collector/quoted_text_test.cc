#include "collector/quoted_text.h"

#include "common/utf8.h"
#include "gtest/gtest.h"

namespace donut::collector {
namespace {

TEST(QuotedTextTest, IsCutAtCharactersAndStaysWellFormed) {
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

}  // namespace
}  // namespace donut::collector
