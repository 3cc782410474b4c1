// Which events of a project a fold wants, and what of each: the plain question behind a metric, which the
// reading side answers from histories (fold_actors.h). No gRPC, no database. Plain data.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "query_service/event_breakdown.h"
#include "query_service/event_filter.h"

namespace donut::query {

inline constexpr int kMaxEventPredicates = 32;

// An event is this when its name is one of these and its filter passes. Bit i of ActorEvents::mask.
struct EventPredicate {
  // Empty: any name.
  std::vector<std::string> names;
  EventFilter filter;
};

struct EventQuestion {
  int project_id = 0;
  // Microseconds since 1970, [from, to).
  int64_t from_us = std::numeric_limits<int64_t>::min();
  int64_t to_us = std::numeric_limits<int64_t>::max();
  // Events that do not pass are not there.
  EventFilter filter;
  // At most kMaxEventPredicates. Events that are none of these are left out, unless `keep_all`.
  std::vector<EventPredicate> predicates;
  bool keep_all = false;
  // An actor is a session of a user, and events without a session are left out.
  bool by_session = false;
  // Whether events of the very same time must be in event order.
  bool ordered = false;
  // Times to the microsecond. Else a time may be any of the same quarter of an hour as long as no bound of
  // the question (from, to, and these) lies between: then one column less is read.
  bool exact_times = true;
  std::vector<int64_t> bounds_us;
  // The value of each is wanted as a number: see ActorEvents::values.
  std::vector<EventBreakdown> values;
  // Event properties of which only JSON numbers are wanted, not texts that look like some; their lists and
  // names follow those of `values`.
  std::vector<std::string> numbers;
  // The ids of the events' names are wanted.
  bool with_names = false;
  // Nobody else's events. Besides, filter.users.
  std::optional<int64_t> only_user;
};

// The events of one actor, in event order: in the order of their times; of one time, in event order where the
// question is `ordered`.
struct ActorEvents {
  int64_t user_id = 0;
  // 0 where actors are users.
  int64_t session_id = 0;
  uint32_t count = 0;
  const int64_t* time_us = nullptr;
  const uint32_t* mask = nullptr;
  // One list for each of EventQuestion::values and `numbers`: 0 none, else the number of the value
  // (ValueNames::At).
  std::vector<const uint32_t*> values;
  // Where asked for.
  const int32_t* name_ids = nullptr;
};

}  // namespace donut::query
