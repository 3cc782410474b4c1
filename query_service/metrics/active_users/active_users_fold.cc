#include "query_service/metrics/active_users/active_users_fold.h"

#include <algorithm>
#include <utility>

namespace donut::query {
namespace {

constexpr int kWeekDays = 7;
constexpr int kMonthDays = 30;

// Adds the windows of `days` days that hold one of these ascending days, each once, as changes between
// buckets.
void AddWindows(const std::vector<int>& of_days, int days, int64_t ActiveUsersFold::Bucket::*change,
                std::vector<ActiveUsersFold::Bucket>& buckets) {
  const int end = static_cast<int>(buckets.size());
  int covered = 0;  // windows that end before this day have been counted
  for (const int day : of_days) {
    const int first = std::max(day, covered);
    const int last = day + days;
    covered = std::max(covered, last);
    if (first >= end || last <= 0) continue;
    ++(buckets[static_cast<size_t>(std::max(first, 0))].*change);
    if (last < end) --(buckets[static_cast<size_t>(last)].*change);
  }
}

}  // namespace

ActiveUsersFold::ActiveUsersFold(std::shared_ptr<const ActiveUsersPieces> pieces,
                                 std::shared_ptr<const std::vector<int>> row_of_value, size_t row_count)
    : pieces_(std::move(pieces)), row_of_value_(std::move(row_of_value)), rows_(row_count) {
  for (Row& row : rows_) row.buckets.resize(static_cast<size_t>(pieces_->bucket_count));
}

void ActiveUsersFold::Add(const ActorEvents& actor) {
  const BucketIndex& index = pieces_->index;
  seen_.clear();
  if (row_of_value_ == nullptr) {
    int last = -1;
    for (uint32_t i = 0; i < actor.count; ++i) {
      const int piece = index.Find(actor.time_us[i]);
      if (piece != last) seen_.push_back(piece);
      last = piece;
    }
    Count(rows_[0], seen_.data(), seen_.size(), seen_[0]);
    return;
  }
  seen_by_row_.clear();
  for (uint32_t i = 0; i < actor.count; ++i) {
    seen_by_row_.emplace_back((*row_of_value_)[actor.values[0][i]], index.Find(actor.time_us[i]));
  }
  const int first_piece = seen_by_row_[0].second;
  std::sort(seen_by_row_.begin(), seen_by_row_.end());
  seen_by_row_.erase(std::unique(seen_by_row_.begin(), seen_by_row_.end()), seen_by_row_.end());
  for (size_t begin = 0, end = 0; begin < seen_by_row_.size(); begin = end) {
    seen_.clear();
    while (end < seen_by_row_.size() && seen_by_row_[end].first == seen_by_row_[begin].first) {
      seen_.push_back(seen_by_row_[end++].second);
    }
    Count(rows_[static_cast<size_t>(seen_by_row_[begin].first)], seen_.data(), seen_.size(), first_piece);
  }
}

void ActiveUsersFold::Count(Row& row, const int* pieces, size_t count, int first_piece) {
  const int first_bucket = pieces_->first_bucket;
  // The row's first event is in the piece of the actor's first one.
  if (pieces[0] == first_piece && first_piece >= first_bucket) {
    ++row.buckets[static_cast<size_t>(first_piece - first_bucket)].newcomers;
  }
  bool is_active = false;
  for (size_t i = 0; i < count; ++i) {
    if (pieces[i] < first_bucket) continue;
    is_active = true;
    ++row.buckets[static_cast<size_t>(pieces[i] - first_bucket)].active;
  }
  if (is_active) ++row.active;
  if (!pieces_->by_day || pieces[count - 1] == 0) return;
  // Days by their distance from the first bucket.
  std::vector<int>& days = days_;
  days.clear();
  for (size_t i = 0; i < count; ++i) {
    if (pieces[i] == 0) continue;
    int day = pieces[i] - first_bucket;
    if (day < 0 && pieces_->first_day_is_cut) ++day;
    if (days.empty() || days.back() != day) days.push_back(day);
  }
  AddWindows(days, kWeekDays, &Bucket::week_change, row.buckets);
  AddWindows(days, kMonthDays, &Bucket::month_change, row.buckets);
}

void ActiveUsersFold::Merge(const ActiveUsersFold& other) {
  for (size_t i = 0; i < rows_.size(); ++i) {
    rows_[i].active += other.rows_[i].active;
    for (size_t bucket = 0; bucket < rows_[i].buckets.size(); ++bucket) {
      Bucket& to = rows_[i].buckets[bucket];
      const Bucket& from = other.rows_[i].buckets[bucket];
      to.active += from.active;
      to.newcomers += from.newcomers;
      to.week_change += from.week_change;
      to.month_change += from.month_change;
    }
  }
}

void ActiveValuesFold::Add(const ActorEvents& actor) {
  values_.clear();
  for (uint32_t i = 0; i < actor.count; ++i) {
    if (actor.time_us[i] >= from_us_) values_.push_back(actor.values[0][i]);
  }
  if (values_.empty()) return;
  std::sort(values_.begin(), values_.end());
  values_.erase(std::unique(values_.begin(), values_.end()), values_.end());
  if (values_.back() >= actors_.size()) actors_.resize(values_.back() + 1);
  for (const uint32_t value : values_) ++actors_[value];
}

void ActiveValuesFold::Merge(const ActiveValuesFold& other) {
  actors_.resize(std::max(actors_.size(), other.actors_.size()));
  for (size_t i = 0; i < other.actors_.size(); ++i) actors_[i] += other.actors_[i];
}

}  // namespace donut::query
