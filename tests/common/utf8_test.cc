#include "common/utf8.h"

#include "gtest/gtest.h"

namespace donut {
namespace {

TEST(Utf8Test, TakesEveryWellFormedCharacter) {
  for (const char* good : {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
                           "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
                           "\xF0\x9F\x8D\xA9", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
    EXPECT_TRUE(IsStorableText(good)) << good;
    EXPECT_TRUE(IsUtf8(std::string("more than one word of ASCII ") + good)) << good;
  }
}

TEST(Utf8Test, RefusesWhatPostgresRefuses) {
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x90", "\xC3(",
                          "\xE2\x82(", "\xFE", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
    EXPECT_FALSE(IsUtf8(std::string("12345678") + bad)) << bad;
    EXPECT_FALSE(IsUtf8(bad + std::string("12345678"))) << bad;
    EXPECT_FALSE(IsStorableText(bad)) << bad;
  }
}

TEST(Utf8Test, StoresNoNulWhereverItStands) {
  for (size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x');
    text[at] = '\0';
    EXPECT_TRUE(IsUtf8(text)) << at;
    EXPECT_FALSE(IsStorableText(text)) << at;
  }
}

TEST(Utf8Test, SeesEachByteOfTextsOfAnyLength) {
  for (size_t size = 1; size <= 25; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(byte);
        ASSERT_EQ(IsStorableText(text), byte > 0 && byte < 0x80) << byte << " at " << at << " of " << size;
      }
    }
  }
  EXPECT_TRUE(IsStorableText("\x01\x7F\x01\x7F\x01\x7F\x01\x7F\x01"));
}

TEST(Utf8Test, CleansAndCutsAtACharacter) {
  EXPECT_EQ(ToStorableText("a\xFF\xC3\xA9", 10), "a?\xC3\xA9");
  EXPECT_EQ(ToStorableText("a\xC3\xA9", 2), "a");
  EXPECT_EQ(ToStorableText("\xE2\x82\xAC\xE2\x82\xAC", 5), "\xE2\x82\xAC");
  EXPECT_EQ(ToStorableText(std::string_view("x\0y", 3), 10), "x?y");
}

}  // namespace
}  // namespace donut
