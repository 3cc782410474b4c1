// The calendar of all metrics: which hour, day, week or month of a time zone an
// instant belongs to. Buckets are computed here and bound to SQL as arrays of
// instants, so daylight saving is decided in one place and the zone's name never
// reaches PostgreSQL. No state but the zone; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::query {

// [start, end). A day that the zone left out (Samoa, 2011-12-30) has start == end:
// it holds nothing, and counting days by place stays right.
struct CalendarBucket {
  absl::Time start;
  absl::Time end;
  // The first day of a day, week or month bucket; of an hour, the day it lies in.
  absl::CivilDay first_day;
};

// The instant with which `day` begins: midnight; where midnight is skipped the
// first instant after it, where it repeats the first of the two.
absl::Time DayStart(absl::CivilDay day, const absl::TimeZone& zone);

class Calendar {
 public:
  // `granularity` and `week_start` must not be UNSPECIFIED.
  Calendar(absl::TimeZone zone, v1::Granularity granularity, v1::WeekStart week_start)
      : zone_(zone), granularity_(granularity), week_start_(week_start) {}

  // The bucket that `time` lies in.
  CalendarBucket BucketOf(absl::Time time) const;
  CalendarBucket Next(const CalendarBucket& bucket) const;
  // The buckets that overlap [from, to), in order. Stops after `most`: ask for one
  // more than is allowed to notice.
  std::vector<CalendarBucket> Buckets(absl::Time from, absl::Time to, size_t most) const;
  // `count` buckets that begin with the one `from` lies in.
  std::vector<CalendarBucket> BucketsFrom(absl::Time from, size_t count) const;
  // The start of the bucket that comes `count` before `bucket`. A day that the zone left out counts.
  absl::Time StartBefore(const CalendarBucket& bucket, size_t count) const;

  // The bucket's start in the zone: "2024-01-31", or "2024-01-31T05:00+01:00" for hours.
  std::string Label(const CalendarBucket& bucket) const;

 private:
  CalendarBucket FromFirstDay(absl::CivilDay first_day) const;
  absl::CivilDay FirstDayOf(absl::CivilDay day) const;
  // The first day of the bucket that comes `buckets` later; before 0, earlier.
  absl::CivilDay FirstDayAfter(absl::CivilDay first_day, int64_t buckets) const;
  // An hour of the zone that starts at `start`: to the next full hour on the wall
  // clock, or to a change of the clock if that is earlier.
  CalendarBucket HourFrom(absl::Time start) const;

  absl::TimeZone zone_;
  v1::Granularity granularity_;
  v1::WeekStart week_start_;
};

}  // namespace donut::query
