#include "cli/render/display_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

using ::testing::ElementsAre;

TEST(DisplayTextTest, CountsWideCharactersTwiceAndCombiningOnesNot) {
  EXPECT_EQ(DisplayWidth("plain"), 5);
  EXPECT_EQ(DisplayWidth("検索"), 4);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);  // e and a combining acute accent
  EXPECT_EQ(DisplayWidth("🍩"), 2);
  EXPECT_EQ(DisplayWidth("\xFF\xC3"), 2);  // not UTF-8: one column each
}

TEST(DisplayTextTest, CutsWithAnEllipsisAndNeverThroughACharacter) {
  EXPECT_EQ(CutToWidth("labeling", 8), "labeling");
  EXPECT_EQ(CutToWidth("labeling", 5), "labe…");
  EXPECT_EQ(CutToWidth("検索結果", 6), "検索…");  // a half of 結 would not fit
  EXPECT_EQ(DisplayWidth(CutToWidth("検索結果", 6)), 5);
  EXPECT_EQ(CutToWidth("labeling", 1), "…");
  EXPECT_EQ(CutToWidth("labeling", 0), "");
}

TEST(DisplayTextTest, PadsByColumnsNotBytes) {
  EXPECT_EQ(PadRight("検索", 6), "検索  ");
  EXPECT_EQ(PadLeft("é", 3), "  é");
  EXPECT_EQ(PadRight("検索結果", 6), "検索… ");
}

TEST(DisplayTextTest, ShowsInvisibleCharacters) {
  for (const char* invisible : {"\xE2\x80\x8B", "\xE2\x80\x8D", "\xEF\xBB\xBF", "\xC2\xAD", "\xE2\x81\xA0",
                                "\xEF\xB8\x8F", "\xF3\xA0\x81\xA1"}) {
    EXPECT_EQ(Harmless(absl::StrCat("sign", invisible, "up")), "sign�up");
  }
}

TEST(DisplayTextTest, TakesTheTeethOutOfControlCharacters) {
  EXPECT_EQ(Harmless("red \x1b[31m"), "red �[31m");
  EXPECT_EQ(Harmless("a\nb\tc"), "a�b�c");
  EXPECT_EQ(Harmless("\xC2\x9B"
                     "31m"),
            "�31m");  // the one-character CSI
  EXPECT_EQ(Harmless("\xE2\x80\xAE"
                     "evil"),
            "�evil");  // right-to-left override
  EXPECT_EQ(Harmless("half \xE6\xA4"), "half ��");
  EXPECT_EQ(Harmless("\xED\xA0\x80"), "���");  // a surrogate
  EXPECT_EQ(Harmless("naïve 検索 🍩"), "naïve 検索 🍩");
}

TEST(DisplayTextTest, WrapsAtSpacesAndCutsLongWords) {
  EXPECT_THAT(WrapWords("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(WrapWords("unbreakable so", 6), ElementsAre("unbre…", "so"));
  EXPECT_THAT(WrapWords("", 6), ElementsAre());
}

TEST(DisplayTextTest, DrawsBarsInEighths) {
  EXPECT_EQ(Bar(0, 4), "    ");
  EXPECT_EQ(Bar(0.5, 4), "██  ");
  EXPECT_EQ(Bar(1, 4), "████");
  EXPECT_EQ(Bar(0.25 + 1.0 / 32, 4), "█▏  ");
  EXPECT_EQ(Bar(7, 4), "████");
  EXPECT_EQ(Bar(-1, 4), "    ");
}

TEST(DisplayTextTest, ShowsALittleWhereThereIsALittle) { EXPECT_EQ(Bar(0.0001, 4), "▏   "); }

TEST(DisplayTextTest, ShowsWhatWasLostBehindWhatWasReached) {
  const TwoPartBar half = BarWithLoss(0.5, 0.25, 8);
  EXPECT_EQ(half.filled + half.lost + half.padding, "████░░  ");
  const TwoPartBar little = BarWithLoss(0.99, 0.01, 8);
  EXPECT_EQ(little.filled + little.lost + little.padding, "███████░");
  const TwoPartBar nothing = BarWithLoss(0, 0, 4);
  EXPECT_EQ(nothing.filled + nothing.lost + nothing.padding, "    ");
  const TwoPartBar all_lost = BarWithLoss(0, 1, 4);
  EXPECT_EQ(all_lost.filled + all_lost.lost + all_lost.padding, "░░░░");
}

}  // namespace
}  // namespace donut::cli
