#include "query_service/metrics/funnel/funnel_series.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace donut::query {
namespace {

constexpr int64_t kNeverReached = std::numeric_limits<int64_t>::max();

std::shared_ptr<const BucketIndex> StartsOf(const FunnelSeriesQuestion& series, absl::Time scope_start) {
  std::vector<int64_t> starts;
  for (const CalendarBucket& bucket : series.buckets) {
    starts.push_back(absl::ToUnixMicros(std::max(bucket.start, scope_start)));
  }
  return std::make_shared<const BucketIndex>(std::move(starts));
}

}  // namespace

FunnelSeries::FunnelSeries(const FunnelPlan& plan, const FunnelSeriesQuestion& series, absl::Time scope_start)
    : plan_(plan),
      from_step_(series.from_step),
      to_step_(series.to_step),
      starts_(StartsOf(series, scope_start)),
      buckets_(series.buckets.size()) {}

void FunnelSeries::Add(const FunnelEvents& events, const std::vector<int>& entry_levels) {
  entered_.clear();
  if (plan_.is_strict()) {
    AddStrict(events);
  } else if (plan_.is_unordered()) {
    for (uint32_t i = 0; i < events.size(); ++i) {
      if (entry_levels[i] == 0) continue;
      Enter(events.time_us(i), entry_levels[i] >= from_step_, entry_levels[i] >= to_step_);
    }
  } else {
    uint32_t begin = 0;
    for (const uint32_t end : events.group_ends()) {
      AddOrdered(events, begin, end);
      begin = end;
    }
  }
  CountEntered();
}

// Backward, because the best attempt that ends with an event hides the earlier entries of other buckets.
void FunnelSeries::AddOrdered(const FunnelEvents& events, uint32_t begin, uint32_t end) {
  std::fill_n(from_us_.begin(), to_step_ + 2, kNeverReached);
  std::fill_n(to_us_.begin(), to_step_ + 2, kNeverReached);
  if (plan_.exclusions.empty()) {
    for (uint32_t i = end; i > begin; --i) Step(events, i - 1);
    return;
  }
  for (uint32_t first = end; end > begin; end = first) {
    while (first > begin && events.time_us(first - 1) == events.time_us(end - 1)) --first;
    for (uint32_t i = end; i > first; --i) Step(events, i - 1);
    Exclude(events, first, end);
  }
}

// From the lowest step up, so that an event is not followed by itself.
void FunnelSeries::Step(const FunnelEvents& events, uint32_t event) {
  const int64_t time = events.time_us(event);
  uint32_t left = events.steps(event);
  if ((left & 1) != 0) {
    if (events.IsEntry(event)) {
      const int64_t from = from_step_ == 1 ? time : from_us_[2];
      const int64_t to = to_step_ == 1 ? time : to_us_[2];
      Enter(time, from != kNeverReached && from - time <= plan_.window_us,
            to != kNeverReached && to - time <= plan_.window_us);
    }
    left ^= 1;
  }
  for (; left != 0; left &= left - 1) {
    const int number = __builtin_ctz(left) + 1;
    const auto step = static_cast<size_t>(number);
    if (number > to_step_) break;
    to_us_[step] = std::min(to_us_[step], number == to_step_ ? time : to_us_[step + 1]);
    if (number > from_step_) continue;
    from_us_[step] = std::min(from_us_[step], number == from_step_ ? time : from_us_[step + 1]);
  }
}

// What came before this instant does not get to what follows an exclusion of it.
void FunnelSeries::Exclude(const FunnelEvents& events, uint32_t begin, uint32_t end) {
  uint32_t ending = 0;
  for (uint32_t i = begin; i < end; ++i) ending |= events.exclusions(i);
  for (; ending != 0; ending &= ending - 1) {
    const FunnelPlan::Exclusion& exclusion = plan_.exclusions[static_cast<size_t>(__builtin_ctz(ending))];
    for (int step = exclusion.from_step + 1; step <= exclusion.to_step; ++step) {
      from_us_[static_cast<size_t>(step)] = kNeverReached;
      to_us_[static_cast<size_t>(step)] = kNeverReached;
    }
  }
}

void FunnelSeries::AddStrict(const FunnelEvents& events) {
  for (uint32_t entry = 0; entry < events.size(); ++entry) {
    if (!events.IsEntry(entry)) continue;
    int length = 1;
    for (uint32_t i = entry + 1; i < events.size() && length < to_step_; ++i, ++length) {
      const bool follows = (events.steps(i) >> length & 1) != 0 && events.IsOpen(entry, i);
      if (!follows || !events.SameHeld(i - 1, i)) break;
    }
    Enter(events.time_us(entry), length >= from_step_, length >= to_step_);
  }
}

void FunnelSeries::Enter(int64_t time_us, bool reaches_from, bool reaches_to) {
  const int bucket = starts_->Find(time_us) - 1;
  // Entries of a bucket mostly come one after the other.
  if (entered_.empty() || entered_.back().bucket != bucket) entered_.push_back({bucket});
  entered_.back().reaches_from |= reaches_from;
  entered_.back().reaches_to |= reaches_to;
}

void FunnelSeries::CountEntered() {
  const auto is_earlier = [](const Entered& a, const Entered& b) { return a.bucket < b.bucket; };
  // Of several groups of held values.
  if (plan_.held_count > 0) std::sort(entered_.begin(), entered_.end(), is_earlier);
  for (size_t begin = 0, end = 0; begin < entered_.size(); begin = end) {
    Entered of_bucket = entered_[begin];
    for (; end < entered_.size() && entered_[end].bucket == of_bucket.bucket; ++end) {
      of_bucket.reaches_from |= entered_[end].reaches_from;
      of_bucket.reaches_to |= entered_[end].reaches_to;
    }
    FunnelBucketCount& count = buckets_[static_cast<size_t>(of_bucket.bucket)];
    ++count.entered;
    if (of_bucket.reaches_from) ++count.reached_from;
    if (of_bucket.reaches_to) ++count.reached_to;
  }
}

void FunnelSeries::Merge(const FunnelSeries& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) {
    buckets_[i].entered += other.buckets_[i].entered;
    buckets_[i].reached_from += other.buckets_[i].reached_from;
    buckets_[i].reached_to += other.buckets_[i].reached_to;
  }
}

}  // namespace donut::query
