#include "compactor/compaction_plan.h"

#include <algorithm>
#include <map>

namespace donut::compactor {
namespace {

// 0 below fan_in events, 1 below its square and so on.
int SizeClass(int64_t events, int fan_in) {
  int size_class = 0;
  for (; events >= fan_in; events /= fan_in) ++size_class;
  return size_class;
}

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

}  // namespace

bool IsDueToPack(const Waiting& waiting, const std::vector<Slice>& slices, const PlanOptions& options) {
  if (waiting.rows >= options.max_rows || waiting.oldest_age >= options.longest_wait) return true;
  const int64_t of_month = (EventsOf(slices) + waiting.events) / options.share_of_month;
  if (waiting.events >= std::clamp(of_month, options.min_events, options.max_events)) return true;
  if (waiting.newest_age < options.quiet) return false;
  if (waiting.events >= options.small_slice_events) return true;
  const auto small = std::count_if(slices.begin(), slices.end(), [&](const Slice& slice) {
    return slice.events < options.small_slice_events;
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
  // Ascending: those of one class are neighbours.
  for (size_t begin = 0, end = 0; begin < slices.size(); begin = end) {
    const int size_class = SizeClass(slices[begin].events, options.fan_in);
    while (end < slices.size() && SizeClass(slices[end].events, options.fan_in) == size_class) ++end;
    if (end - begin >= fan_in) {
      return {slices.begin() + static_cast<int64_t>(begin),
              slices.begin() + static_cast<int64_t>(begin + fan_in)};
    }
  }
  if (slices.size() <= static_cast<size_t>(options.most_slices)) return {};
  return smallest();
}

}  // namespace donut::compactor
