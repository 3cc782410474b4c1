#include "query_service/event_breakdown.h"

#include <string>

#include "donut/analytics/v1/active_users.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

v1::Breakdown ByProperty(const std::string& key) {
  v1::Breakdown breakdown;
  breakdown.set_event_property(key);
  return breakdown;
}

void ExpectRefused(const v1::Breakdown& breakdown, const std::string& field, const std::string& rule) {
  EXPECT_THAT(query::ResolveBreakdown(breakdown, "breakdown"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))));
}

TEST(EventBreakdownTest, FillsInTheDefaultLimitAndKeepsAGivenOne) {
  v1::Breakdown breakdown = ByProperty("plan");
  auto resolved = query::ResolveBreakdown(breakdown, "breakdown");
  ASSERT_OK(resolved);
  EXPECT_EQ(resolved->limit(), query::kDefaultBreakdownLimit);
  EXPECT_EQ(resolved->proto.limit(), query::kDefaultBreakdownLimit);
  EXPECT_FALSE(resolved->empty());
  EXPECT_FALSE(resolved->reads_users());
  breakdown.set_limit(query::kMaxBreakdownLimit);
  resolved = query::ResolveBreakdown(breakdown, "breakdown");
  ASSERT_OK(resolved);
  EXPECT_EQ(resolved->limit(), query::kMaxBreakdownLimit);
}

TEST(EventBreakdownTest, NoBreakdownIsNotOneWithoutASubject) {
  v1::GetActiveUsersRequest request;
  auto resolved = query::ResolveBreakdownOf(request);
  ASSERT_OK(resolved);
  EXPECT_TRUE(resolved->empty());
  request.mutable_breakdown();
  EXPECT_THAT(query::ResolveBreakdownOf(request),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("breakdown")));
}

TEST(EventBreakdownTest, TakesKeysOf255BytesAndFourNestedOnes) {
  v1::Breakdown breakdown;
  breakdown.set_user_property(std::string(255, 'k'));
  for (int i = 0; i < 4; ++i) breakdown.add_nested_keys(std::string(255, 'n'));
  const auto resolved = query::ResolveBreakdown(breakdown, "breakdown");
  ASSERT_OK(resolved);
  EXPECT_TRUE(resolved->reads_users());
}

TEST(EventBreakdownTest, RefusesWithFieldAndRule) {
  ExpectRefused(ByProperty(""), "breakdown.event_property", "must not be empty");
  ExpectRefused(ByProperty(std::string(256, 'k')), "breakdown.event_property", "255");
  ExpectRefused(ByProperty(std::string("a\0b", 3)), "breakdown.event_property", "NUL");
  v1::Breakdown breakdown = ByProperty("plan");
  breakdown.set_limit(-1);
  ExpectRefused(breakdown, "breakdown.limit", "from 1 to 100");
  breakdown.set_limit(101);
  ExpectRefused(breakdown, "breakdown.limit", "from 1 to 100");
  breakdown = ByProperty("plan");
  for (int i = 0; i < 5; ++i) breakdown.add_nested_keys("x");
  ExpectRefused(breakdown, "breakdown.nested_keys", "4");
  breakdown = ByProperty("plan");
  breakdown.add_nested_keys("fine");
  breakdown.add_nested_keys("");
  ExpectRefused(breakdown, "breakdown.nested_keys[1]", "must not be empty");
  breakdown.set_event_name(true);
  ExpectRefused(breakdown, "breakdown.nested_keys", "");
  breakdown.clear_nested_keys();
  EXPECT_OK(query::ResolveBreakdown(breakdown, "breakdown"));
  breakdown.set_event_name(false);
  ExpectRefused(breakdown, "breakdown.event_name", "must be true");
}

}  // namespace
}  // namespace donut::testing
