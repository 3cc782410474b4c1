// What the three orders of a funnel share when they walk an actor's events (funnel_walk.h): the events in
// funnel order, the best attempt so far, and what is noted of each event. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "query_service/metrics/funnel/funnel_walk.h"

namespace donut::query {

// Places of events, from the entry on.
using FunnelAttempt = std::vector<int>;

// That an event was, or would have been, this step of the attempt with this entry.
struct FunnelNote {
  int step = 0;
  int entry = -1;
  int cause = -1;

  bool is_set() const { return step > 0; }
};

// All that may hold of one event; the role is the first that does.
struct FunnelEventNotes {
  FunnelNote in_attempt;
  FunnelNote excluded;
  FunnelNote blocked;
  FunnelNote late;
  FunnelNote interrupted;
  int missing_step = 0;
};

class FunnelTrace {
 public:
  FunnelTrace(const FunnelQuestion& question, std::vector<FunnelWalkEvent> events);

  const FunnelQuestion& question() const { return question_; }
  const std::vector<FunnelWalkEvent>& events() const { return events_; }
  absl::Time time(int place) const { return events_[place].time; }
  // The steps that an event can be, as bits. UNORDERED: the one it counts for.
  uint32_t steps(int place) const { return steps_[place]; }
  // The exclusions that it is: an event that matches a step where the exclusion matters is that step.
  uint32_t exclusions(int place) const { return exclusions_[place]; }
  bool is_entry(int place) const;
  // Whether the entry's window was open at that event.
  bool is_open(int entry, int place) const { return time(place) - time(entry) <= question_.window; }

  // The places of the events that take part, by the values that are held constant.
  std::map<std::vector<std::optional<std::string>>, std::vector<int>> Groups() const;

  // Whether `a` continues better than `b`, an attempt of the same length: starts later, then has the earlier
  // further steps. By time first, then by place.
  bool IsBetterStart(const FunnelAttempt& a, const FunnelAttempt& b) const;
  // An attempt: the best one is kept.
  void Offer(const FunnelAttempt& attempt);

  FunnelEventNotes& notes(int place) { return notes_[place]; }

  FunnelWalk Finish() &&;

 private:
  int RankOf(uint32_t steps) const;
  uint32_t StepsOf(const FunnelWalkEvent& event) const;
  uint32_t ExclusionsOf(const FunnelWalkEvent& event, uint32_t steps) const;
  bool IsTimedRatherThan(const FunnelAttempt& a, const FunnelAttempt& b) const;
  FunnelEventVerdict VerdictOf(int place) const;
  bool StillOpen() const;

  const FunnelQuestion& question_;
  // For UNORDERED: how many conditions each step has.
  std::vector<int> conditions_;
  std::vector<FunnelWalkEvent> events_;
  std::vector<uint32_t> steps_;
  std::vector<uint32_t> exclusions_;
  std::vector<FunnelEventNotes> notes_;
  FunnelAttempt best_;
};

// The walks. Each notes what it sees and offers each attempt that can be the timed one.
void WalkOrdered(FunnelTrace& trace);
void WalkStrict(FunnelTrace& trace);
void WalkUnordered(FunnelTrace& trace);

}  // namespace donut::query
