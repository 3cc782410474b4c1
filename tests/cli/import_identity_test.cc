#include "cli/import_identity.h"

#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/escaping.h"

namespace donut::cli {
namespace {

TEST(ImportIdentityTest, TheIdIsMadeOfMappingFirstLineAndGeneration) {
  ASSERT_TRUE(StartHashing());
  const std::string id = ProducerIdOfLines("m", "line", 1);
  EXPECT_EQ(id.size(), 16);
  EXPECT_EQ(id, ProducerIdOfLines("m", "line", 1));
  EXPECT_NE(id, ProducerIdOfLines("m", "line", 2));
  EXPECT_NE(id, ProducerIdOfLines("m", "other", 1));
  EXPECT_NE(id, ProducerIdOfLines("n", "line", 1));
  EXPECT_NE(id, ProducerIdOfName("line", 1));
}

// An id that changed would import every file again.
TEST(ImportIdentityTest, IdsStayAsTheyWereForEver) {
  ASSERT_TRUE(StartHashing());
  EXPECT_EQ(absl::BytesToHexString(ProducerIdOfLines("m", "line", 1)), "b24623a2aa562e311c6dfe4f9d9c14b9");
  EXPECT_EQ(absl::BytesToHexString(ProducerIdOfName("crm", 1)), "ec69ccfc00871468a1278cd3f460a02b");
}

TEST(ImportIdentityTest, TheRollingHashTellsEveryPrefixApart) {
  ASSERT_TRUE(StartHashing());
  RollingHash ab, ba, a;
  ab.Add("a");
  a.Add("a");
  EXPECT_EQ(a.value(), ab.value());
  EXPECT_EQ(a.value().size(), 32);
  ab.Add("b");
  ba.Add("b");
  ba.Add("a");
  EXPECT_NE(ab.value(), ba.value());
  EXPECT_NE(ab.value(), a.value());
}

TEST(ImportIdentityTest, EmptyLinesDoNotChangeTheHash) {
  ASSERT_TRUE(StartHashing());
  RollingHash with, without;
  with.Add("a");
  with.Add("");
  without.Add("a");
  EXPECT_EQ(with.value(), without.value());
  EXPECT_EQ(RollingHash().value(), "");
}

TEST(ImportIdentityTest, ABookmarkComesBackAsItWas) {
  ASSERT_TRUE(StartHashing());
  RollingHash hash;
  hash.Add("a");
  for (const int64_t unreadable : {int64_t{0}, int64_t{7}, std::numeric_limits<int64_t>::max()}) {
    const std::string text = ImportBookmark{hash.value(), unreadable}.ToText();
    EXPECT_LE(text.size(), 51);
    EXPECT_EQ(ImportBookmark::FromText(text).hash, hash.value());
    EXPECT_EQ(ImportBookmark::FromText(text).unreadable, unreadable);
    EXPECT_EQ(ImportBookmark::FromText(text).open_from, 0);
  }
  for (const int64_t unreadable : {int64_t{0}, std::numeric_limits<int64_t>::max()}) {
    const ImportBookmark open{hash.value(), unreadable, std::numeric_limits<int64_t>::max(),
                              "?" + hash.value().substr(1)};
    EXPECT_LE(open.ToText().size(), 104);
    EXPECT_EQ(ImportBookmark::FromText(open.ToText()).hash, open.hash);
    EXPECT_EQ(ImportBookmark::FromText(open.ToText()).unreadable, unreadable);
    EXPECT_EQ(ImportBookmark::FromText(open.ToText()).open_from, open.open_from);
    EXPECT_EQ(ImportBookmark::FromText(open.ToText()).hash_before_open, open.hash_before_open);
  }
  // In front of the first record there is no hash.
  EXPECT_EQ(ImportBookmark::FromText(ImportBookmark{hash.value(), 0, 1, ""}.ToText()).open_from, 1);
  EXPECT_EQ(ImportBookmark::FromText("").hash, "");
  EXPECT_EQ(ImportBookmark::FromText("").unreadable, 0);
}

}  // namespace
}  // namespace donut::cli
