#include "cli/render/retention_words.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/filter_text.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

// In a column's title.
constexpr int kMaxStartWidth = 20;

template <typename Names>
std::string EventsText(const Names& names, bool has_filter, const v1::Filter& filter) {
  std::string text = absl::StrJoin(names, " or ");
  if (!has_filter) return Harmless(text);
  if (text.empty()) text = "any event";
  return Harmless(absl::StrCat(text, " [", FilterText(filter), "]"));
}

bool IsRecurring(const v1::GetRetentionResponse& response) {
  return response.kind() == v1::RETENTION_KIND_RECURRING;
}

}  // namespace

std::string OffsetTitle(const v1::GetRetentionResponse& response, int32_t first, int32_t last) {
  std::string title = absl::StrCat(PeriodName(response.period()), " ", first);
  if (last > first) absl::StrAppend(&title, "-", last);
  if (response.mode() == v1::RETENTION_MODE_ON_OR_AFTER) title += "+";
  return title;
}

std::vector<std::string> OffsetTitles(const v1::GetRetentionResponse& response) {
  std::vector<std::string> titles;
  for (int i = 0; i < response.offsets_size(); ++i) {
    const int32_t last = i < response.brackets_size() ? response.brackets(i).last_offset() : 0;
    titles.push_back(OffsetTitle(response, response.offsets(i), last));
  }
  return titles;
}

std::string CameBack(const v1::GetRetentionResponse& response) {
  switch (response.mode()) {
    case v1::RETENTION_MODE_ON_OR_AFTER:
      return "came back on or after";
    case v1::RETENTION_MODE_BRACKET:
      return "came back within";
    default:
      return "came back on";
  }
}

std::string StartText(const v1::GetRetentionResponse& response) {
  return EventsText(response.start_event_names(), response.has_start_filter(), response.start_filter());
}

std::string CohortTitle(const v1::GetRetentionResponse& response) {
  const std::string start = CutToWidth(StartText(response), kMaxStartWidth);
  const std::string period = PeriodName(response.period());
  if (IsRecurring(response)) {
    return start.empty() ? absl::StrCat("active (", period, ")")
                         : absl::StrCat("did ", start, " (", period, ")");
  }
  return absl::StrCat("first ", start.empty() ? "seen" : start, " (", period, ")");
}

std::string CohortsInAll(const v1::GetRetentionResponse& response, int64_t size) {
  const std::string start = StartText(response);
  if (IsRecurring(response)) {
    return absl::StrCat(Count(size), " in all cohorts; a user is in each ", PeriodName(response.period()),
                        " with a start");
  }
  if (start.empty()) return absl::StrCat("of ", Counted(size, "user"), " first seen in this period");
  return absl::StrCat("of ", Counted(size, "user"), " with the first ", start, " in this period");
}

std::string NoCohorts(const v1::GetRetentionResponse& response) {
  const std::string start = StartText(response);
  if (start.empty()) {
    return IsRecurring(response) ? "Nobody was active in this period."
                                 : "Nobody was seen for the first time in this period.";
  }
  return absl::StrCat("Nobody did ", start, IsRecurring(response) ? "" : " for the first time",
                      " in this period.");
}

std::vector<std::string> RetentionAssumptions(const v1::GetRetentionResponse& response) {
  std::vector<std::string> parts;
  const std::string back =
      EventsText(response.return_event_names(), response.has_return_filter(), response.return_filter());
  if (!back.empty()) parts.push_back(absl::StrCat("coming back is ", back));
  if (response.alignment() == v1::RETENTION_ALIGNMENT_ROLLING) {
    parts.push_back(
        absl::StrCat("every ", PeriodName(response.period()), " is counted from the user's own start"));
  }
  if (response.mode() == v1::RETENTION_MODE_ON_OR_AFTER) {
    parts.emplace_back("older cohorts had longer to come back");
  }
  return parts;
}

}  // namespace donut::cli
