#include "compactor/compaction_plan.h"

#include <algorithm>

namespace donut::compactor {
namespace {

int64_t EventsOf(const std::vector<Slice>& slices) {
  int64_t events = 0;
  for (const Slice& slice : slices) events += slice.events;
  return events;
}

// How long a month that is over has to rest before it becomes one slice. `slices` ascend by size.
absl::Duration RestBeforeOne(const std::vector<Slice>& slices, const PlanOptions& options) {
  const int64_t largest = slices.back().events;
  const int64_t rest = std::max<int64_t>(EventsOf(slices) - largest, 1);
  const absl::Duration in_proportion =
      options.shortest_rest * (static_cast<double>(largest) / static_cast<double>(rest * options.fan_in));
  return std::clamp(in_proportion, options.shortest_rest, options.longest_rest);
}

// Where those `count` slices begin that gain enough, the smallest ones first; if none do, that gain most.
// `slices` ascend by size.
size_t BestWindow(const std::vector<Slice>& slices, size_t count, int64_t enough) {
  size_t best = 0;
  double best_gain = 0;
  for (size_t begin = 0; begin + count <= slices.size(); ++begin) {
    int64_t events = 0;
    for (size_t i = begin; i < begin + count; ++i) events += slices[i].events;
    const double gain = static_cast<double>(events) / static_cast<double>(slices[begin + count - 1].events);
    if (gain > best_gain) {
      best = begin;
      best_gain = gain;
    }
    if (gain >= static_cast<double>(enough)) break;
  }
  return best;
}

}  // namespace

bool IsDueToPack(const Waiting& waiting, const std::vector<Slice>& slices, const PlanOptions& options) {
  if (waiting.rows >= options.max_rows || waiting.oldest_age >= options.longest_wait) return true;
  const int64_t of_month = (EventsOf(slices) + waiting.events) / options.share_of_month;
  if (waiting.events >= std::clamp(of_month, options.min_events, options.max_events)) return true;
  if (waiting.newest_age < options.quiet) return false;
  if (waiting.events >= options.small_slice_events) return true;
  const auto small = std::count_if(slices.begin(), slices.end(), [&](const Slice& slice) {
    return slice.events < options.small_slice_events && slice.age < options.small_slice_period;
  });
  return small < options.most_small_slices;
}

std::vector<Slice> SlicesToMerge(std::vector<Slice> slices, bool is_over, const PlanOptions& options) {
  if (slices.size() < 2) return {};
  std::sort(slices.begin(), slices.end(), [](const Slice& one, const Slice& other) {
    return one.events != other.events ? one.events < other.events : one.id < other.id;
  });
  const auto fan_in = static_cast<size_t>(options.fan_in);
  const auto smallest = [&slices, fan_in] {
    slices.resize(std::min(slices.size(), fan_in));
    return slices;
  };
  if (is_over) {
    absl::Duration newest = slices.front().age;
    for (const Slice& slice : slices) newest = std::min(newest, slice.age);
    if (newest >= RestBeforeOne(slices, options)) return smallest();
  }
  if (slices.size() < fan_in) return {};
  const size_t best = BestWindow(slices, fan_in, options.least_gain);
  const std::vector<Slice> chosen(slices.begin() + static_cast<int64_t>(best),
                                  slices.begin() + static_cast<int64_t>(best + fan_in));
  const bool gains = EventsOf(chosen) >= options.least_gain * chosen.back().events;
  return gains || slices.size() > static_cast<size_t>(options.most_slices) ? chosen : std::vector<Slice>();
}

}  // namespace donut::compactor
