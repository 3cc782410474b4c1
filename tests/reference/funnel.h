// The funnel by its definition: every attempt of every actor is made, one by one, and
// the best is taken. Exponential in the events of an actor. For tests. No state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "tests/reference/calendar.h"
#include "tests/reference/filter.h"
#include "tests/reference/history.h"

namespace donut::testing {

struct StepByDefinition {
  // None: any event.
  std::vector<std::string> names;
  EventTest passes = [](const HistoryEvent&) { return true; };
  // How many its filter has: UNORDERED asks.
  int conditions = 0;
};

// Not strictly between these steps, counted from 1.
struct ExclusionByDefinition {
  std::vector<std::string> names;
  EventTest passes = [](const HistoryEvent&) { return true; };
  int from_step = 1;
  int to_step = 2;
};

// The options are those of GetFunnelRequest, with their defaults filled in.
struct FunnelByDefinitionQuestion {
  std::vector<StepByDefinition> steps;
  // Entries lie in [start, end).
  absl::Time start;
  absl::Time end;
  absl::Time as_of;
  absl::Duration window;
  bool by_session = false;

  v1::FunnelOrder order = v1::FUNNEL_ORDER_ORDERED;
  // All steps lie in [start, end).
  bool all_steps = false;
  bool ties_by_event_order = false;
  std::vector<ExclusionByDefinition> exclusions = {};
  std::vector<std::string> held = {};

  // Without a subject: none. A limit of 0 is 10.
  v1::Breakdown breakdown = {};
  v1::FunnelAttribution attribution = v1::FUNNEL_ATTRIBUTION_ENTRY;
  int attribution_step = 0;

  // The buckets of a series; none: not asked for.
  std::vector<PeriodByDefinition> series_buckets = {};
  int series_from_step = 1;
  int series_to_step = 1;
};

// One that has an entry.
struct FunnelActorByDefinition {
  std::string user;
  std::string session;
  // The timed attempt, as long as the actor's level.
  std::vector<HistoryEvent> attempt;
  bool open = false;
  // Of the breakdown: the value, or none of them.
  std::optional<std::string> value = {};
  bool not_reached = false;
  // Whether the value has no row of its own.
  bool in_other = false;
  // Of each entry, how long an attempt from there gets.
  std::vector<std::pair<absl::Time, int>> entries = {};

  int level() const { return static_cast<int>(attempt.size()); }
};

struct FunnelCountsByDefinition {
  // One per step.
  std::vector<int64_t> actors;
  // One per step: how long each timed attempt took from the step before; empty for the first.
  std::vector<std::vector<absl::Duration>> from_previous;
  // From first to last, of the timed attempts that have all steps.
  std::vector<absl::Duration> to_convert;
  int64_t still_open = 0;
};

struct FunnelRowByDefinition {
  v1::BreakdownValue value;
  FunnelCountsByDefinition counts;
  // Who is in it.
  std::vector<FunnelActorByDefinition> actors;
};

struct FunnelSeriesBucketByDefinition {
  int64_t entered = 0;
  int64_t from = 0;
  int64_t to = 0;
};

struct FunnelByDefinitionAnswer : FunnelCountsByDefinition {
  // By user, then session.
  std::vector<FunnelActorByDefinition> each_actor;
  // In the order of the answer, `other`, `none` and `not_reached` last.
  std::vector<FunnelRowByDefinition> rows;
  int64_t value_count = 0;
  // One per bucket asked for.
  std::vector<FunnelSeriesBucketByDefinition> series;
};

FunnelByDefinitionAnswer FunnelByDefinition(const History& history,
                                            const FunnelByDefinitionQuestion& question);

// As PostgreSQL documents percentile_cont: linear between the two nearest ranks.
double PercentileByDefinition(double share, std::vector<absl::Duration> durations);

}  // namespace donut::testing
