// Brings a group of pieces through a sink: repeats what the database lost or broke
// off, and when it refuses a row, finds that row and dead-letters it alone, never a good one. What it
// spends is bounded. No thread of its own; time passes only in `wait`. Not thread-safe.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/event_sink.h"

namespace donut::collector {

struct CommitLimits {
  // How often a group is repeated that lost against others (deadlock, serialization, lock timeout).
  int max_conflict_tries = 8;
  // How long a stream's batches wait for a database that is away; then their streams end with UNAVAILABLE.
  absl::Duration max_away = absl::Seconds(5);
  // Rows that PostgreSQL refuses and names are left out one after the other, so many of a group at most;
  // those it does not name, and further ones, are found by taking pieces apart.
  int max_named_rows = 20;
  // For finding the refused rows of one piece, each in about 2 * log2(events) commits. Then the piece is
  // UNAVAILABLE; what was committed of it stays, and when it comes again it goes on from there.
  absl::Duration max_isolation = absl::Seconds(20);
};

class GroupCommitter {
 public:
  struct Hooks {
    std::function<absl::Time()> now;
    // Waits; false when the collector is going down and waiting makes no sense.
    std::function<bool(absl::Duration)> wait;
    // The database was found away, and will be tried again after `wait`.
    std::function<void(absl::Duration wait)> on_away;
    // For the log: what the database said when a commit failed first, was given up, or a row was refused.
    std::function<void(const absl::Status& why)> on_failure;
  };

  GroupCommitter(EventSink* sink, CommitLimits limits, Hooks hooks)
      : sink_(sink), limits_(limits), hooks_(std::move(hooks)) {}

  // The result of each piece, in the same order; `on_result` is called once per piece, as soon as it
  // is decided.
  void Commit(const std::vector<const StagedPiece*>& pieces,
              const std::function<void(size_t index, PieceResult result)>& on_result);

 private:
  // True when the row that PostgreSQL refused is known, and is left out from now on.
  bool LeaveOutNamed(const absl::Status& why, std::vector<PieceSpan>& spans) const;
  // One transaction with its repetitions.
  absl::Status CommitSpans(std::vector<PieceSpan>& spans);
  // What the owner of a piece hears; the database's own words go to the log.
  absl::Status GiveUp(const absl::Status& why, bool in_doubt) const;
  // A piece of which a row was refused: in ever smaller parts.
  PieceResult CommitInParts(const StagedPiece& piece, const std::string& refusal);

  EventSink* const sink_;
  const CommitLimits limits_;
  const Hooks hooks_;
};

}  // namespace donut::collector
