// Tracks one run of a pipeline: started, its phases, and how it ended.
//
//   donut::PipelineRun run(*client, {.pipeline = "nightly", .run_id = run_id, .user_id = owner});
//   auto cleaning = run.StartPhase("cleaning", rows.size());
//   ...
//   cleaning.Complete({.items_out = cleaned.size()});
//   run.Complete();
//
// A run that is left by an exception has failed, in the phase that was open; so has one that
// is destroyed without Complete or Fail. Every event carries the run id as its session.
//
// Like Track, nothing here throws, waits or fails the pipeline: see first_problem(). Texts
// that are too long or no UTF-8 are cut and cleaned in failure reasons only.
//
// Thread-safe: phases may run at the same time. The times of a run's events never go back,
// even when the clock does.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "donut/client.h"

namespace donut {

struct PipelineRunOptions {
  // 1 to 200 bytes: the kind of run.
  std::string pipeline = {};
  // 1 to 200 bytes, unique among the runs of this user; the same again for a further attempt.
  std::string run_id = {};
  // 1 to 200 bytes: who or what the run is for.
  std::string user_id = {};
  // 1 for the first try of this run, 2 for the next, up to 1,000,000.
  int attempt = 1;
  // What time it is; tests and replays pass their own.
  std::function<absl::Time()> now = absl::Now;
};

// How many items went in and came out. Absent: not said.
struct ItemCounts {
  std::optional<int64_t> items_in = std::nullopt;
  std::optional<int64_t> items_out = std::nullopt;
};

class PipelineRun {
  class State;

 public:
  // One phase of the run, between its start and its completion. Leaving the scope without
  // Complete leaves the phase open: a run that then fails, failed in it.
  // Thread-compatible; may outlive the run and then does nothing.
  class Phase {
   public:
    Phase(Phase&&) = default;
    Phase& operator=(Phase&&) = default;

    // Only the first call counts.
    void Complete(const ItemCounts& counts = {}, std::initializer_list<Property> properties = {}) noexcept;

   private:
    friend class PipelineRun;
    Phase(std::shared_ptr<State> state, int64_t number, std::string_view name);
    std::shared_ptr<State> state_;
    int64_t number_;
    std::string name_;
  };

  // Tracks pipeline_run_started. `tracker`, usually the Client, must outlive the run.
  PipelineRun(Tracker& tracker, PipelineRunOptions options, std::initializer_list<Property> properties = {});
  // Fails the run if it is still open.
  ~PipelineRun();
  PipelineRun(const PipelineRun&) = delete;
  PipelineRun& operator=(const PipelineRun&) = delete;

  // Tracks pipeline_phase_started. After the end of the run it tracks nothing.
  Phase StartPhase(std::string_view phase, std::optional<int64_t> items_in = std::nullopt,
                   std::initializer_list<Property> properties = {});

  // The end of the run. Only the first call of Complete or Fail counts.
  void Complete(const ItemCounts& counts = {}, std::initializer_list<Property> properties = {}) noexcept;
  // `reason` is for people and for counting: keep numbers and names out of it. Names the phase
  // that was started last and is still open; the second form names any phase.
  void Fail(std::string_view reason, std::initializer_list<Property> properties = {}) noexcept;
  void FailIn(std::string_view phase, std::string_view reason,
              std::initializer_list<Property> properties = {}) noexcept;

  // The first event of this run that was not taken, or TrackResult::Taken().
  TrackResult first_problem() const;

 private:
  const std::shared_ptr<State> state_;
  const int exceptions_at_start_;
};

}  // namespace donut
