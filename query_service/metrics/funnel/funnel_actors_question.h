// What is asked about the actors behind a bar of a funnel, checked, and a page of them: what the statement
// and the fold have in common. Plain data.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel_actors.pb.h"
#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

struct FunnelActorsQuestion {
  // The numbers of funnel_actors_row.sql; up to kNotReached they are the kinds of an actor's value as well.
  enum Row { kAllRows = -1, kValue = 0, kNone = 1, kNotReached = 2, kOther = 3 };

  FunnelQuestion funnel;
  int lowest_level = 0;
  int highest_level = 0;
  Row row = kAllRows;
  // Of kValue.
  std::string value;
  // Only users after this one, or of it those sessions after the next.
  std::string after_user;
  int64_t after_session = std::numeric_limits<int64_t>::min();
  int64_t page_size = 0;
};

struct FunnelActorsPage {
  // On all pages.
  int64_t total_size = 0;
  // One more than the page holds tells that there is another.
  std::vector<v1::FunnelActor> actors;
};

}  // namespace donut::query
