#include "cli/record_lines.h"

#include <algorithm>

namespace donut::cli {

void RecordLines::Note(int64_t number, int64_t line) {
  const int64_t shift = line - number;
  if (shift == last_shift_) return;
  last_shift_ = shift;
  MutexLock lock(mutex_);
  shifts_.push_back({number, shift});
  if (shifts_.size() > kMostKept) shifts_.pop_front();
}

int64_t RecordLines::LineOf(int64_t number) const {
  MutexLock lock(mutex_);
  const auto behind = std::upper_bound(shifts_.begin(), shifts_.end(), number,
                                       [](int64_t one, const Shift& shift) { return one < shift.number; });
  return behind == shifts_.begin() ? number : number + (behind - 1)->lines;
}

}  // namespace donut::cli
