// The months of histories: calendar months of UTC, counted from January 1970. A block holds events of one
// month. No state.
#pragma once

#include <cstdint>

namespace donut::history {

inline constexpr int64_t kQuarterUs = 900'000'000;  // a quarter of an hour in microseconds

// The month that an event time, in microseconds since 1970, lies in.
int MonthOf(int64_t time_us);
// The first microsecond of the month.
int64_t MonthStartUs(int month);

}  // namespace donut::history
