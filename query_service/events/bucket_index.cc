#include "query_service/events/bucket_index.h"

#include <utility>

namespace donut::query {

BucketIndex::BucketIndex(std::vector<int64_t> bounds_us) : bounds_(std::move(bounds_us)) {
  if (bounds_.empty()) return;
  first_ = bounds_.front();
  const int64_t quarters = std::min((bounds_.back() - first_) / history::kQuarterUs + 1, kMostQuarters);
  table_.resize(static_cast<size_t>(quarters));
  size_t place = 0;
  for (int64_t quarter = 0; quarter < quarters; ++quarter) {
    const int64_t start = first_ + quarter * history::kQuarterUs;
    while (place < bounds_.size() && bounds_[place] <= start) ++place;
    const bool is_cut = place < bounds_.size() && bounds_[place] < start + history::kQuarterUs;
    table_[static_cast<size_t>(quarter)] = is_cut ? -1 : static_cast<int32_t>(place);
  }
}

}  // namespace donut::query
