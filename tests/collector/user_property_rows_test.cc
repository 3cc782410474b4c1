#include "collector/user_property_rows.h"

#include "gtest/gtest.h"

namespace donut::collector {
namespace {

const UserPropertyRows::Key kUser{1, 2};

TEST(UserPropertyRowsTest, KeepsTheLatestVersionOfEachKeyInAnyOrder) {
  const PropertyVersion versions[] = {{10, 1, 1}, {10, 1, 2}, {10, 2, 1}, {11, 1, 3}};
  for (size_t latest = 0; latest < std::size(versions); ++latest) {
    for (const bool is_last : {false, true}) {
      UserPropertyRows rows;
      UserPropertyRow& row = rows.RowOf(kUser, "ada");
      const auto set_latest = [&] { UserPropertyRows::Set(row, "\"k\"", "1", versions[latest]); };
      if (!is_last) set_latest();
      for (size_t i = 0; i < latest; ++i) UserPropertyRows::Set(row, "\"k\"", "0", versions[i]);
      if (is_last) set_latest();
      EXPECT_EQ(row.settings.at("\"k\"").value_json, "1") << latest;
      EXPECT_EQ(row.settings.at("\"k\"").version, versions[latest]);
    }
  }
}

TEST(UserPropertyRowsTest, KeepsUsersAndKeysApart) {
  UserPropertyRows rows;
  UserPropertyRows::Set(rows.RowOf({2, 1}, "ada"), "\"a\"", "1", {5, 1, 1});
  UserPropertyRows::Set(rows.RowOf({1, 9}, "ada"), "\"a\"", "null", {4, 1, 2});
  UserPropertyRows::Set(rows.RowOf({1, 9}, "ada"), "\"b\"", "2", {3, 1, 3});
  ASSERT_EQ(rows.rows().size(), 2u);
  EXPECT_EQ(rows.rows().begin()->first, (UserPropertyRows::Key{1, 9}));
  EXPECT_EQ(rows.rows().at({1, 9}).settings.size(), 2u);
  EXPECT_EQ(rows.rows().at({1, 9}).settings.at("\"a\"").value_json, "null");
  EXPECT_EQ(rows.rows().at({2, 1}).distinct_id, "ada");
}

}  // namespace
}  // namespace donut::collector
