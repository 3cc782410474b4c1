#include "tests/reference/pipeline_funnel.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace donut::testing {
namespace {

using MaybeTime = std::optional<absl::Time>;
// By attempt number, as seen at as_of.
using Run = std::map<int, HistoryAttempt>;

MaybeTime Seen(const MaybeTime& time, absl::Time as_of) {
  return time && *time <= as_of ? time : std::nullopt;
}

HistoryAttempt SeenAt(HistoryAttempt attempt, absl::Time as_of) {
  attempt.started = Seen(attempt.started, as_of);
  attempt.completed = Seen(attempt.completed, as_of);
  attempt.failed = Seen(attempt.failed, as_of);
  std::vector<HistoryPhase> phases;
  for (HistoryPhase phase : attempt.phases) {
    phase.started = Seen(phase.started, as_of);
    phase.completed = Seen(phase.completed, as_of);
    if (phase.started || phase.completed) phases.push_back(phase);
  }
  attempt.phases = phases;
  return attempt;
}

// The runs of the interval with the pipeline each belongs to.
std::vector<std::pair<std::string, Run>> RunsOf(const History& history,
                                                const PipelineFunnelQuestion& question) {
  std::map<std::pair<std::string, std::string>, Run> all;
  for (const HistoryAttempt& attempt : history.attempts) {
    const HistoryAttempt seen = SeenAt(attempt, question.as_of);
    if (!seen.started && !seen.completed && !seen.failed && seen.phases.empty()) continue;
    all[{attempt.user, attempt.session}][attempt.attempt] = seen;
  }
  std::vector<std::pair<std::string, Run>> runs;
  for (const auto& [session, run] : all) {
    const auto first = std::find_if(run.begin(), run.end(),
                                    [](const auto& entry) { return entry.second.started.has_value(); });
    if (first == run.end() || !first->second.pipeline) continue;
    if (*first->second.started < question.start || *first->second.started >= question.end) continue;
    runs.emplace_back(*first->second.pipeline, run);
  }
  return runs;
}

std::vector<std::pair<std::string, int64_t>> CountPipelines(
    const std::vector<std::pair<std::string, Run>>& runs) {
  std::map<std::string, int64_t> counts;
  for (const auto& [pipeline, run] : runs) ++counts[pipeline];
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

// The phases of one run in the order in which they came up.
std::vector<std::string> PhaseOrder(const Run& run) {
  struct Times {
    absl::Time heard = absl::InfiniteFuture();
    absl::Time completed = absl::InfiniteFuture();
  };
  std::map<std::string, Times> phases;
  for (const auto& [number, attempt] : run) {
    for (const HistoryPhase& phase : attempt.phases) {
      Times& times = phases[phase.phase];
      if (phase.started) times.heard = std::min(times.heard, *phase.started);
      if (phase.completed) times.heard = std::min(times.heard, *phase.completed);
      if (phase.completed) times.completed = std::min(times.completed, *phase.completed);
    }
  }
  std::vector<std::tuple<absl::Time, absl::Time, std::string>> order;
  for (const auto& [phase, times] : phases) order.emplace_back(times.heard, times.completed, phase);
  std::sort(order.begin(), order.end());
  std::vector<std::string> names;
  for (const auto& [heard, completed, phase] : order) names.push_back(phase);
  return names;
}

std::vector<std::string> UsualPhases(const std::vector<Run>& runs) {
  std::map<std::string, std::vector<double>> places;
  for (const Run& run : runs) {
    const std::vector<std::string> order = PhaseOrder(run);
    for (size_t i = 0; i < order.size(); ++i) places[order[i]].push_back(static_cast<double>(i));
  }
  std::vector<std::pair<double, std::string>> medians;
  for (auto& [phase, of] : places) {
    std::sort(of.begin(), of.end());
    medians.emplace_back((of[(of.size() - 1) / 2] + of[of.size() / 2]) / 2, phase);
  }
  std::sort(medians.begin(), medians.end());
  std::vector<std::string> phases;
  for (const auto& [median, phase] : medians) phases.push_back(phase);
  return phases;
}

void AddTo(std::optional<int64_t>& sum, const std::optional<int64_t>& items) {
  if (items) sum = sum.value_or(0) + *items;
}

void CountPhase(const std::vector<Run>& runs, PipelineStepByDefinition& step) {
  for (const Run& run : runs) {
    const HistoryAttempt& latest = run.rbegin()->second;
    step.failed += latest.failed && !latest.completed && latest.failed_phase == step.label;
    for (const auto& [number, attempt] : run) {
      for (const HistoryPhase& phase : attempt.phases) {
        if (phase.phase != step.label || !phase.completed) continue;
        AddTo(step.items_in, phase.items_in);
        AddTo(step.items_out, phase.items_out);
        if (phase.started && *phase.started <= *phase.completed) {
          step.durations.push_back(*phase.completed - *phase.started);
        }
      }
    }
  }
}

bool Completed(const Run& run, const std::string& phase) {
  for (const auto& [number, attempt] : run) {
    for (const HistoryPhase& done : attempt.phases) {
      if (done.phase == phase && done.completed) return true;
    }
  }
  return false;
}

bool Succeeded(const Run& run) {
  return std::any_of(run.begin(), run.end(),
                     [](const auto& entry) { return entry.second.completed.has_value(); });
}

void CountOutcome(const Run& run, PipelineFunnelByDefinitionResult& result) {
  const HistoryAttempt& latest = run.rbegin()->second;
  if (latest.completed) {
    ++result.completed;
  } else if (latest.failed) {
    ++result.failed;
    ++result.failures[{latest.failed_phase.value_or(""), latest.failure_reason.value_or("")}];
  } else {
    ++result.open;
  }
  result.first_attempt += run.begin()->first == 1 && run.begin()->second.completed;
  result.eventual += Succeeded(run);
  for (const auto& [number, attempt] : run) {
    if (attempt.started && attempt.completed && *attempt.started <= *attempt.completed) {
      result.durations.push_back(*attempt.completed - *attempt.started);
    }
  }
}

}  // namespace

PipelineFunnelByDefinitionResult PipelineFunnelByDefinition(const History& history,
                                                            const PipelineFunnelQuestion& question) {
  const std::vector<std::pair<std::string, Run>> all = RunsOf(history, question);
  PipelineFunnelByDefinitionResult result;
  result.pipelines = CountPipelines(all);
  result.pipeline = question.pipeline;
  if (result.pipeline.empty() && !result.pipelines.empty()) result.pipeline = result.pipelines[0].first;
  std::vector<Run> runs;
  for (const auto& [pipeline, run] : all) {
    if (pipeline == result.pipeline) runs.push_back(run);
  }
  const std::vector<std::string> phases = question.phases.empty() ? UsualPhases(runs) : question.phases;
  result.steps.push_back({"started"});
  for (const std::string& phase : phases) {
    result.steps.push_back({phase});
    CountPhase(runs, result.steps.back());
  }
  result.steps.push_back({"completed"});
  for (const Run& run : runs) {
    ++result.steps[0].runs;
    size_t level = 0;
    while (level < phases.size() && Completed(run, phases[level])) ++result.steps[++level].runs;
    if (level == phases.size() && Succeeded(run)) ++result.steps.back().runs;
    CountOutcome(run, result);
  }
  return result;
}

std::vector<HistoryAttempt> MakeRandomAttempts(Dice& dice, const RandomSetting& setting) {
  static const std::vector<std::string>& pipelines = *new std::vector<std::string>{"ingest", "train"};
  static const std::vector<std::string>& reasons = *new std::vector<std::string>{"timeout", "no space"};
  const auto maybe_time = [&](int64_t one_in, absl::Time after) -> MaybeTime {
    if (dice.OneIn(one_in)) return std::nullopt;
    // Now and then before its own start: clocks differ.
    return dice.OneIn(8) ? PickTime(dice, setting) : after + absl::Minutes(dice.Between(0, 3) * 30);
  };
  std::vector<HistoryAttempt> attempts;
  for (int64_t run = dice.Between(0, 6); run > 0; --run) {
    const std::string user = absl::StrCat("user", dice.Between(1, 2));
    const std::string session = absl::StrCat("run", run);
    const std::string pipeline = dice.Pick(pipelines);
    for (int number = dice.OneIn(8) ? 2 : 1; number <= dice.Between(1, 3); ++number) {
      HistoryAttempt attempt{user, session, number};
      const absl::Time base = PickTime(dice, setting);
      attempt.started = maybe_time(8, base);
      if (attempt.started) attempt.pipeline = dice.OneIn(10) ? dice.Pick(pipelines) : pipeline;
      attempt.completed = maybe_time(2, base + absl::Hours(3));
      if (!attempt.completed || dice.OneIn(8)) attempt.failed = maybe_time(3, base + absl::Hours(3));
      if (attempt.failed && !dice.OneIn(4))
        attempt.failed_phase = std::string(1, static_cast<char>(dice.Between('p', 's')));
      if (attempt.failed && !dice.OneIn(4)) attempt.failure_reason = dice.Pick(reasons);
      for (char name = 'p'; name <= 's'; ++name) {
        if (dice.OneIn(4)) continue;
        HistoryPhase phase{std::string(1, name), maybe_time(6, base),
                           maybe_time(4, base + absl::Minutes(30))};
        if (dice.OneIn(2)) phase.items_in = dice.Between(0, 100);
        if (dice.OneIn(3)) phase.items_out = dice.Between(0, 100);
        if (phase.started || phase.completed) attempt.phases.push_back(phase);
      }
      attempts.push_back(attempt);
    }
  }
  return attempts;
}

}  // namespace donut::testing
