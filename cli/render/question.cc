#include "cli/render/question.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/filter_text.h"

namespace donut::cli {
namespace {

constexpr int kMaxProjectWidth = 24;

std::string PresetName(v1::Preset preset) {
  switch (preset) {
    case v1::PRESET_MIXPANEL:
      return "Mixpanel";
    case v1::PRESET_AMPLITUDE:
      return "Amplitude";
    case v1::PRESET_POSTHOG:
      return "PostHog";
    default:
      return "";
  }
}

}  // namespace

Period PeriodOf(const v1::ResolvedScope& scope) {
  const absl::TimeZone zone = ZoneNamed(scope.time_zone());
  return {absl::ToCivilDay(TimeOf(scope.start_time()), zone),
          absl::ToCivilDay(TimeOf(scope.end_time()) - absl::Microseconds(1), zone)};
}

void RenderHeading(const v1::ResolvedScope& scope, Page& page) {
  const Period period = PeriodOf(scope);
  const std::string left = absl::StrCat("donut  ", CutToWidth(Harmless(scope.project()), kMaxProjectWidth));
  const std::string right =
      absl::StrCat(absl::FormatCivilTime(period.first), " to ", absl::FormatCivilTime(period.last), ", ",
                   Harmless(scope.time_zone()));
  const int room = page.width() - DisplayWidth(left) - DisplayWidth(right);
  if (room >= 2) {
    page.Line({{left, Tone::kTitle}, {std::string(room, ' ') + right, Tone::kPlain}});
  } else {
    page.Line({{left, Tone::kTitle}});
    page.Line({{right, Tone::kPlain}});
  }
  std::string rule;
  for (int i = 0; i < page.width(); ++i) rule += "─";
  page.Line({{rule, Tone::kQuiet}});
}

void RenderAssumptions(const std::vector<std::string>& first, const v1::ResolvedScope& scope, Page& page) {
  std::vector<std::string> parts = first;
  if (scope.has_filter()) {
    parts.push_back(absl::StrCat("only events where ", Harmless(FilterText(scope.filter()))));
  }
  if (scope.week_start() == v1::WEEK_START_SUNDAY) parts.emplace_back("weeks start on Sunday");
  const std::string preset = PresetName(scope.preset());
  if (!preset.empty()) parts.push_back(absl::StrCat("defaults as of ", preset));
  parts.push_back(absl::StrCat("as of ", absl::FormatTime("%Y-%m-%d %H:%M", TimeOf(scope.as_of_time()),
                                                          ZoneNamed(scope.time_zone()))));
  if (!scope.engine_reason().empty()) {
    parts.push_back(absl::StrCat("by SQL, because ", Harmless(scope.engine_reason())));
  }
  page.BlankLine();
  page.Paragraph(absl::StrJoin(parts, "; "), Tone::kQuiet);
}

std::string ViewOfSameDays(const v1::ResolvedScope& scope) {
  const Period period = PeriodOf(scope);
  return absl::StrCat("donut view --start ", absl::FormatCivilTime(period.first), " --end ",
                      absl::FormatCivilTime(period.last));
}

std::string ActorNoun(v1::Actor actor) { return actor == v1::ACTOR_SESSION ? "session" : "user"; }

std::string PeriodName(v1::Granularity granularity) {
  switch (granularity) {
    case v1::GRANULARITY_HOUR:
      return "hour";
    case v1::GRANULARITY_WEEK:
      return "week";
    case v1::GRANULARITY_MONTH:
      return "month";
    default:
      return "day";
  }
}

std::string WithWeekday(const std::string& date) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(date, &day)) return Harmless(date);
  static constexpr const char* kNames[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  return absl::StrCat(date, " ", kNames[static_cast<int>(absl::GetWeekday(day))]);
}

std::string BucketLabel(v1::Granularity granularity, const std::string& label) {
  const bool is_day = granularity == v1::GRANULARITY_DAY || granularity == v1::GRANULARITY_UNSPECIFIED;
  return is_day ? WithWeekday(label) : Harmless(label);
}

std::string ValueLabel(const v1::BreakdownValue& value) {
  if (value.none()) return "(none)";
  if (value.other()) return "(all others)";
  if (value.not_reached()) return "(step not reached)";
  return value.text().empty() ? "\"\"" : Harmless(value.text());
}

std::string ValuesShown(int64_t rows, int64_t values) {
  if (rows >= values) return Counted(values, "value");
  return absl::StrCat(Count(rows), " of ", Counted(values, "value"));
}

std::string LocalTime(const google::protobuf::Timestamp& time, const v1::ResolvedScope& scope) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S", TimeOf(time), ZoneNamed(scope.time_zone()));
}

}  // namespace donut::cli
