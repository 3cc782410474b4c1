#include "bench/event_month.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace donut::bench {
namespace {

constexpr int64_t kEvents = 50'000;
constexpr int32_t kUsers = 2'000;

int64_t CountOf(const EventMonth& month, const std::string& name) {
  return std::count_if(month.events().begin(), month.events().end(),
                       [&](const MonthEvent& event) { return EventMonth::names()[event.name] == name; });
}

TEST(EventMonthTest, IsTheSameAtEachRun) {
  const EventMonth one(kEvents, kUsers);
  const EventMonth other(kEvents, kUsers);
  const auto is_same = [](const MonthEvent& a, const MonthEvent& b) {
    return a.time_us == b.time_us && a.user == b.user && a.session == b.session && a.name == b.name &&
           a.country == b.country && a.price_cents == b.price_cents;
  };
  EXPECT_TRUE(std::equal(one.events().begin(), one.events().end(), other.events().begin(),
                         other.events().end(), is_same));
}

TEST(EventMonthTest, HasEveryUserAndTheNumberOfEventsAskedFor) {
  const EventMonth month(kEvents, kUsers);
  EXPECT_EQ(month.events().size(), static_cast<size_t>(kEvents));
  std::set<int32_t> users;
  for (const MonthEvent& event : month.events()) users.insert(event.user);
  EXPECT_EQ(users.size(), static_cast<size_t>(kUsers));
}

TEST(EventMonthTest, HasNoTwoEventsOfOneTimeAndNoneOutsideTheMonth) {
  const EventMonth month(kEvents, kUsers);
  EXPECT_GE(month.events().front().time_us, 0);
  EXPECT_LT(month.events().back().time_us, EventMonth::kDays * EventMonth::kDayUs);
  EXPECT_TRUE(
      std::is_sorted(month.events().begin(), month.events().end(),
                     [](const MonthEvent& a, const MonthEvent& b) { return a.time_us <= b.time_us; }));
}

TEST(EventMonthTest, LosesUsersOnTheWayFromVisitToPurchase) {
  const EventMonth month(kEvents, kUsers);
  EXPECT_GT(CountOf(month, "visit"), CountOf(month, "signup"));
  EXPECT_GT(CountOf(month, "signup"), CountOf(month, "cart"));
  EXPECT_GT(CountOf(month, "cart"), CountOf(month, "purchase"));
  EXPECT_GT(CountOf(month, "purchase"), 100);
  EXPECT_GT(CountOf(month, "cancel"), 100);
}

TEST(EventMonthTest, HasIdsThatAreDistinct) {
  std::set<int64_t> ids;
  for (int32_t user = 0; user < kUsers; ++user) ids.insert(EventMonth::UserId(user));
  EXPECT_EQ(ids.size(), static_cast<size_t>(kUsers));
}

TEST(EventMonthTest, WritesPropertiesAsJson) {
  MonthEvent event;
  event.country = 1;
  EXPECT_EQ(EventMonth::PropertiesOf(event),
            "{\"plan\": \"" + EventMonth::PlanOf(0) + "\", \"country\": \"DE\"}");
  event.price_cents = 1250;
  EXPECT_THAT(EventMonth::PropertiesOf(event), ::testing::HasSubstr(", \"price\": 12.50}"));
}

}  // namespace
}  // namespace donut::bench
