// Finds an event that breaks every stream that it is on, such as one on which the collector dies. When the
// same first number was undecided at the end of three streams in a row, batches are halved and sent one
// at a time, until a single event is left that breaks its stream three times.
//
// A plain class. Not thread-safe.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace donut {

class PoisonSearch {
 public:
  explicit PoisonSearch(int max_batch_events)
      : max_batch_events_(max_batch_events), batch_events_(max_batch_events) {}

  enum class Verdict {
    kNone,       // nothing to be learned
    kNarrower,   // the next attempt is with fewer events, and soon
    kFirstIsIt,  // the first undecided event is to be given up
  };
  // A stream ended with `status` while numbers from `first_undecided` up to before `cursor` were in flight.
  Verdict OnFailure(const absl::Status& status, int64_t first_undecided, int64_t cursor);
  // Everything before `first_undecided` is decided.
  void OnDecided(int64_t first_undecided);
  // Forgets every suspicion.
  void Trust();

  // Whether only one batch may be in flight.
  bool searching() const { return until_ > 0; }
  // The most events in one batch.
  int batch_events() const { return batch_events_; }

 private:
  const int max_batch_events_;
  int batch_events_;
  int64_t suspect_ = 0;  // the first undecided number when a stream failed
  bool alone_ = false;   // whether nothing else was in flight
  int failures_ = 0;     // how often in a row both were so
  int64_t until_ = 0;    // the last number that may be the culprit; 0: none is searched for
};

}  // namespace donut
