// A funnel over the events of one actor: how far it got, and what each event did. The same walks that count
// over histories (funnel_trace.h), which note what they see. The work is about events times steps.
// docs/metrics/explain_funnel_actor.md defines the roles. No state, no database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/explain_funnel_actor.pb.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

// An event of the actor that the funnel reads: one that matches a step or an exclusion; STRICT: any.
struct FunnelWalkEvent {
  absl::Time time;
  int producer_no = 0;
  int64_t sequence = 0;
  std::string name;
  // What it matches, as bits; bit 0 is the first.
  uint32_t steps = 0;
  uint32_t exclusions = 0;
  // Of the properties held constant.
  std::vector<std::optional<std::string>> held;

  // Whether it has all of them.
  bool takes_part() const;
};

// What an event did. Places are places in FunnelWalk::events, -1 for none.
struct FunnelEventVerdict {
  v1::FunnelEventRole role = v1::FUNNEL_EVENT_ROLE_UNSPECIFIED;
  // As in FunnelActorEvent; EXCLUDED: the step that the attempt had got to.
  int step = 0;
  // The entry of the attempt that the role is about.
  int entry = -1;
  // BLOCKED_BY_EXCLUSION: the exclusion.
  int cause = -1;
  // OUT_OF_ORDER: a step before `step` that had not been done.
  int missing_step = 0;
};

struct FunnelWalk {
  // In the order in which the funnel sees them.
  std::vector<FunnelWalkEvent> events;
  // One per event.
  std::vector<FunnelEventVerdict> verdicts;
  // The places of the timed attempt, as many as the actor's level.
  std::vector<int> attempt;
  bool still_open = false;
};

// `events`: of one actor, in the scan range, in any order.
FunnelWalk WalkFunnel(const FunnelQuestion& question, std::vector<FunnelWalkEvent> events);

}  // namespace donut::query
