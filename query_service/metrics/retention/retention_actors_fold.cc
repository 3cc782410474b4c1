#include "query_service/metrics/retention/retention_actors_fold.h"

namespace donut::query {

void RetentionActorsFold::Add(const ActorEvents& actor) {
  uint32_t start = 0;
  while (start < actor.count && (actor.mask[start] & 1) == 0) ++start;
  if (start == actor.count) return;
  Member member;
  member.user_id = actor.user_id;
  member.start_us = actor.time_us[start];
  if (member.start_us < frame_.start_from_us || member.start_us >= frame_.start_to_us) return;
  // What counts for a cell lies after the start.
  for (uint32_t i = start; i < actor.count && !member.return_us; ++i) {
    const int64_t time_us = actor.time_us[i];
    const int64_t since_us = time_us - member.start_us;
    const bool counts = (actor.mask[i] & 2) != 0 && time_us >= frame_.return_from_us &&
                        time_us < frame_.return_to_us && since_us >= frame_.since_us &&
                        since_us < frame_.until_us;
    if (counts) member.return_us = time_us;
  }
  if (frame_.is_retained && *frame_.is_retained != member.return_us.has_value()) return;
  members_.push_back(member);
}

void RetentionActorsFold::Merge(const RetentionActorsFold& other) {
  members_.insert(members_.end(), other.members_.begin(), other.members_.end());
}

}  // namespace donut::query
