// What every metric's answer says about its question: the heading with the period, and below the numbers what
// was assumed. Also the words for what is counted and for calendar periods. Plain functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "cli/render/table.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::cli {

struct Period {
  absl::CivilDay first;
  absl::CivilDay last;  // the last day meant, not the exclusive end
  int64_t days() const { return last - first + 1; }
};
Period PeriodOf(const v1::ResolvedScope& scope);

// The project, the period and its zone, and a rule.
void RenderHeading(const v1::ResolvedScope& scope, Page& page);

// "As of ...; only events where plan = pro; ..." in a quiet paragraph, `first` in front: what the metric
// itself has to say.
void RenderAssumptions(const std::vector<std::string>& first, const v1::ResolvedScope& scope, Page& page);

// What to do when there is nothing: "donut view --start ... --end ..." of the scope.
std::string ViewOfSameDays(const v1::ResolvedScope& scope);

// "user" or "session".
std::string ActorNoun(v1::Actor actor);
// "hour", "day", "week", "month".
std::string PeriodName(v1::Granularity granularity);
// A bucket's label; with the weekday "2024-01-31 Wed" where it is a day.
std::string BucketLabel(v1::Granularity granularity, const std::string& label);
std::string WithWeekday(const std::string& date);

// A value, or "(none)", "(all others)", "(step not reached)"; an empty text is "".
std::string ValueLabel(const v1::BreakdownValue& value);
// "10 of 57 values", of what a breakdown has; `rows` without the rows that are no values.
std::string ValuesShown(int64_t rows, int64_t values);

// "2024-01-31 05:00:00" in the scope's zone, with a fraction where there is one.
std::string LocalTime(const google::protobuf::Timestamp& time, const v1::ResolvedScope& scope);

}  // namespace donut::cli
