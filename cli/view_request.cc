#include "cli/view_request.h"

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr int kDefaultDays = 30;

absl::StatusOr<absl::CivilDay> ParseDay(const std::string& option, const std::string& text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": ", text, " is not a date such as 2024-01-31"));
  }
  return day;
}

}  // namespace

absl::StatusOr<v1::GetSummaryRequest> ToSummaryRequest(const ViewDates& dates) {
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
    if (end.has_value() && *end < start) {
      return absl::InvalidArgumentError(absl::StrCat("--end: ", dates.end, " lies before --start ",
                                                     dates.start, " (both days are included)"));
    }
    interval->set_start_date(absl::FormatCivilTime(start));
  } else if (end.has_value()) {
    interval->set_start_date(absl::FormatCivilTime(*end - (kDefaultDays - 1)));
  }
  return request;
}

}  // namespace donut::cli
