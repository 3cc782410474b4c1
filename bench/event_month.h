// A month of made-up events for the benchmark of queries, the same at each run: users who join over the month
// and come back less and less, some a hundred times as often as others; sessions of a few minutes; some
// twenty event names, among them visit, signup, cart and purchase, which mostly but not always follow each
// other; a plan, a country and at times a price. No two events have the same time. Immutable, so thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace donut::bench {

struct MonthEvent {
  // Microseconds from the start of the month.
  int64_t time_us = 0;
  // From 0.
  int32_t user = 0;
  // From 0, over all users.
  int32_t session = 0;
  // Their places in names() and countries().
  uint8_t name = 0;
  uint8_t country = 0;
  // 0: no price.
  int32_t price_cents = 0;
};

class EventMonth {
 public:
  static constexpr int kDays = 30;
  static constexpr int64_t kDayUs = 86'400'000'000;

  // Exactly `count` events; every user has some, provided that there are ten times as many. At least one of
  // each.
  EventMonth(int64_t count, int32_t users);

  // In the order of their times.
  const std::vector<MonthEvent>& events() const { return events_; }
  int32_t users() const { return users_; }

  static const std::vector<std::string>& names();
  static const std::vector<std::string>& countries();

  // As the collector's ids: 64 bits without order.
  static int64_t UserId(int32_t user);
  static int64_t SessionId(int32_t session);
  // Of all of a user's events alike.
  static std::string PlanOf(int32_t user);
  // Where most of the user's events come from.
  static uint8_t HomeOf(int32_t user);
  // As JSON: {"plan": "free", "country": "DE", "price": 12.5}
  static std::string PropertiesOf(const MonthEvent& event);

 private:
  class Generator;

  const int32_t users_;
  std::vector<MonthEvent> events_;
};

}  // namespace donut::bench
