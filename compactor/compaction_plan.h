// Decides what the compactor does next with one project's month: whether its fresh rows are packed, and which
// of its slices are merged. Plain functions of numbers: no thread, clock or database, so a simulation can run
// a month in a second.
//
// A slice is what one packing or merging made: a question merges as many histories of a user as there are
// slices (28 ms instead of 10 for 16 of them), and each merge writes its events once more. So:
//   - Fresh rows are packed when they are 1/256 of the month, or 1,000 rows, or when nothing came for a
//   while. The
//     last is for the end of an import: all is packed 30 s later. A lone event every second never is quiet,
//     and goes by the thousand rows. A lone one every minute would be packed alone; so of slices as small as
//     that there are at most eight a month, then the rest waits for an hour.
//   - Slices of similar size (a power of 16) are merged when there are 16 of them: an event is written once
//   per
//     power, three times in five million of a month. And never are there more than 30 in all: then the
//     smallest 16 become one.
//   - A month that is over becomes one slice as soon as it is quiet; the longer, the less there is to gain:
//   one
//     late event must not rewrite five million each time, and does so once a day at most.
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
  int64_t share_of_month = 256;
  int64_t min_events = 4'096;
  int64_t max_events = 512 << 10;  // as many as one packing takes
  int64_t max_rows = 1'000;
  absl::Duration quiet = absl::Seconds(10);
  absl::Duration longest_wait = absl::Hours(1);
  // Packed because it was quiet, and hardly anything.
  int64_t small_slice_events = 256;
  int most_small_slices = 8;

  int fan_in = 16;
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
