#include "cli/retention_request.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/metric_words.h"
#include "cli/option_words.h"
#include "cli/step_text.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

// "1-14" is as many offsets; the service takes 100 in all.
constexpr int32_t kMostOffset = 1'000;

absl::Status SetEvents(const RetentionArguments& arguments, v1::GetRetentionRequest& request) {
  if (!arguments.start_event.empty()) {
    auto start = ParseStep(arguments.start_event);
    if (!start.ok()) return InOption("--start-event", start.status());
    request.mutable_start_event_names()->Swap(start->mutable_event_names());
    if (start->has_filter()) request.mutable_start_filter()->Swap(start->mutable_filter());
  }
  if (!arguments.return_event.empty()) {
    auto back = ParseStep(arguments.return_event);
    if (!back.ok()) return InOption("--return-event", back.status());
    request.mutable_return_event_names()->Swap(back->mutable_event_names());
    if (back->has_filter()) request.mutable_return_filter()->Swap(back->mutable_filter());
  }
  return absl::OkStatus();
}

absl::Status SetOffsets(const RetentionArguments& arguments, v1::GetRetentionRequest& request) {
  if (!arguments.offsets.empty()) {
    ASSIGN_OR_RETURN(const auto ranges, ParseRanges("--offsets", arguments.offsets));
    for (const NumberRange& range : ranges) {
      if (range.last > kMostOffset) {
        return WrongOption("--offsets", absl::StrCat("must be at most ", kMostOffset));
      }
      for (int32_t offset = range.first; offset <= range.last; ++offset) request.add_offsets(offset);
    }
  }
  if (!arguments.brackets.empty()) {
    ASSIGN_OR_RETURN(const auto ranges, ParseRanges("--brackets", arguments.brackets));
    for (const NumberRange& range : ranges) {
      v1::RetentionBracket& bracket = *request.add_brackets();
      bracket.set_first_offset(range.first);
      bracket.set_last_offset(range.last);
    }
  }
  return absl::OkStatus();
}

absl::Status SetWords(const RetentionArguments& arguments, v1::GetRetentionRequest& request) {
  ASSIGN_OR_RETURN(const auto kind,
                   ValueOfWord<v1::RetentionKind>("--kind", arguments.kind,
                                                  {{"first-time", v1::RETENTION_KIND_FIRST_TIME},
                                                   {"recurring", v1::RETENTION_KIND_RECURRING}},
                                                  v1::RETENTION_KIND_UNSPECIFIED));
  request.set_kind(kind);
  ASSIGN_OR_RETURN(const auto mode,
                   ValueOfWord<v1::RetentionMode>("--mode", arguments.mode,
                                                  {{"on", v1::RETENTION_MODE_ON},
                                                   {"on-or-after", v1::RETENTION_MODE_ON_OR_AFTER},
                                                   {"bracket", v1::RETENTION_MODE_BRACKET}},
                                                  v1::RETENTION_MODE_UNSPECIFIED));
  request.set_mode(mode);
  ASSIGN_OR_RETURN(const auto alignment,
                   ValueOfWord<v1::RetentionAlignment>("--alignment", arguments.alignment,
                                                       {{"calendar", v1::RETENTION_ALIGNMENT_CALENDAR},
                                                        {"rolling", v1::RETENTION_ALIGNMENT_ROLLING}},
                                                       v1::RETENTION_ALIGNMENT_UNSPECIFIED));
  request.set_alignment(alignment);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::GetRetentionRequest> ToRetentionRequest(const RetentionArguments& arguments,
                                                           absl::Time now) {
  v1::GetRetentionRequest request;
  ASSIGN_OR_RETURN(*request.mutable_scope(), ToScope(arguments.scope, now));
  if (!arguments.cohort_date.empty()) {
    if (!arguments.scope.start.empty() || !arguments.scope.end.empty()) {
      return WrongOption("--cohort-date", "stands in place of --start and --end: leave them out");
    }
    RETURN_IF_ERROR(ParseDay("--cohort-date", arguments.cohort_date).status());
    request.set_cohort_date(arguments.cohort_date);
  }
  ASSIGN_OR_RETURN(const auto period, ParseGranularity("--period", arguments.period));
  request.set_period(period);
  RETURN_IF_ERROR(SetOffsets(arguments, request));
  RETURN_IF_ERROR(SetEvents(arguments, request));
  RETURN_IF_ERROR(SetWords(arguments, request));
  RETURN_IF_ERROR(SetBreakdown(arguments.breakdown, arguments.breakdown_limit, request));
  request.set_value_property(arguments.value);
  return request;
}

absl::StatusOr<v1::ListRetentionActorsRequest> ToRetentionActorsRequest(
    const RetentionActorsArguments& arguments, absl::Time now) {
  v1::ListRetentionActorsRequest request;
  for (const auto& [option, text] : {std::pair("--breakdown", arguments.retention.breakdown),
                                     std::pair("--value", arguments.retention.value)}) {
    if (!text.empty()) return WrongOption(option, "is for donut retention");
  }
  ASSIGN_OR_RETURN(*request.mutable_retention(), ToRetentionRequest(arguments.retention, now));
  request.set_cohort(arguments.cohort);
  request.set_offset(arguments.offset);
  ASSIGN_OR_RETURN(const auto who, ValueOfWord<v1::RetentionActorsWho>(
                                       "--who", arguments.who,
                                       {{"retained", v1::RETENTION_ACTORS_WHO_RETAINED},
                                        {"not-retained", v1::RETENTION_ACTORS_WHO_NOT_RETAINED},
                                        {"all", v1::RETENTION_ACTORS_WHO_ALL}},
                                       v1::RETENTION_ACTORS_WHO_UNSPECIFIED));
  request.set_who(who);
  return request;
}

}  // namespace donut::cli
