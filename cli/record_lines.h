// On which line of its source a record begins. Rejections come back by number, and a row of CSV may have
// several lines. Keeps a word per record that has more than one, for the latest kMostKept of them: more than
// can be on the way. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "common/mutex.h"

namespace donut::cli {

class RecordLines {
 public:
  static constexpr size_t kMostKept = 1 << 20;

  // In order of the numbers, from the first record that is sent.
  void Note(int64_t number, int64_t line);
  // The record's own number where the line is not known any more.
  int64_t LineOf(int64_t number) const;

 private:
  // From `number` on, records begin this many lines behind their number.
  struct Shift {
    int64_t number;
    int64_t lines;
  };
  int64_t last_shift_ = 0;  // the sending thread's
  mutable Mutex mutex_;
  std::deque<Shift> shifts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::cli
