#include "donut/pipeline_run.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "common/limits.h"
#include "common/mutex.h"
#include "common/pipeline_events.h"
#include "common/utf8.h"

namespace donut {
namespace {

constexpr char kLeftByException[] = "left by an exception";
constexpr char kNotCompleted[] = "ended without Complete";

}  // namespace

// What the run and its phases share.
class PipelineRun::State {
 public:
  State(Tracker& tracker, PipelineRunOptions options) : tracker_(tracker), options_(std::move(options)) {}

  void Start(std::initializer_list<Property> properties) {
    MutexLock lock(mutex_);
    Emit(kPipelineRunStarted, {{kPipelineKey, options_.pipeline}}, {}, properties);
  }

  int64_t StartPhase(std::string_view phase, std::optional<int64_t> items_in,
                     std::initializer_list<Property> properties) {
    MutexLock lock(mutex_);
    if (ended_) return 0;
    open_.push_back({++phases_, std::string(phase)});
    Emit(kPipelinePhaseStarted, {{kPhaseKey, phase}}, {.items_in = items_in}, properties);
    return phases_;
  }

  void CompletePhase(int64_t number, std::string_view phase, const ItemCounts& counts,
                     std::initializer_list<Property> properties) {
    MutexLock lock(mutex_);
    const auto at =
        std::find_if(open_.begin(), open_.end(), [number](const Open& o) { return o.number == number; });
    if (ended_ || at == open_.end()) return;
    open_.erase(at);
    Emit(kPipelinePhaseCompleted, {{kPhaseKey, phase}}, counts, properties);
  }

  void Complete(const ItemCounts& counts, std::initializer_list<Property> properties) {
    MutexLock lock(mutex_);
    if (std::exchange(ended_, true)) return;
    Emit(kPipelineRunCompleted, {}, counts, properties);
  }

  // Without `phase`: the one that was started last and is still open.
  void Fail(std::optional<std::string_view> phase, std::string_view reason,
            std::initializer_list<Property> properties) {
    MutexLock lock(mutex_);
    if (std::exchange(ended_, true)) return;
    // The text is cleaned here so that a strange what() never hides a failure.
    const std::string storable = ToStorableText(reason, limits::kMaxFailureReasonBytes);
    if (!phase.has_value() && !open_.empty()) phase = open_.back().name;
    if (phase.has_value()) {
      Emit(kPipelineRunFailed, {{kReasonKey, storable}, {kPhaseKey, *phase}}, {}, properties);
    } else {
      Emit(kPipelineRunFailed, {{kReasonKey, storable}}, {}, properties);
    }
  }

  TrackResult first_problem() const {
    MutexLock lock(mutex_);
    return first_problem_;
  }

 private:
  struct Open {
    int64_t number;
    std::string name;
  };

  // Tracked under the lock, so that the order of times is the order of numbers.
  void Emit(std::string_view event, std::initializer_list<Property> own, const ItemCounts& counts,
            std::initializer_list<Property> properties) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    try {
      Append(event, own, counts, properties);
    } catch (...) {
      if (first_problem_) first_problem_ = {TrackOutcome::kQueueFull, "out of memory"};
    }
  }

  void Append(std::string_view event, std::initializer_list<Property> own, const ItemCounts& counts,
              std::initializer_list<Property> properties) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::vector<Property> all;
    all.reserve(own.size() + properties.size() + 3);
    // The caller's first: of two with the same key the later one counts.
    all.insert(all.end(), properties.begin(), properties.end());
    all.insert(all.end(), own.begin(), own.end());
    all.push_back({kAttemptKey, options_.attempt});
    if (counts.items_in.has_value()) all.push_back({kItemsInKey, *counts.items_in});
    if (counts.items_out.has_value()) all.push_back({kItemsOutKey, *counts.items_out});
    last_time_ = std::max(last_time_, options_.now());
    const TrackResult result = tracker_.Track(event, options_.user_id, std::span<const Property>(all),
                                              {.session_id = options_.run_id, .event_time = last_time_});
    if (!result && first_problem_) first_problem_ = result;
  }

  Tracker& tracker_;
  const PipelineRunOptions options_;
  mutable Mutex mutex_;
  std::vector<Open> open_ ABSL_GUARDED_BY(mutex_);  // in the order of their start
  int64_t phases_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_time_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  TrackResult first_problem_ ABSL_GUARDED_BY(mutex_) = TrackResult::Taken();
};

PipelineRun::PipelineRun(Tracker& tracker, PipelineRunOptions options,
                         std::initializer_list<Property> properties)
    : state_(std::make_shared<State>(tracker, std::move(options))),
      exceptions_at_start_(std::uncaught_exceptions()) {
  state_->Start(properties);
}

PipelineRun::~PipelineRun() {
  const bool by_exception = std::uncaught_exceptions() > exceptions_at_start_;
  Fail(by_exception ? kLeftByException : kNotCompleted);
}

PipelineRun::Phase PipelineRun::StartPhase(std::string_view phase, std::optional<int64_t> items_in,
                                           std::initializer_list<Property> properties) {
  return Phase(state_, state_->StartPhase(phase, items_in, properties), phase);
}

void PipelineRun::Complete(const ItemCounts& counts, std::initializer_list<Property> properties) noexcept {
  state_->Complete(counts, properties);
}

void PipelineRun::Fail(std::string_view reason, std::initializer_list<Property> properties) noexcept {
  state_->Fail(std::nullopt, reason, properties);
}

void PipelineRun::FailIn(std::string_view phase, std::string_view reason,
                         std::initializer_list<Property> properties) noexcept {
  state_->Fail(phase, reason, properties);
}

TrackResult PipelineRun::first_problem() const { return state_->first_problem(); }

PipelineRun::Phase::Phase(std::shared_ptr<State> state, int64_t number, std::string_view name)
    : state_(std::move(state)), number_(number), name_(name) {}

void PipelineRun::Phase::Complete(const ItemCounts& counts,
                                  std::initializer_list<Property> properties) noexcept {
  if (state_ != nullptr) state_->CompletePhase(number_, name_, counts, properties);
}

}  // namespace donut
