// A month of the compactor's decisions, without a database: how much it writes per event, and how many slices
// a question meets. Bytes by what the format was measured to take.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "compactor/compaction_plan.h"
#include "gtest/gtest.h"

namespace donut::compactor {
namespace {

constexpr absl::Duration kMonth = absl::Hours(24 * 30);

// Of a fresh row: 12.4 B an event in groups of 2,000, some 60 for a lone one.
double FreshBytes(double events_per_row) { return 12 + 48 / events_per_row; }
// Of a block's event: columns take some 400 bytes of their own.
double BlockBytes(int64_t events) { return 8.8 + 400.0 / static_cast<double>(events); }

struct Outcome {
  double bytes_per_event = 0;
  double mean_slices = 0;
  size_t most_slices = 0;
  size_t last_slices = 0;
  absl::Duration packed_after;  // the end
};

class SimulatedMonth {
 public:
  // `rate`: rows a second.
  SimulatedMonth(double rate, int64_t events_per_row, absl::Duration length, absl::Duration step)
      : rate_(rate), events_per_row_(events_per_row), length_(length), step_(step) {}

  Outcome Run() {
    double rows_due = 0;
    for (now_ = absl::ZeroDuration(); now_ < length_ + absl::Hours(1); now_ += step_) {
      if (now_ < length_) {
        for (rows_due += rate_ * absl::ToDoubleSeconds(step_); rows_due >= 1; rows_due -= 1) TakeRow();
      }
      Compact();
      if (now_ >= length_) {
        if (waiting_.rows > 0) outcome_.packed_after = now_ - length_ + step_;
        continue;
      }
      slice_seconds_ += static_cast<double>(slices_.size()) * absl::ToDoubleSeconds(step_);
      outcome_.most_slices = std::max(outcome_.most_slices, slices_.size());
    }
    outcome_.mean_slices = slice_seconds_ / absl::ToDoubleSeconds(length_);
    outcome_.bytes_per_event = bytes_ / static_cast<double>(events_);
    outcome_.last_slices = slices_.size();
    return outcome_;
  }

 private:
  void TakeRow() {
    if (waiting_.rows == 0) oldest_ = now_;
    newest_ = now_;
    ++waiting_.rows;
    waiting_.events += events_per_row_;
    events_ += events_per_row_;
    bytes_ += FreshBytes(static_cast<double>(events_per_row_)) * static_cast<double>(events_per_row_);
  }

  // Whether a packing is out of the question: asking costs time, and each second of a month asks.
  bool IsTooEarly() const {
    return waiting_.rows < options_.max_rows && waiting_.events < options_.min_events &&
           waiting_.newest_age < options_.quiet && waiting_.oldest_age < options_.longest_wait;
  }

  void Compact() {
    waiting_.oldest_age = now_ - oldest_;
    waiting_.newest_age = now_ - newest_;
    if (waiting_.rows > 0 && !IsTooEarly() && IsDueToPack(waiting_, Aged(), options_)) {
      Write(waiting_.events);
      waiting_ = {};
    } else if (now_ < length_) {
      return;
    }
    while (true) {
      const std::vector<Slice> chosen =
          SlicesToMerge(Aged(), /*is_over=*/now_ >= length_ && waiting_.rows == 0, options_);
      if (chosen.size() < 2) return;
      int64_t events = 0;
      for (const Slice& slice : chosen) {
        events += slice.events;
        std::erase_if(slices_, [&slice](const Slice& one) { return one.id == slice.id; });
      }
      Write(events);
    }
  }

  void Write(int64_t events) {
    bytes_ += BlockBytes(events) * static_cast<double>(events);
    // Its age is the time when it was made, until it is asked for.
    slices_.push_back({absl::StrCat(++last_id_), 0, events, 1, 0, now_});
  }

  std::vector<Slice> Aged() const {
    std::vector<Slice> slices = slices_;
    for (Slice& slice : slices) slice.age = now_ - slice.age;
    return slices;
  }

  const PlanOptions options_;
  const double rate_;
  const int64_t events_per_row_;
  const absl::Duration length_;
  const absl::Duration step_;
  absl::Duration now_;
  absl::Duration oldest_;
  absl::Duration newest_;
  Waiting waiting_;
  std::vector<Slice> slices_;
  int last_id_ = 0;
  int64_t events_ = 0;
  double bytes_ = 0;
  double slice_seconds_ = 0;
  Outcome outcome_;
};

void ExpectWithin(const Outcome& outcome, double most_bytes) {
  EXPECT_LE(outcome.bytes_per_event, most_bytes);
  EXPECT_LE(outcome.most_slices, 31u);
  EXPECT_EQ(outcome.last_slices, 1u);
  EXPECT_LE(outcome.packed_after, absl::Seconds(30));
  std::printf("%.1f B/event, %.1f slices on average, %zu at most, packed after %.0f s\n",
              outcome.bytes_per_event, outcome.mean_slices, outcome.most_slices,
              absl::ToDoubleSeconds(outcome.packed_after));
}

TEST(CompactionSimulationTest, AMonthOfSteadyGroups) {
  // Each five seconds: 5 million, 50 million and a billion events. The first month of all, so the slices of
  // its beginning are small, and written once more than those of an import.
  for (const int events : {10, 100, 2'000}) {
    ExpectWithin(SimulatedMonth(1.0 / 5, events, kMonth, absl::Seconds(5)).Run(), 54);
  }
}

TEST(CompactionSimulationTest, AGroupNowAndThen) {
  ExpectWithin(SimulatedMonth(1.0 / 1'080, 2'000, kMonth, absl::Seconds(10)).Run(), 60);
}

TEST(CompactionSimulationTest, AnImportOfMillionsWithinMinutes) {
  ExpectWithin(SimulatedMonth(100, 2'000, absl::Seconds(24), absl::Seconds(1)).Run(), 40);
  ExpectWithin(SimulatedMonth(200, 2'000, absl::Minutes(10), absl::Seconds(1)).Run(), 40);
}

TEST(CompactionSimulationTest, ATrickleOfOneEventASecond) {
  ExpectWithin(SimulatedMonth(1, 1, kMonth, absl::Seconds(1)).Run(), 100);
}

TEST(CompactionSimulationTest, ALoneEventEveryMinute) {
  const Outcome outcome = SimulatedMonth(1.0 / 60, 1, kMonth, absl::Seconds(10)).Run();
  EXPECT_LE(outcome.bytes_per_event, 180);
  EXPECT_LE(outcome.most_slices, 31u);
}

}  // namespace
}  // namespace donut::compactor
