#include "history/month.h"

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace donut::history {

int MonthOf(int64_t time_us) {
  const auto month = absl::ToCivilMonth(absl::FromUnixMicros(time_us), absl::UTCTimeZone());
  return static_cast<int>(month - absl::CivilMonth(1970, 1));
}

int64_t MonthStartUs(int month) {
  return absl::ToUnixMicros(absl::FromCivil(absl::CivilMonth(1970, 1) + month, absl::UTCTimeZone()));
}

}  // namespace donut::history
