// Retention over histories: members of each cohort, who of them comes back in which segment of offsets, and
// the sums of their values. The same numbers as the statements give, before segments are put together to
// cells. Plain classes: no threads, no database, no messages. Not thread-safe; one per thread, merged at the
// end.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "query_service/events/bucket_index.h"
#include "query_service/events/event_question.h"
#include "query_service/events/exact_decimal.h"
#include "query_service/events/value_names.h"

namespace donut::query {

// What is counted. Bit 0 of an event's mask: a start event; bit 1: a return event.
struct RetentionFrame {
  enum class Mode { kOn, kOnOrAfter, kBracket };

  // `period_bounds`: the starts of the periods, the first of them that of the first cohort, and the end of
  // the last. Period p, from 1, is index.Find(): the first ones are the cohorts.
  explicit RetentionFrame(std::vector<int64_t> period_bounds) : periods(std::move(period_bounds)) {}

  BucketIndex periods;
  int cohorts = 0;
  // Of events from the first cohort on; else of all history.
  bool recurring = false;
  Mode mode = Mode::kOn;
  // Segment s, from 1, begins with boundaries[s - 1]: an offset, or, ROLLING, microseconds since the start.
  // Segment 0 is offset 0.
  bool rolling = false;
  std::vector<int64_t> boundaries;
  // CALENDAR: by offset.
  std::vector<int32_t> segment_of_offset;
  // ON: the offsets that are asked for.
  std::vector<int32_t> asked_offsets;
  // Of the numbers that are added up, which are the last of an event's values. Null: none are.
  const ValueNames* numbers = nullptr;

  size_t segment_count() const { return boundaries.size() + 1; }
  // ROLLING: `since_us` after the start.
  int SegmentSince(int64_t since_us) const;
};

// Members of all cohorts by the number of their start event's value (values[0]).
class RetentionValuesFold {
 public:
  explicit RetentionValuesFold(std::shared_ptr<const RetentionFrame> frame) : frame_(std::move(frame)) {}

  void Add(const ActorEvents& actor);
  void Merge(const RetentionValuesFold& other);
  const std::vector<int64_t>& members() const { return members_; }

 private:
  void Count(uint32_t value);

  std::shared_ptr<const RetentionFrame> frame_;
  std::vector<int64_t> members_;
};

class RetentionFold {
 public:
  // `row_of_value`: by the number of the start event's value (values[0]); null: all are in row 0.
  RetentionFold(std::shared_ptr<const RetentionFrame> frame,
                std::shared_ptr<const std::vector<int>> row_of_value, size_t row_count);

  void Add(const ActorEvents& actor);
  void Merge(const RetentionFold& other);

  // By segment, of a row and a cohort, from 0. Of segment 0 all members count. Of a segment that no column
  // has, what is counted is of no use; with kOnOrAfter each member counts in its last one.
  const int64_t* actors(size_t row, size_t cohort) const { return actors_.data() + Place(row, cohort); }
  // Null: no values.
  const ExactDecimal* sums(size_t row, size_t cohort) const {
    return frame_->numbers == nullptr ? nullptr : sums_.data() + Place(row, cohort);
  }

 private:
  // Events of one actor within one period.
  struct Period {
    int number = 0;
    uint32_t mask = 0;  // of all of them
    uint32_t begin = 0;
  };

  size_t Place(size_t row, size_t cohort) const {
    return (row * static_cast<size_t>(frame_->cohorts) + cohort) * frame_->segment_count();
  }
  // Of the cells of the member that starts with event `start` in period `cohort`.
  size_t PlaceOf(const ActorEvents& actor, uint32_t start, int cohort) const;
  const ExactDecimal& NumberOf(const ActorEvents& actor, uint32_t event);

  void AddFirstTime(const ActorEvents& actor);
  void AddReturns(const ActorEvents& actor, uint32_t start, int cohort, size_t place);
  int64_t SegmentEnd(int segment, int64_t start_us, int cohort) const;
  void AddLastReturn(const ActorEvents& actor, uint32_t start, int cohort, size_t place);

  void AddRecurring(const ActorEvents& actor);
  void FindPeriods(const ActorEvents& actor);
  void SumPeriods(const ActorEvents& actor);
  void CountReturns(size_t start_period, size_t place);
  void CountAskedReturns(size_t start_period, int64_t* counts);
  void AddPeriodSums(const ActorEvents& actor, size_t start_period, uint32_t start, size_t place);

  std::shared_ptr<const RetentionFrame> frame_;
  std::shared_ptr<const std::vector<int>> row_of_value_;
  std::vector<int64_t> actors_;
  std::vector<ExactDecimal> sums_;
  // Read once, by the number of the value.
  std::vector<ExactDecimal> numbers_ = std::vector<ExactDecimal>(1);
  // Of the actor that is looked at; sums of return events.
  std::vector<Period> periods_;
  std::vector<ExactDecimal> period_sums_;
  size_t returned_periods_ = 0;
  size_t last_return_ = 0;  // its place in periods_
  // By the number of a period: whether the actor returned.
  std::vector<uint8_t> returned_;
};

}  // namespace donut::query
