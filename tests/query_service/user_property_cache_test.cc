#include "query_service/events/user_property_cache.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut::testing {
namespace {

using query::ChangesSince;
using query::UserChanges;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(ChangesSinceTest, AreThoseThatWereNotSeen) {
  const UserChanges known = {"g", "s", "", {}, {"a", "b"}};
  EXPECT_THAT(ChangesSince(known, known), Optional(IsEmpty()));
  EXPECT_THAT(ChangesSince(known, {"g", "s", "", {}, {"a", "b", "c"}}), Optional(ElementsAre("c")));
}

TEST(ChangesSinceTest, AreUnknownToALaterSnapshot) {
  EXPECT_EQ(ChangesSince({"g", "s", "", {}, {"a", "b"}}, {"g", "s", "", {}, {"a"}}), std::nullopt);
}

TEST(ChangesSinceTest, FollowOneStateWhoseChangesWereSeen) {
  const UserChanges known = {"g", "s", "", {}, {"a", "b"}};
  EXPECT_THAT(ChangesSince(known, {"g", "t", "s", {"a"}, {"b", "c"}}), Optional(ElementsAre("c")));
  EXPECT_THAT(ChangesSince(known, {"g", "t", "s", {"a", "b"}, {}}), Optional(IsEmpty()));
  // A change that was folded before it was seen, a state in between, and another hand.
  EXPECT_EQ(ChangesSince(known, {"g", "t", "s", {"a", "x"}, {"b"}}), std::nullopt);
  EXPECT_EQ(ChangesSince(known, {"g", "u", "t", {"a"}, {"b"}}), std::nullopt);
  EXPECT_EQ(ChangesSince(known, {"h", "s", "", {}, {"a", "b"}}), std::nullopt);
}

TEST(UserPropertyCacheTest, KeepsWithinItsBytes) {
  const auto values = [](int count) {
    auto made = std::make_shared<query::UserValues>();
    for (int i = 0; i < count; ++i) {
      made->codes[i] = made->values.CodeOf({history::ValueType::kText, std::to_string(i)});
    }
    return made;
  };
  query::UserPropertyCache cache(values(100)->MemoryBytes() * 2);
  for (const char* key : {"a", "b", "c"}) cache.Put({1, key}, {{}, values(100)});
  EXPECT_EQ(cache.Find({1, "a"}).values, nullptr);
  EXPECT_NE(cache.Find({1, "b"}).values, nullptr);
  EXPECT_EQ(cache.Find({2, "b"}).values, nullptr);
  cache.Put({1, "d"}, {{}, values(100)});
  EXPECT_EQ(cache.Find({1, "c"}).values, nullptr);
  EXPECT_NE(cache.Find({1, "b"}).values, nullptr);
}

}  // namespace
}  // namespace donut::testing
