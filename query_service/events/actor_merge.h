// The actors of several selections, one after the other, each with all its events in order: users ascend, a
// user's events come from one selection as they lie there, or are merged out of several. A merge per thread
// and range of users. Not thread-safe.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "query_service/events/event_question.h"
#include "query_service/events/selection.h"

namespace donut::query {

class ActorMerge {
 public:
  ActorMerge(const EventQuestion& question, const std::vector<Selection>& selections, size_t selection_count);

  // The next actor that has events; false: there is none. What it points to is valid until the next call.
  bool Next(ActorEvents& actor);

 private:
  // A user's events within one selection.
  struct Part {
    const Selection* selection = nullptr;
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  struct Cursor {
    int64_t user = 0;
    uint32_t selection = 0;
    uint32_t place = 0;  // of the user in it
    // For a heap whose first element is the least.
    friend bool operator<(const Cursor& a, const Cursor& b) {
      return a.user != b.user ? a.user > b.user : a.selection > b.selection;
    }
  };

  void Push(uint32_t selection, uint32_t place);
  bool TakeUser();
  void Point(const Part& part, ActorEvents& actor);
  // parts_ as one, in gathered_.
  void Gather();
  bool PartsFollowEachOther() const;
  // All events of parts_, into order_.
  void SortEvents();
  bool NextSession(ActorEvents& actor);

  const EventQuestion& question_;
  const std::vector<Selection>& selections_;
  std::vector<Cursor> heap_;
  int64_t user_ = 0;
  std::vector<Part> parts_;
  // Events that were put together: of several parts, or of one session.
  Selection gathered_;
  std::vector<std::pair<uint32_t, uint32_t>> order_;  // part and place
  // Sessions of the user that are still to come: their events in whole_, by session.
  Part whole_;
  std::vector<uint32_t> by_session_;
  size_t session_begin_ = 0;
  Selection session_;
};

}  // namespace donut::query
