// Small random histories that are full of what goes wrong: events at the same
// instant, at the edges of buckets to the microsecond, around both changes of
// the clock, long before the interval, and after as_of. The same seed makes the same history.
// For tests. Not thread-safe.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"
#include "tests/reference/history.h"

namespace donut::testing {

// The random numbers of one history. std::mt19937_64 gives the same ones everywhere;
// the standard's distributions do not, so they are not used.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  // From low to high, both included.
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
  }
  // True once in `n` times.
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  template <typename T>
  const T& Pick(const std::vector<T>& of) {
    return of[Between(0, static_cast<int64_t>(of.size()) - 1)];
  }

 private:
  std::mt19937_64 engine_;
};

struct RandomHistoryOptions {
  int most_events = 40;
  int most_users = 4;
  // Event names are "a", "b", ...
  int most_names = 4;
  // Sessions per user, "s1", "s2", ...; some events have none.
  int most_sessions = 2;
};

// A zone with a change of the clock within a few days of `center`: most events lie
// within six weeks of it.
struct RandomSetting {
  std::string time_zone;
  absl::Time center;
};
RandomSetting PickSetting(Dice& dice);

// An instant near the center: often a day's or an hour's edge, or one microsecond
// beside it, so that many events have equal times.
absl::Time PickTime(Dice& dice, const RandomSetting& setting);

History MakeRandomHistory(Dice& dice, const RandomSetting& setting, const RandomHistoryOptions& options = {});

// An interval near the center (dates or timestamps, sometimes cutting buckets),
// the zone, week start, and sometimes an as_of. For all metrics.
v1::Scope MakeRandomScope(Dice& dice, const RandomSetting& setting, int most_days = 20);

// Up to `most` of the names of the history and one that does not occur; may be empty.
std::vector<std::string> PickNames(Dice& dice, int most);

}  // namespace donut::testing
