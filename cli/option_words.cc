#include "cli/option_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr int32_t kMostNumber = 1'000'000;
constexpr size_t kMostRanges = 1'000;

}  // namespace

absl::Status WrongOption(const std::string& option, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", rule));
}

absl::Status InOption(const std::string& option, const absl::Status& status) {
  return status.ok() ? status : WrongOption(option, std::string(status.message()));
}

absl::StatusOr<int32_t> ParsePositive(const std::string& option, const std::string& text) {
  int32_t number = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(text, &number) || number < 1 || number > kMostNumber) {
    return WrongOption(option,
                       absl::StrCat("must be a number from 1 on, not ", text.empty() ? "empty" : text));
  }
  return number;
}

absl::StatusOr<NumberRange> ParseRange(const std::string& option, const std::string& text) {
  NumberRange range;
  const std::vector<std::string> ends = absl::StrSplit(text, absl::MaxSplits('-', 1));
  ASSIGN_OR_RETURN(range.first, ParsePositive(option, ends.front()));
  ASSIGN_OR_RETURN(range.last, ParsePositive(option, ends.back()));
  if (range.last < range.first) return WrongOption(option, absl::StrCat(text, " ends before it begins"));
  return range;
}

absl::StatusOr<std::vector<NumberRange>> ParseRanges(const std::string& option, const std::string& text) {
  std::vector<NumberRange> ranges;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    if (ranges.size() >= kMostRanges) return WrongOption(option, "has more than 1,000 parts");
    ASSIGN_OR_RETURN(const NumberRange range,
                     ParseRange(option, std::string(absl::StripAsciiWhitespace(part))));
    ranges.push_back(range);
  }
  return ranges;
}

}  // namespace donut::cli
