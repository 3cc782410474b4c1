#include "query_service/calendar.h"

#include <limits>

namespace donut::query {
namespace {

// The first change of the zone's offset in (after, before), or `before`.
absl::Time FirstOffsetChange(const absl::TimeZone& zone, absl::Time after, absl::Time before) {
  absl::TimeZone::CivilTransition change;
  while (zone.NextTransition(after, &change)) {
    // `to` is the wall clock just after the change: repeated or unique, never skipped.
    const absl::Time at = zone.At(change.to).trans;
    if (at >= before) break;
    // Where they are equal only the abbreviation changes, and no clock moves.
    if (change.from != change.to) return at;
    after = at;
  }
  return before;
}

}  // namespace

absl::Time DayStart(absl::CivilDay day, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(day));
  return midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre;
}

absl::CivilDay Calendar::FirstDayOf(absl::CivilDay day) const {
  if (granularity_ == v1::GRANULARITY_MONTH) return absl::CivilDay(absl::CivilMonth(day));
  if (granularity_ == v1::GRANULARITY_WEEK) {
    const absl::Weekday first =
        week_start_ == v1::WEEK_START_SUNDAY ? absl::Weekday::sunday : absl::Weekday::monday;
    return absl::PrevWeekday(day + 1, first);
  }
  return day;
}

absl::CivilDay Calendar::FirstDayAfter(absl::CivilDay first_day, int64_t buckets) const {
  if (granularity_ == v1::GRANULARITY_MONTH) return absl::CivilDay(absl::CivilMonth(first_day) + buckets);
  return first_day + buckets * (granularity_ == v1::GRANULARITY_WEEK ? 7 : 1);
}

CalendarBucket Calendar::FromFirstDay(absl::CivilDay first_day) const {
  return {DayStart(first_day, zone_), DayStart(FirstDayAfter(first_day, 1), zone_), first_day};
}

CalendarBucket Calendar::HourFrom(absl::Time start) const {
  const absl::CivilSecond local = absl::ToCivilSecond(start, zone_);
  const absl::CivilSecond next_hour(absl::CivilHour(local) + 1);
  const absl::Time full_hour = start + absl::Seconds(next_hour - local);
  return {start, FirstOffsetChange(zone_, start, full_hour), absl::CivilDay(local)};
}

CalendarBucket Calendar::BucketOf(absl::Time time) const {
  absl::CivilDay day = absl::ToCivilDay(time, zone_);
  // Where midnight repeats, its second hour shows the day before but belongs to this one.
  if (time >= DayStart(day + 1, zone_)) ++day;
  if (granularity_ != v1::GRANULARITY_HOUR) return FromFirstDay(FirstDayOf(day));
  CalendarBucket hour = HourFrom(DayStart(day, zone_));
  while (hour.end <= time) hour = HourFrom(hour.end);
  return hour;
}

CalendarBucket Calendar::Next(const CalendarBucket& bucket) const {
  if (granularity_ == v1::GRANULARITY_HOUR) return HourFrom(bucket.end);
  return FromFirstDay(FirstDayAfter(bucket.first_day, 1));
}

std::vector<CalendarBucket> Calendar::Buckets(absl::Time from, absl::Time to, size_t most) const {
  std::vector<CalendarBucket> buckets;
  for (CalendarBucket bucket = BucketOf(from); bucket.start < to && buckets.size() < most;
       bucket = Next(bucket)) {
    buckets.push_back(bucket);
  }
  return buckets;
}

std::vector<CalendarBucket> Calendar::BucketsFrom(absl::Time from, size_t count) const {
  return Buckets(from, absl::InfiniteFuture(), count);
}

absl::Time Calendar::StartBefore(const CalendarBucket& bucket, size_t count) const {
  if (granularity_ != v1::GRANULARITY_HOUR) {
    return DayStart(FirstDayAfter(bucket.first_day, -static_cast<int64_t>(count)), zone_);
  }
  // No bucket is longer than an hour, so in as many hours there are enough.
  const std::vector<CalendarBucket> hours =
      Buckets(bucket.start - absl::Hours(1) * static_cast<int64_t>(count), bucket.start,
              std::numeric_limits<size_t>::max());
  return hours[hours.size() - count].start;
}

std::string Calendar::Label(const CalendarBucket& bucket) const {
  if (granularity_ != v1::GRANULARITY_HOUR) return absl::FormatCivilTime(bucket.first_day);
  return absl::FormatTime("%Y-%m-%dT%H:%M%Ez", bucket.start, zone_);
}

}  // namespace donut::query
