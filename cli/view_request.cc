#include "cli/view_request.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "cli/scope_request.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

// Until the end given, or today, whatever the zone.
absl::Status CheckLength(const Days& days, absl::Time now) {
  const absl::CivilDay earliest_today = absl::ToCivilDay(now - kMaxZoneOffset, absl::UTCTimeZone());
  const absl::CivilDay latest_today = absl::ToCivilDay(now + kMaxZoneOffset, absl::UTCTimeZone());
  if (days.last.value_or(earliest_today) - *days.first + 1 <= kMaxViewDays) return absl::OkStatus();
  const absl::CivilDay first = days.last.value_or(latest_today) - (kMaxViewDays - 1);
  return absl::InvalidArgumentError(absl::StrCat(
      "the view shows at most ", kMaxViewDays, " days: such as --start ", absl::FormatCivilTime(first),
      days.last ? absl::StrCat(" --end ", absl::FormatCivilTime(*days.last)) : ""));
}

}  // namespace

absl::StatusOr<v1::GetSummaryRequest> ToSummaryRequest(const ViewDates& dates, absl::Time now) {
  v1::GetSummaryRequest request;
  ASSIGN_OR_RETURN(const Days days, ParseDays(dates.start, dates.end, now));
  if (days.first) {
    RETURN_IF_ERROR(CheckLength(days, now));
    SetInterval(days, *request.mutable_scope()->mutable_interval());
  }
  request.mutable_scope()->set_time_zone(dates.time_zone);
  ASSIGN_OR_RETURN(const v1::Engine engine, ParseEngine(dates.engine));
  request.mutable_scope()->set_engine(engine);
  return request;
}

}  // namespace donut::cli
