#include "bench/event_month.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace donut::bench {
namespace {

// splitmix64: Steele, Lea, Flood, OOPSLA 2014.
uint64_t Mixed(uint64_t number) {
  number += 0x9E3779B97F4A7C15;
  number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
  number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
  return number ^ (number >> 31);
}

// From 0 to below 1.
double ToShare(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

constexpr uint64_t kUserSalt = 1ULL << 40;
constexpr uint64_t kSessionSalt = 2ULL << 40;
constexpr uint64_t kPlanSalt = 3ULL << 40;
constexpr uint64_t kHomeSalt = 4ULL << 40;
constexpr uint64_t kJoinSalt = 5ULL << 40;

constexpr uint8_t kVisit = 0, kViewItem = 1, kCart = 3, kPurchase = 4;

struct NameWeight {
  const char* name;
  // Of an event that is not the next step of the way from visit to purchase.
  double weight;
};
// The first five in the order of the constants above.
constexpr NameWeight kNames[] = {{"visit", 1},      {"view_item", 22}, {"signup", 0.5},     {"cart", 1},
                                 {"purchase", 0.5}, {"scroll", 20},    {"search", 13},      {"click", 11},
                                 {"play_video", 8}, {"share", 5},      {"like", 4},         {"comment", 3.5},
                                 {"settings", 2.5}, {"upload", 2},     {"invite", 1.5},     {"download", 1.2},
                                 {"cancel", 1},     {"help", 0.8},     {"report_bug", 0.3}, {"rename", 0.2}};
// From visit to signup, cart and purchase: how likely the session's next event is the next of them.
constexpr uint8_t kWay[] = {kVisit, 2, kCart, kPurchase};
constexpr double kNextOfWay[] = {0.05, 0.10, 0.16, 0};

// Small numbers are likelier: `power` 1 is even.
int64_t Skewed(double share, int64_t below, double power) {
  return std::min(below - 1, static_cast<int64_t>(static_cast<double>(below) * std::pow(share, power)));
}

}  // namespace

class EventMonth::Generator {
 public:
  Generator(int64_t count, int32_t users, std::vector<MonthEvent>& events)
      : count_(count), users_(users), events_(events) {
    for (const NameWeight& one : kNames) weight_sum_ += one.weight;
  }

  void Run() {
    events_.reserve(count_ + kMostEventsPerSession);
    for (int32_t user = 0; user < users_ && !IsFull(); ++user) AddSession(user, JoinDay(user));
    while (!IsFull()) {
      const auto user = static_cast<int32_t>(Skewed(Share(), users_, 1.5));
      const int joined = JoinDay(user);
      AddSession(user, joined + static_cast<int>(Skewed(Share(), kDays - joined, 2)));
    }
    events_.resize(count_);
    std::stable_sort(events_.begin(), events_.end(),
                     [](const MonthEvent& a, const MonthEvent& b) { return a.time_us < b.time_us; });
    for (size_t i = 1; i < events_.size(); ++i) {
      events_[i].time_us = std::max(events_[i].time_us, events_[i - 1].time_us + 1);
    }
  }

 private:
  static constexpr int kMostEventsPerSession = 40;
  // So much of a day's end is free of sessions' starts that none runs into the next day.
  static constexpr double kStartsOfDay = 0.9;

  double Share() { return ToShare(Mixed(++draws_)); }
  bool IsFull() const { return static_cast<int64_t>(events_.size()) >= count_; }

  static int JoinDay(int32_t user) {
    const double share = ToShare(Mixed(kJoinSalt + user));
    return share < 0.3 ? 0 : static_cast<int>((share - 0.3) / 0.7 * kDays);
  }

  uint8_t AnyName() {
    double rest = Share() * weight_sum_;
    uint8_t name = 0;
    while (name + 1U < std::size(kNames) && rest >= kNames[name].weight) rest -= kNames[name++].weight;
    return name;
  }

  void AddSession(int32_t user, int day) {
    MonthEvent event;
    event.user = user;
    event.session = sessions_++;
    event.country = Share() < 0.9 ? HomeOf(user)
                                  : static_cast<uint8_t>(Share() * static_cast<double>(countries().size()));
    // Most at midday.
    event.time_us = static_cast<int64_t>((day + (Share() + Share()) / 2 * kStartsOfDay) * kDayUs);
    int way = 0;
    for (int i = 0; i < kMostEventsPerSession; ++i) {
      if (i > 0 && Share() < kNextOfWay[way]) {
        event.name = kWay[++way];
      } else {
        event.name = i == 0 ? kVisit : AnyName();
      }
      const bool has_price = event.name == kViewItem || event.name == kCart || event.name == kPurchase;
      event.price_cents = has_price ? 100 + static_cast<int32_t>(Skewed(Share(), 20'000, 3)) : 0;
      events_.push_back(event);
      if (Share() < 0.12) break;
      event.time_us += 1'000'000 + Skewed(Share(), 120'000'000, 2);
    }
  }

  const int64_t count_;
  const int32_t users_;
  std::vector<MonthEvent>& events_;
  double weight_sum_ = 0;
  uint64_t draws_ = 0;
  int32_t sessions_ = 0;
};

EventMonth::EventMonth(int64_t count, int32_t users) : users_(users) {
  Generator(count, users, events_).Run();
}

const std::vector<std::string>& EventMonth::names() {
  static const auto* const names = [] {
    auto* all = new std::vector<std::string>();
    for (const NameWeight& one : kNames) all->emplace_back(one.name);
    return all;
  }();
  return *names;
}

const std::vector<std::string>& EventMonth::countries() {
  static const auto* const countries =
      new std::vector<std::string>{"US", "DE", "IN", "BR", "GB", "FR", "JP", "PL", "ES", "IT",
                                   "CA", "MX", "NL", "SE", "AU", "TR", "KR", "AR", "CZ", "PT"};
  return *countries;
}

int64_t EventMonth::UserId(int32_t user) { return static_cast<int64_t>(Mixed(kUserSalt + user)); }
int64_t EventMonth::SessionId(int32_t session) { return static_cast<int64_t>(Mixed(kSessionSalt + session)); }

std::string EventMonth::PlanOf(int32_t user) {
  const double share = ToShare(Mixed(kPlanSalt + user));
  return share < 0.7 ? "free" : share < 0.95 ? "pro" : "team";
}

uint8_t EventMonth::HomeOf(int32_t user) {
  return static_cast<uint8_t>(
      Skewed(ToShare(Mixed(kHomeSalt + user)), static_cast<int64_t>(countries().size()), 2));
}

std::string EventMonth::PropertiesOf(const MonthEvent& event) {
  std::string json = absl::StrCat("{\"plan\": \"", PlanOf(event.user), "\", \"country\": \"",
                                  countries()[event.country], "\"");
  if (event.price_cents > 0) absl::StrAppendFormat(&json, ", \"price\": %.2f", event.price_cents / 100.0);
  return json + "}";
}

}  // namespace donut::bench
