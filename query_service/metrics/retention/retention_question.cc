#include "query_service/metrics/retention/retention_question.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/status_macros.h"
#include "query_service/preset.h"

namespace donut::query {
namespace {

std::vector<RetentionOffsets> DefaultColumns(v1::Granularity period) {
  if (period == v1::GRANULARITY_DAY) return {{1, 1}, {7, 7}, {30, 30}};
  const int64_t last = period == v1::GRANULARITY_HOUR ? 24 : period == v1::GRANULARITY_WEEK ? 8 : 6;
  std::vector<RetentionOffsets> columns;
  for (int64_t offset = 1; offset <= last; ++offset) columns.push_back({offset, offset});
  return columns;
}

absl::StatusOr<std::vector<RetentionOffsets>> ResolveOffsets(const v1::GetRetentionRequest& request,
                                                             v1::Granularity period) {
  if (request.offsets().empty()) return DefaultColumns(period);
  if (request.offsets_size() > kMaxRetentionOffsets) {
    return InvalidField("offsets", absl::StrCat("must have at most ", kMaxRetentionOffsets, " offsets"));
  }
  std::vector<RetentionOffsets> columns;
  for (int i = 0; i < request.offsets_size(); ++i) {
    const int64_t offset = request.offsets(i);
    const std::string place = absl::StrCat("offsets[", i, "]");
    if (offset < 1 || offset > kMaxRetentionOffset) {
      return InvalidField(place, absl::StrCat("must be from 1 to ", kMaxRetentionOffset));
    }
    if (i > 0 && offset <= columns.back().last) {
      return InvalidField(place, "must be greater than the offset before it");
    }
    columns.push_back({offset, offset});
  }
  return columns;
}

absl::StatusOr<std::vector<RetentionOffsets>> ResolveBrackets(const v1::GetRetentionRequest& request) {
  if (!request.offsets().empty()) {
    return InvalidField("offsets", "must be empty with RETENTION_MODE_BRACKET: the brackets say which");
  }
  if (request.brackets().empty() || request.brackets_size() > kMaxRetentionOffsets) {
    return InvalidField("brackets", absl::StrCat("must have 1 to ", kMaxRetentionOffsets,
                                                 " brackets with RETENTION_MODE_BRACKET"));
  }
  std::vector<RetentionOffsets> columns;
  for (int i = 0; i < request.brackets_size(); ++i) {
    const RetentionOffsets bracket = {request.brackets(i).first_offset(), request.brackets(i).last_offset()};
    const std::string place = absl::StrCat("brackets[", i, "]");
    if (bracket.first < 1 || bracket.first > kMaxRetentionOffset) {
      return InvalidField(place + ".first_offset", absl::StrCat("must be from 1 to ", kMaxRetentionOffset));
    }
    if (bracket.last < bracket.first || bracket.last > kMaxRetentionOffset) {
      return InvalidField(place + ".last_offset",
                          absl::StrCat("must be from first_offset to ", kMaxRetentionOffset));
    }
    if (i > 0 && bracket.first <= columns.back().last) {
      return InvalidField(place + ".first_offset",
                          "must be greater than last_offset of the bracket before it");
    }
    columns.push_back(bracket);
  }
  return columns;
}

// Kind, mode, alignment and columns.
absl::Status ResolveOptions(const v1::GetRetentionRequest& request, RetentionQuestion& question) {
  const PresetDefaults& defaults = DefaultsOf(question.scope.preset);
  question.kind = request.kind();
  if (question.kind == v1::RETENTION_KIND_UNSPECIFIED) question.kind = defaults.retention_kind;
  if (!v1::RetentionKind_IsValid(question.kind)) {
    return InvalidField("kind", "must be RETENTION_KIND_FIRST_TIME or _RECURRING");
  }
  question.mode = request.mode();
  if (question.mode == v1::RETENTION_MODE_UNSPECIFIED) {
    question.mode = request.brackets().empty() ? defaults.retention_mode : v1::RETENTION_MODE_BRACKET;
  }
  if (!v1::RetentionMode_IsValid(question.mode)) {
    return InvalidField("mode", "must be RETENTION_MODE_ON, _ON_OR_AFTER or _BRACKET");
  }
  question.alignment = request.alignment();
  if (question.alignment == v1::RETENTION_ALIGNMENT_UNSPECIFIED) {
    // A preset's default gives way to what it cannot go with.
    question.alignment = question.kind == v1::RETENTION_KIND_RECURRING ? v1::RETENTION_ALIGNMENT_CALENDAR
                                                                       : defaults.retention_alignment;
  }
  if (!v1::RetentionAlignment_IsValid(question.alignment)) {
    return InvalidField("alignment", "must be RETENTION_ALIGNMENT_CALENDAR or _ROLLING");
  }
  if (question.alignment == v1::RETENTION_ALIGNMENT_ROLLING &&
      question.kind == v1::RETENTION_KIND_RECURRING) {
    return InvalidField("alignment", "must be RETENTION_ALIGNMENT_CALENDAR with RETENTION_KIND_RECURRING");
  }
  if (question.mode == v1::RETENTION_MODE_BRACKET) {
    ASSIGN_OR_RETURN(question.columns, ResolveBrackets(request));
    return absl::OkStatus();
  }
  if (!request.brackets().empty()) {
    return InvalidField("brackets", "must be empty when mode is RETENTION_MODE_ON or _ON_OR_AFTER");
  }
  ASSIGN_OR_RETURN(question.columns, ResolveOffsets(request, question.period));
  return absl::OkStatus();
}

absl::Status ResolveEvents(const v1::GetRetentionRequest& request, RetentionQuestion& question) {
  ASSIGN_OR_RETURN(question.start_event_names,
                   ResolveEventNames(request.start_event_names(), "start_event_names"));
  ASSIGN_OR_RETURN(question.return_event_names,
                   ResolveEventNames(request.return_event_names(), "return_event_names"));
  if (request.has_start_filter()) {
    ASSIGN_OR_RETURN(question.start_filter, ResolveFilter(request.start_filter(), "start_filter"));
  }
  if (request.has_return_filter()) {
    ASSIGN_OR_RETURN(question.return_filter, ResolveFilter(request.return_filter(), "return_filter"));
  }
  ASSIGN_OR_RETURN(question.breakdown, ResolveBreakdownOf(request));
  question.value_property = request.value_property();
  return CheckText(question.value_property, limits::kMaxPropertyKeyBytes, "value_property");
}

absl::Status ResolvePeriods(RetentionQuestion& question) {
  ASSIGN_OR_RETURN(const std::vector<CalendarBucket> cohorts,
                   IntervalBuckets(question.scope, question.period, kMaxRetentionCohorts));
  question.cohorts = cohorts.size();
  question.scope.start = cohorts.front().start;
  question.scope.end = cohorts.back().end;
  question.periods = Calendar(question.scope.zone, question.period, question.scope.week_start)
                         .BucketsFrom(question.scope.start, question.cohorts + question.columns.back().last);
  if (question.breakdown.empty()) return absl::OkStatus();
  // The values' rows, `other` and `none`.
  const size_t rows = static_cast<size_t>(question.breakdown.limit()) + 2;
  const size_t cells = rows * question.cohorts * question.columns.size();
  if (cells <= kMaxRetentionBreakdownCells) return absl::OkStatus();
  return InvalidField("breakdown",
                      absl::StrCat("must make at most ", kMaxRetentionBreakdownCells, " cells: ", rows,
                                   " rows of ", question.cohorts, " cohorts and ", question.columns.size(),
                                   " offsets are ", cells, "; lower its limit, or ask for less of these"));
}

}  // namespace

absl::Duration RetentionQuestion::period_length() const {
  switch (period) {
    case v1::GRANULARITY_HOUR:
      return absl::Hours(1);
    case v1::GRANULARITY_WEEK:
      return absl::Hours(24 * 7);
    case v1::GRANULARITY_MONTH:
      return absl::Hours(24 * 30);
    default:
      return absl::Hours(24);
  }
}

bool RetentionQuestion::complete(size_t cohort, const RetentionOffsets& column) const {
  if (alignment == v1::RETENTION_ALIGNMENT_ROLLING) {
    return periods[cohort].end + (column.last + 1) * period_length() <= scope.as_of;
  }
  return periods[cohort + column.last].end <= scope.as_of;
}

absl::Time RetentionQuestion::returns_end() const {
  if (mode == v1::RETENTION_MODE_ON_OR_AFTER) return scope.seen_end();
  const absl::Time last_period_end = alignment == v1::RETENTION_ALIGNMENT_ROLLING
                                         ? scope.end + (columns.back().last + 1) * period_length()
                                         : periods.back().end;
  return std::min(last_period_end, scope.seen_end());
}

absl::StatusOr<RetentionQuestion> ResolveRetention(const v1::GetRetentionRequest& request,
                                                   const QueryContext& context) {
  RetentionQuestion question;
  ASSIGN_OR_RETURN(question.period, ResolveGranularity(request.period(), "period"));
  if (!request.cohort_date().empty() && question.period != v1::GRANULARITY_DAY) {
    return InvalidField("period", "must be GRANULARITY_DAY when cohort_date is set: it names one day");
  }
  ASSIGN_OR_RETURN(question.scope,
                   ResolveScopeOrDay(request.scope(), request.cohort_date(), "cohort_date", context));
  RETURN_IF_ERROR(ResolveOptions(request, question));
  RETURN_IF_ERROR(ResolveEvents(request, question));
  RETURN_IF_ERROR(ResolvePeriods(question));
  return question;
}

void RepeatQuestion(const v1::GetRetentionRequest& request, const RetentionQuestion& question,
                    v1::GetRetentionResponse& response) {
  *response.mutable_scope() = ToProto(question.scope);
  response.set_period(question.period);
  for (const RetentionOffsets& column : question.columns) {
    response.add_offsets(static_cast<int32_t>(column.first));
  }
  *response.mutable_start_event_names() = request.start_event_names();
  *response.mutable_return_event_names() = request.return_event_names();
  if (request.has_start_filter()) *response.mutable_start_filter() = request.start_filter();
  if (request.has_return_filter()) *response.mutable_return_filter() = request.return_filter();
  response.set_kind(question.kind);
  response.set_mode(question.mode);
  response.set_alignment(question.alignment);
  *response.mutable_brackets() = request.brackets();
  if (!question.breakdown.empty()) *response.mutable_breakdown() = question.breakdown.proto;
  response.set_value_property(question.value_property);
}

}  // namespace donut::query
