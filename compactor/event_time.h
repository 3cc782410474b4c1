// Months as parameters of statements about the table of events. Pure.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "history/month.h"

namespace donut::compactor {

// The first moment of a month. As a constant it is known when a statement is planned, so that one partition
// is looked at instead of eighty.
inline std::string StartOfMonth(int month) {
  return absl::FormatTime("%Y-%m-%d 00:00+00", absl::FromUnixMicros(history::MonthStartUs(month)),
                          absl::UTCTimeZone());
}

}  // namespace donut::compactor
