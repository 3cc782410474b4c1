// Decides what the compactor does next with one project's month: whether its fresh rows are packed, and which
// of its slices are merged. Plain functions of numbers: no thread, clock or database, so a simulation can run
// a month in a second.
//
// A slice is what one packing or merging made: a question merges as many histories of a user as there are
// slices (28 ms instead of 10 for 16 of them), and each merge writes its events once more. So:
//   - Fresh rows are packed when they are 1/64 of the month, or 4,000 rows, or when nothing came for 10 s.
//   The
//     last is for the end of an import: all is packed 30 s later. A lone event every second never is quiet,
//     and goes by the rows. One every minute would be packed alone, at 400 bytes for a block's
//     columns; so of slices as small as that there are at most eight an hour, then the rest waits.
//   - 16 slices are merged when that makes one of at least 8 times the size of the largest of them: so an
//   event is
//     written a few times, once for each power of 16. And never are there more than 30 slices: then those 16
//     are merged that gain most.
//   - A month that is over becomes one slice as soon as it rests; the longer, the less there is to gain: one
//     late event must not rewrite five million each time, and does so once a day at most.
// compaction_simulation_test.cc tells what that writes: 40 bytes an event in bulk, 100 in a trickle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace donut::compactor {

// Fresh rows of one project's month.
struct Waiting {
  int project_id = 0;
  int month = 0;
  int64_t rows = 0;
  int64_t events = 0;
  int64_t bytes = 0;
  absl::Duration oldest_age;
  absl::Duration newest_age;
};

struct Slice {
  std::string id;
  int level = 0;
  int64_t events = 0;
  int64_t blocks = 0;
  int64_t bytes = 0;
  absl::Duration age;
};

struct PlanOptions {
  int64_t share_of_month = 64;
  int64_t min_events = 4'096;
  int64_t max_events = 2 << 20;
  int64_t max_rows = 4'000;
  absl::Duration quiet = absl::Seconds(10);
  absl::Duration longest_wait = absl::Hours(1);
  // Packed because it was quiet, and hardly worth a slice.
  int64_t small_slice_events = 1'000;
  int most_small_slices = 8;
  absl::Duration small_slice_period = absl::Hours(1);

  int fan_in = 16;
  // What is made is at least as many times as large as the largest that it is made of.
  int64_t least_gain = 8;
  int most_slices = 30;
  // Of a month that is over, before it becomes one slice: shortest where the rest is at least 1/fan_in of the
  // largest slice, longer in proportion where it is less.
  absl::Duration shortest_rest = absl::Seconds(20);
  absl::Duration longest_rest = absl::Hours(24);
};

// Whether the fresh rows of a month are to be packed, which has these slices already.
bool IsDueToPack(const Waiting& waiting, const std::vector<Slice>& slices, const PlanOptions& options);

// The ids of those slices that are to become one; fewer than two: none. `is_over`: no more events are
// expected in the month, and none wait in fresh rows.
std::vector<Slice> SlicesToMerge(std::vector<Slice> slices, bool is_over, const PlanOptions& options);

}  // namespace donut::compactor
