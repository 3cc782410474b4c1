// Asks a metric and its oracle the same random questions on many small histories, and
// makes the first history on which they differ as small as it gets. For tests. Not thread-safe.
//
// DONUT_RANDOM_HISTORIES: how many, in place of the few of a normal run.
// DONUT_RANDOM_SEED: the first seed, to repeat a failure.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "tests/reference/filter.h"
#include "tests/reference/history.h"
#include "tests/reference/random_filter.h"
#include "tests/reference/random_history.h"
#include "tests/support/random_seed.h"

namespace donut::testing {

template <typename Request>
struct RandomTrial {
  History history;
  // The project's.
  std::string time_zone;
  Request request;
};

// Gives the history properties, and two of three requests a filter in their scope.
template <typename Request>
void FilterSome(Dice& dice, RandomTrial<Request>& trial) {
  AddRandomProperties(dice, trial.history);
  if (!dice.OneIn(3)) *trial.request.mutable_scope()->mutable_filter() = MakeRandomFilter(dice);
}

// What the request's filter lets through.
template <typename Request>
History SeenHistory(const RandomTrial<Request>& trial) {
  if (!trial.request.scope().has_filter()) return trial.history;
  return EventsThatPass(trial.request.scope().filter(), trial.history);
}

inline int64_t NumberFromEnvironment(const char* variable, int64_t otherwise) {
  const char* text = std::getenv(variable);
  int64_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

// Leaves out one event after another as long as there is a difference.
template <typename Request>
RandomTrial<Request> Shrink(RandomTrial<Request> trial,
                            const std::function<std::string(const RandomTrial<Request>&)>& difference) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t i = trial.history.events.size(); i-- > 0;) {
      RandomTrial<Request> attempt = trial;
      attempt.history.events.erase(attempt.history.events.begin() + static_cast<std::ptrdiff_t>(i));
      if (difference(attempt).empty()) continue;
      trial = attempt;
      smaller = true;
    }
  }
  return trial;
}

// `difference` loads the trial's history, asks both, and says how they differ; empty: they agree.
template <typename Request>
void CompareOnRandomHistories(int64_t usual_count, const std::function<RandomTrial<Request>(Dice&)>& make,
                              const std::function<std::string(const RandomTrial<Request>&)>& difference) {
  const int64_t first_seed = static_cast<int64_t>(GivenSeed().value_or(1));
  const int64_t count = NumberFromEnvironment("DONUT_RANDOM_HISTORIES", usual_count);
  for (int64_t seed = first_seed; seed < first_seed + count; ++seed) {
    Dice dice(static_cast<uint64_t>(seed));
    const RandomTrial<Request> trial = make(dice);
    if (difference(trial).empty()) continue;
    const RandomTrial<Request> smallest = Shrink(trial, difference);
    FAIL() << "seed " << seed << " (DONUT_RANDOM_SEED=" << seed << " DONUT_RANDOM_HISTORIES=1)\n"
           << smallest.request.ShortDebugString() << "\n"
           << ToString(smallest.history) << difference(smallest);
  }
}

}  // namespace donut::testing
