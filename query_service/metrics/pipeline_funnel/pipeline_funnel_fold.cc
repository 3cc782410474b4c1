#include "query_service/metrics/pipeline_funnel/pipeline_funnel_fold.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "query_service/metrics/pipeline_funnel/pipeline_durations.h"

namespace donut::query {
namespace {

// percentile_cont(0.5) of numbers of which counts[n] are n.
double MedianOfCounts(const std::vector<int64_t>& counts) {
  int64_t total = 0;
  for (const int64_t count : counts) total += count;
  const auto at = [&](int64_t rank) {
    size_t number = 0;
    for (int64_t seen = counts[0]; seen <= rank; seen += counts[number]) ++number;
    return static_cast<double>(number);
  };
  const double low = at((total - 1) / 2);
  return low + 0.5 * (at(total / 2) - low);
}

}  // namespace

int32_t PipelineFunnelFold::Name(const std::string& text) {
  const auto [found, is_new] = names_by_text_.try_emplace(text, static_cast<int32_t>(names_.size()));
  if (is_new) names_.push_back(text);
  return found->second;
}

void PipelineFunnelFold::AddAttempt(const PipelineAttemptRow& row) {
  const int64_t started = Seen(row.started);
  const int64_t completed = Seen(row.completed);
  const int64_t failed = Seen(row.failed);
  if (started == kPipelineNever && completed == kPipelineNever && failed == kPipelineNever) return;
  const auto [found, is_new] = numbers_.try_emplace(row.run, static_cast<int32_t>(runs_.size()));
  if (is_new) runs_.emplace_back();
  Run& run = runs_[found->second];
  if (started != kPipelineNever && row.attempt < run.first_attempt) {
    run.first_attempt = row.attempt;
    run.pipeline = row.pipeline;
    run.started = started;
  }
  if (row.attempt > run.latest_row) {
    run.latest_row = row.attempt;
    run.completed = completed != kPipelineNever;
    run.failed = failed != kPipelineNever && !run.completed;
    run.failed_phase = row.failed_phase;
    run.failure_reason = row.failure_reason;
  }
  run.latest_attempt = std::max(run.latest_attempt, row.attempt);
  if (completed == kPipelineNever) return;
  run.any_completed = true;
  if (row.attempt == 1) run.first_attempt_completed = true;
  if (started != kPipelineNever && completed >= started) {
    durations_.push_back({found->second, completed - started});
  }
}

void PipelineFunnelFold::Choose(const std::string& pipeline, const PipelineFunnelLimits& limits) {
  limits_ = limits;
  CountPipelines(limits.pipelines);
  counts_.pipeline = pipeline;
  if (pipeline.empty() && !counts_.pipelines.empty()) counts_.pipeline = counts_.pipelines[0].first;
  const auto chosen = names_by_text_.find(counts_.pipeline);
  for (Run& run : runs_) {
    run.is_chosen = chosen != names_by_text_.end() && run.pipeline == chosen->second &&
                    run.started >= start_ && run.started < end_;
  }
}

void PipelineFunnelFold::CountPipelines(size_t limit) {
  std::map<int32_t, int64_t> runs;
  for (const Run& run : runs_) {
    if (run.pipeline >= 0 && run.started >= start_ && run.started < end_) ++runs[run.pipeline];
  }
  for (const auto& [pipeline, count] : runs) counts_.pipelines.emplace_back(names_[pipeline], count);
  std::sort(counts_.pipelines.begin(), counts_.pipelines.end(), [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  });
  if (counts_.pipelines.size() > limit) counts_.pipelines.resize(limit);
}

void PipelineFunnelFold::AddPhase(const PipelinePhaseRow& row) {
  const auto found = numbers_.find(row.run);
  if (found == numbers_.end() || !runs_[found->second].is_chosen) return;
  const int64_t started = Seen(row.started);
  const int64_t completed = Seen(row.completed);
  if (started == kPipelineNever && completed == kPipelineNever) return;
  Run& run = runs_[found->second];
  run.latest_attempt = std::max(run.latest_attempt, row.attempt);
  phases_.push_back({row.phase, run.newest_phase, started, completed});
  run.newest_phase = static_cast<int32_t>(phases_.size() - 1);
  if (totals_.size() < names_.size()) totals_.resize(names_.size());
  if (completed == kPipelineNever) return;
  PhaseTotals& totals = totals_[row.phase];
  if (started != kPipelineNever && completed >= started) totals.durations.push_back(completed - started);
  if (row.items_in != kNoPipelineItems) totals.items_in += row.items_in, totals.has_items_in = true;
  if (row.items_out != kNoPipelineItems) totals.items_out += row.items_out, totals.has_items_out = true;
}

// By the median of their place within the runs, where they stand by when they were first heard of, then by
// when they were first completed.
std::vector<int32_t> PipelineFunnelFold::UsualPhases() const {
  struct Place {
    int64_t heard;
    int64_t completed;
    int32_t phase;
  };
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  std::vector<std::vector<int64_t>> places(names_.size());
  std::vector<Place> of_run;
  for (const Run& run : runs_) {
    of_run.clear();
    for (int32_t i = run.newest_phase; i >= 0; i = phases_[i].next) {
      const PhaseOfRun& row = phases_[i];
      auto place = std::find_if(of_run.begin(), of_run.end(),
                                [&](const Place& other) { return other.phase == row.phase; });
      if (place == of_run.end()) place = of_run.insert(place, {kLast, kLast, row.phase});
      if (row.started != kPipelineNever) place->heard = std::min(place->heard, row.started);
      if (row.completed == kPipelineNever) continue;
      place->heard = std::min(place->heard, row.completed);
      place->completed = std::min(place->completed, row.completed);
    }
    std::sort(of_run.begin(), of_run.end(), [this](const Place& a, const Place& b) {
      return std::tie(a.heard, a.completed, names_[a.phase]) <
             std::tie(b.heard, b.completed, names_[b.phase]);
    });
    for (size_t i = 0; i < of_run.size(); ++i) {
      std::vector<int64_t>& counts = places[of_run[i].phase];
      if (counts.size() <= i) counts.resize(i + 1);
      ++counts[i];
    }
  }
  std::vector<std::tuple<double, std::string, int32_t>> medians;
  for (size_t phase = 0; phase < places.size(); ++phase) {
    if (places[phase].empty()) continue;
    medians.emplace_back(MedianOfCounts(places[phase]), names_[phase], static_cast<int32_t>(phase));
  }
  std::sort(medians.begin(), medians.end());
  if (medians.size() > limits_.phases) medians.resize(limits_.phases);
  std::vector<int32_t> usual;
  usual.reserve(medians.size());
  for (const auto& [median, text, phase] : medians) usual.push_back(phase);
  return usual;
}

void PipelineFunnelFold::CountDepths(const std::vector<int32_t>& phases) {
  // 64 steps at most: a bit for each.
  std::vector<uint64_t> bits(names_.size());
  for (size_t i = 0; i < phases.size(); ++i) bits[phases[i]] = uint64_t{1} << i;
  for (const Run& run : runs_) {
    if (!run.is_chosen) continue;
    uint64_t completed = 0;
    for (int32_t i = run.newest_phase; i >= 0; i = phases_[i].next) {
      if (phases_[i].completed != kPipelineNever) completed |= bits[phases_[i].phase];
    }
    size_t depth = 0;
    while (depth < phases.size() && (completed >> depth & 1) != 0) ++depth;
    if (depth == phases.size() && run.any_completed) ++depth;
    ++counts_.steps[depth].runs;
  }
  for (size_t i = counts_.steps.size() - 1; i-- > 0;) counts_.steps[i].runs += counts_.steps[i + 1].runs;
}

void PipelineFunnelFold::CountOutcomes(const std::vector<int32_t>& phases) {
  std::map<std::pair<int32_t, int32_t>, int64_t> failures_by_name;
  std::vector<int64_t> failed_in(names_.size());
  for (const Run& run : runs_) {
    if (!run.is_chosen) continue;
    ++counts_.runs;
    counts_.first_attempt += run.first_attempt_completed ? 1 : 0;
    counts_.eventual += run.any_completed ? 1 : 0;
    if (run.latest_row != run.latest_attempt) continue;
    counts_.completed += run.completed ? 1 : 0;
    if (!run.failed) continue;
    ++counts_.failed;
    if (run.failed_phase >= 0) ++failed_in[run.failed_phase];
    ++failures_by_name[{run.failed_phase, run.failure_reason}];
  }
  const auto text = [&](int32_t name) { return name < 0 ? std::string() : names_[name]; };
  std::map<std::pair<std::string, std::string>, int64_t> failures;
  for (const auto& [why, runs] : failures_by_name) failures[{text(why.first), text(why.second)}] += runs;
  counts_.failure_runs = counts_.failed;
  for (size_t i = 0; i < phases.size(); ++i) counts_.steps[i + 1].failed = failed_in[phases[i]];
  for (const auto& [why, runs] : failures) counts_.failures.push_back({why.first, why.second, runs});
  std::stable_sort(counts_.failures.begin(), counts_.failures.end(),
                   [](const auto& a, const auto& b) { return a.runs > b.runs; });
  if (counts_.failures.size() > limits_.failures) counts_.failures.resize(limits_.failures);
  std::vector<int64_t> durations;
  for (const Duration& duration : durations_) {
    if (runs_[duration.run].is_chosen) durations.push_back(duration.micros);
  }
  counts_.durations = StatisticsOf(durations);
}

void PipelineFunnelFold::CountTotals(const std::vector<int32_t>& phases) {
  // No sum leaves int64, as absurd as it may be.
  const auto sum = [](bool any, __int128 items) {
    constexpr __int128 kMost = std::numeric_limits<int64_t>::max();
    return any ? std::optional(static_cast<int64_t>(std::min(items, kMost))) : std::nullopt;
  };
  for (size_t i = 0; i < phases.size(); ++i) {
    if (static_cast<size_t>(phases[i]) >= totals_.size()) continue;
    PhaseTotals& totals = totals_[phases[i]];
    PipelineStepCounts& step = counts_.steps[i + 1];
    step.items_in = sum(totals.has_items_in, totals.items_in);
    step.items_out = sum(totals.has_items_out, totals.items_out);
    step.durations = StatisticsOf(totals.durations);
  }
}

PipelineFunnelCounts PipelineFunnelFold::Count(const std::vector<std::string>& phases) {
  std::vector<int32_t> numbers;
  numbers.reserve(phases.size());
  for (const std::string& phase : phases) numbers.push_back(Name(phase));
  if (phases.empty()) numbers = UsualPhases();
  for (const int32_t number : numbers) counts_.phases.push_back(names_[number]);
  counts_.steps.resize(numbers.size() + 2);
  CountDepths(numbers);
  CountOutcomes(numbers);
  CountTotals(numbers);
  return std::move(counts_);
}

}  // namespace donut::query
