#include "query_service/metrics/retention/retention_fold.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace donut::query {
namespace {

constexpr uint32_t kStartBit = 1;
constexpr uint32_t kReturnBit = 2;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// The first start event from `i` on; the count of events when there is none.
uint32_t FindStart(const ActorEvents& actor, uint32_t i) {
  while (i < actor.count && (actor.mask[i] & kStartBit) == 0) ++i;
  return i;
}

}  // namespace

int RetentionFrame::SegmentSince(int64_t since_us) const {
  return static_cast<int>(std::upper_bound(boundaries.begin(), boundaries.end(), since_us) -
                          boundaries.begin());
}

void RetentionValuesFold::Count(uint32_t value) {
  if (value >= members_.size()) members_.resize(std::max<size_t>(value + 1, 2 * members_.size()));
  ++members_[value];
}

void RetentionValuesFold::Add(const ActorEvents& actor) {
  int last_period = 0;
  for (uint32_t i = FindStart(actor, 0); i < actor.count; i = FindStart(actor, i + 1)) {
    const int period = frame_->periods.Find(actor.time_us[i]);
    if (period > frame_->cohorts) return;
    if (period > last_period) Count(actor.values[0][i]);
    if (!frame_->recurring) return;
    last_period = period;
  }
}

void RetentionValuesFold::Merge(const RetentionValuesFold& other) {
  members_.resize(std::max(members_.size(), other.members_.size()));
  for (size_t i = 0; i < other.members_.size(); ++i) members_[i] += other.members_[i];
}

RetentionFold::RetentionFold(std::shared_ptr<const RetentionFrame> frame,
                             std::shared_ptr<const std::vector<int>> row_of_value, size_t row_count)
    : frame_(std::move(frame)), row_of_value_(std::move(row_of_value)) {
  const size_t cells = row_count * static_cast<size_t>(frame_->cohorts) * frame_->segment_count();
  actors_.resize(cells);
  if (frame_->numbers != nullptr) sums_.resize(cells);
  // A period beyond the last bound is one more; number 0 is none.
  if (frame_->recurring) returned_.resize(frame_->periods.bounds_us().size() + 1);
}

size_t RetentionFold::PlaceOf(const ActorEvents& actor, uint32_t start, int cohort) const {
  const int row = row_of_value_ == nullptr ? 0 : (*row_of_value_)[actor.values[0][start]];
  return Place(static_cast<size_t>(row), static_cast<size_t>(cohort) - 1);
}

const ExactDecimal& RetentionFold::NumberOf(const ActorEvents& actor, uint32_t event) {
  const uint32_t number = actor.values.back()[event];
  while (number >= numbers_.size()) {
    numbers_.emplace_back(frame_->numbers->At(static_cast<uint32_t>(numbers_.size())));
  }
  return numbers_[number];
}

void RetentionFold::Add(const ActorEvents& actor) {
  if (frame_->recurring) return AddRecurring(actor);
  AddFirstTime(actor);
}

void RetentionFold::AddFirstTime(const ActorEvents& actor) {
  const uint32_t start = FindStart(actor, 0);
  if (start == actor.count) return;
  const int cohort = frame_->periods.Find(actor.time_us[start]);
  if (cohort < 1 || cohort > frame_->cohorts) return;
  const size_t place = PlaceOf(actor, start, cohort);
  ++actors_[place];
  if (frame_->mode == RetentionFrame::Mode::kOnOrAfter) AddLastReturn(actor, start, cohort, place);
  if (frame_->mode != RetentionFrame::Mode::kOnOrAfter || frame_->numbers != nullptr) {
    AddReturns(actor, start, cohort, place);
  }
}

int64_t RetentionFold::SegmentEnd(int segment, int64_t start_us, int cohort) const {
  const std::vector<int64_t>& boundaries = frame_->boundaries;
  if (static_cast<size_t>(segment) == boundaries.size()) return kNever;
  const int64_t boundary = boundaries[static_cast<size_t>(segment)];
  if (frame_->rolling) return start_us + boundary;
  const std::vector<int64_t>& bounds = frame_->periods.bounds_us();
  const auto place = static_cast<size_t>(cohort - 1 + boundary);
  return place < bounds.size() ? bounds[place] : kNever;
}

void RetentionFold::AddReturns(const ActorEvents& actor, uint32_t start, int cohort, size_t place) {
  const int64_t start_us = actor.time_us[start];
  const bool counts = frame_->mode != RetentionFrame::Mode::kOnOrAfter;
  const bool sums = frame_->numbers != nullptr;
  uint32_t i = start;
  // What is at the instant of the start is not before it.
  while (sums && i > 0 && actor.time_us[i - 1] == start_us) --i;
  int segment = 0;
  int64_t end_us = SegmentEnd(0, start_us, cohort);
  for (; i < actor.count; ++i) {
    if ((actor.mask[i] & kReturnBit) == 0) continue;
    const int64_t time_us = actor.time_us[i];
    if (time_us >= end_us) {
      segment = frame_->rolling
                    ? frame_->SegmentSince(time_us - start_us)
                    : frame_->segment_of_offset[static_cast<size_t>(frame_->periods.Find(time_us) - cohort)];
      end_us = SegmentEnd(segment, start_us, cohort);
      if (counts) ++actors_[place + static_cast<size_t>(segment)];
    }
    if (sums) sums_[place + static_cast<size_t>(segment)].Add(NumberOf(actor, i));
  }
}

void RetentionFold::AddLastReturn(const ActorEvents& actor, uint32_t start, int cohort, size_t place) {
  uint32_t last = actor.count - 1;
  while (last > start && (actor.mask[last] & kReturnBit) == 0) --last;
  const int64_t time_us = actor.time_us[last];
  const int segment =
      frame_->rolling
          ? frame_->SegmentSince(time_us - actor.time_us[start])
          : frame_->segment_of_offset[static_cast<size_t>(frame_->periods.Find(time_us) - cohort)];
  if (segment > 0) ++actors_[place + static_cast<size_t>(segment)];
}

void RetentionFold::AddRecurring(const ActorEvents& actor) {
  FindPeriods(actor);
  if (frame_->numbers != nullptr) SumPeriods(actor);
  for (size_t i = 0; i < periods_.size() && periods_[i].number <= frame_->cohorts; ++i) {
    const Period& period = periods_[i];
    if ((period.mask & kStartBit) == 0) continue;
    const bool is_read = row_of_value_ != nullptr || frame_->numbers != nullptr;
    const uint32_t start = is_read ? FindStart(actor, period.begin) : period.begin;
    const size_t place = PlaceOf(actor, start, period.number);
    ++actors_[place];
    CountReturns(i, place);
    if (frame_->numbers != nullptr) AddPeriodSums(actor, i, start, place);
  }
  for (const Period& period : periods_) returned_[static_cast<size_t>(period.number)] = 0;
}

void RetentionFold::FindPeriods(const ActorEvents& actor) {
  const std::vector<int64_t>& bounds = frame_->periods.bounds_us();
  periods_.clear();
  returned_periods_ = 0;
  last_return_ = 0;
  for (uint32_t i = 0; i < actor.count;) {
    Period period;
    period.number = frame_->periods.Find(actor.time_us[i]);
    period.begin = i;
    const auto next = static_cast<size_t>(period.number);
    const int64_t end_us = next < bounds.size() ? bounds[next] : kNever;
    for (; i < actor.count && actor.time_us[i] < end_us; ++i) period.mask |= actor.mask[i];
    if ((period.mask & kReturnBit) != 0) {
      ++returned_periods_;
      last_return_ = periods_.size();
      returned_[next] = 1;
    }
    periods_.push_back(period);
  }
}

void RetentionFold::SumPeriods(const ActorEvents& actor) {
  period_sums_.assign(periods_.size(), ExactDecimal());
  for (size_t place = 0; place < periods_.size(); ++place) {
    const uint32_t end = place + 1 < periods_.size() ? periods_[place + 1].begin : actor.count;
    for (uint32_t i = periods_[place].begin; i < end; ++i) {
      if ((actor.mask[i] & kReturnBit) != 0) period_sums_[place].Add(NumberOf(actor, i));
    }
  }
}

void RetentionFold::CountReturns(size_t start_period, size_t place) {
  int64_t* const counts = actors_.data() + place;
  const int cohort = periods_[start_period].number;
  const std::vector<int32_t>& segments = frame_->segment_of_offset;
  switch (frame_->mode) {
    case RetentionFrame::Mode::kOn:
      return CountAskedReturns(start_period, counts);
    case RetentionFrame::Mode::kOnOrAfter:
      if (last_return_ > start_period) {
        ++counts[segments[static_cast<size_t>(periods_[last_return_].number - cohort)]];
      }
      return;
    case RetentionFrame::Mode::kBracket:
      break;
  }
  int32_t last = 0;
  for (size_t i = start_period + 1; i < periods_.size(); ++i) {
    if ((periods_[i].mask & kReturnBit) == 0) continue;
    const int32_t segment = segments[static_cast<size_t>(periods_[i].number - cohort)];
    if (segment != last) ++counts[segment];
    last = segment;
  }
}

void RetentionFold::CountAskedReturns(size_t start_period, int64_t* counts) {
  const auto cohort = static_cast<size_t>(periods_[start_period].number);
  const std::vector<int32_t>& segments = frame_->segment_of_offset;
  // Whichever is less: the offsets that are asked for, or the periods in which the actor returned.
  if (frame_->asked_offsets.size() < returned_periods_) {
    for (const int32_t offset : frame_->asked_offsets) {
      counts[segments[static_cast<size_t>(offset)]] += returned_[cohort + static_cast<size_t>(offset)];
    }
    return;
  }
  for (size_t i = start_period + 1; i < periods_.size(); ++i) {
    const size_t offset = static_cast<size_t>(periods_[i].number) - cohort;
    counts[segments[offset]] += (periods_[i].mask & kReturnBit) >> 1;
  }
}

void RetentionFold::AddPeriodSums(const ActorEvents& actor, size_t start_period, uint32_t start,
                                  size_t place) {
  const Period& own = periods_[start_period];
  const int64_t start_us = actor.time_us[start];
  const uint32_t end = start_period + 1 < periods_.size() ? periods_[start_period + 1].begin : actor.count;
  // Of the cohort's own period only what follows the start, or is at its instant.
  uint32_t i = start;
  while (i > own.begin && actor.time_us[i - 1] == start_us) --i;
  for (; i < end; ++i) {
    if ((actor.mask[i] & kReturnBit) != 0) sums_[place].Add(NumberOf(actor, i));
  }
  for (size_t later = start_period + 1; later < periods_.size(); ++later) {
    const auto offset = static_cast<size_t>(periods_[later].number - own.number);
    sums_[place + static_cast<size_t>(frame_->segment_of_offset[offset])].Add(period_sums_[later]);
  }
}

void RetentionFold::Merge(const RetentionFold& other) {
  for (size_t i = 0; i < actors_.size(); ++i) actors_[i] += other.actors_[i];
  for (size_t i = 0; i < sums_.size(); ++i) sums_[i].Add(other.sums_[i]);
}

}  // namespace donut::query
