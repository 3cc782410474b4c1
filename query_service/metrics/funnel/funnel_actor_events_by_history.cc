#include <memory>
#include <string>
#include <utility>

#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_actor_events.h"
#include "query_service/metrics/funnel/funnel_plan.h"

namespace donut::query {
namespace {

// The events of the one session, or of all, as they come.
struct ActorEventsCopy {
  std::optional<int64_t> session;
  std::vector<int64_t> time_us = {};
  std::vector<uint32_t> mask = {};
  std::vector<int32_t> name_ids = {};
  std::vector<std::vector<uint32_t>> values = {};

  void Add(const ActorEvents& actor) {
    if (session && actor.session_id != *session) return;
    time_us.assign(actor.time_us, actor.time_us + actor.count);
    mask.assign(actor.mask, actor.mask + actor.count);
    name_ids.assign(actor.name_ids, actor.name_ids + actor.count);
    values.clear();
    for (const uint32_t* of_property : actor.values) {
      values.emplace_back(of_property, of_property + actor.count);
    }
  }
  // Only one thread has met the actor.
  void Merge(const ActorEventsCopy& other) {
    if (!other.time_us.empty()) *this = other;
  }
};

}  // namespace

absl::StatusOr<std::vector<FunnelWalkEvent>> FunnelActorEventsByHistory(const FunnelQuestion& question,
                                                                        const FunnelActorKey& actor,
                                                                        HistoryRun& run) {
  if (actor.sessions && actor.sessions->size() > 1) {
    return absl::FailedPreconditionError(
        "this session has several keys, as it began before they were made of its text");
  }
  EventQuestion asked = FunnelEventQuestion(question);
  asked.only_user = actor.user;
  asked.with_names = true;
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(asked));
  const std::optional<int64_t> session =
      actor.sessions ? std::optional(actor.sessions->front()) : std::nullopt;
  ASSIGN_OR_RETURN(const ActorEventsCopy found, FoldActors(*scan, ActorEventsCopy{session}));
  const auto step_bits = (uint32_t{1} << question.step_count()) - 1;
  std::vector<FunnelWalkEvent> events(found.time_us.size());
  for (size_t i = 0; i < events.size(); ++i) {
    FunnelWalkEvent& event = events[i];
    event.time = absl::FromUnixMicros(found.time_us[i]);
    // Histories have them in order, and nothing else is asked of these.
    event.sequence = static_cast<int64_t>(i);
    event.name = scan->event_names().at(found.name_ids[i]);
    event.steps = found.mask[i] & step_bits;
    event.exclusions = found.mask[i] >> question.step_count();
    for (size_t held = 0; held < question.held.size(); ++held) {
      const uint32_t number = found.values[held][i];
      event.held.push_back(number == 0 ? std::nullopt : std::optional(scan->value_names(held).At(number)));
    }
  }
  return events;
}

}  // namespace donut::query
