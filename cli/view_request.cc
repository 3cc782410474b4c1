#include "cli/view_request.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr int kDefaultDays = 30;
// As in scope.proto.
constexpr int kMinYear = 1971;
constexpr int kMaxYear = 2200;
// The furthest that a time zone lies from UTC.
constexpr absl::Duration kMaxZoneOffset = absl::Hours(14);

absl::StatusOr<absl::CivilDay> ParseDay(const std::string& option, const std::string& text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": ", text, " is not a date such as 2024-01-31"));
  }
  if (day.year() < kMinYear || day.year() > kMaxYear) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": ", text, " lies outside the years ", kMinYear, " to ", kMaxYear));
  }
  return day;
}

// Either end given, or today, whatever the zone.
absl::Status CheckLength(absl::CivilDay start, const ViewDates& dates, std::optional<absl::CivilDay> end,
                         absl::Time now) {
  const absl::CivilDay earliest_today = absl::ToCivilDay(now - kMaxZoneOffset, absl::UTCTimeZone());
  const absl::CivilDay latest_today = absl::ToCivilDay(now + kMaxZoneOffset, absl::UTCTimeZone());
  if (end.has_value() && *end < start) {
    return absl::InvalidArgumentError(absl::StrCat("--end: ", dates.end, " lies before --start ", dates.start,
                                                   " (both days are included)"));
  }
  if (!end.has_value() && start > latest_today) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--start: ", dates.start, " lies after today, where the view ends unless --end is given"));
  }
  if (end.value_or(earliest_today) - start + 1 <= kMaxViewDays) return absl::OkStatus();
  const absl::CivilDay first = end.value_or(latest_today) - (kMaxViewDays - 1);
  return absl::InvalidArgumentError(absl::StrCat("the view shows at most ", kMaxViewDays,
                                                 " days: such as --start ", absl::FormatCivilTime(first),
                                                 end.has_value() ? absl::StrCat(" --end ", dates.end) : ""));
}

}  // namespace

absl::StatusOr<v1::GetSummaryRequest> ToSummaryRequest(const ViewDates& dates, absl::Time now) {
  v1::GetSummaryRequest request;
  request.mutable_scope()->set_time_zone(dates.time_zone);
  v1::Interval* interval = request.mutable_scope()->mutable_interval();
  std::optional<absl::CivilDay> end;
  if (!dates.end.empty()) {
    ASSIGN_OR_RETURN(end, ParseDay("--end", dates.end));
    interval->set_end_date(absl::FormatCivilTime(*end + 1));
  }
  if (!dates.start.empty()) {
    ASSIGN_OR_RETURN(const absl::CivilDay start, ParseDay("--start", dates.start));
    RETURN_IF_ERROR(CheckLength(start, dates, end, now));
    interval->set_start_date(absl::FormatCivilTime(start));
  } else if (end.has_value()) {
    interval->set_start_date(absl::FormatCivilTime(*end - (kDefaultDays - 1)));
  }
  return request;
}

std::string InOptionNames(const std::string& message) {
  return absl::StrReplaceAll(message, {{"scope.time_zone", "--time-zone"},
                                       {"scope.interval.start_date", "--start"},
                                       {"scope.interval.end_date", "--end"},
                                       {"scope.interval", "--start and --end"}});
}

}  // namespace donut::cli
