#include "collector/measured_sink.h"

#include <algorithm>

namespace donut::collector {
namespace {

CommitFailure FailureOf(const absl::Status& status, postgres::Outcome outcome) {
  if (outcome == postgres::Outcome::kUnknown) return CommitFailure::kInDoubt;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return CommitFailure::kAway;
    case absl::StatusCode::kAborted:
      return CommitFailure::kConflict;
    case absl::StatusCode::kInvalidArgument:
      return CommitFailure::kRefused;
    default:
      return CommitFailure::kOther;
  }
}

}  // namespace

absl::Status MeasuredSink::Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) {
  const absl::Time start = clock_->Now();
  absl::Status status = sink_->Commit(spans, outcome);
  if (!status.ok()) {
    metrics_->Count(FailureOf(status, outcome));
    return status;
  }
  metrics_->commit.Observe(clock_->Now() - start);
  int64_t events = 0;
  for (const PieceSpan& span : spans) events += EventsIn(*span.piece, span.first, span.last);
  metrics_->group_events.Observe(static_cast<double>(events));
  return status;
}

int64_t EventsIn(const StagedPiece& piece, int64_t first, int64_t last) {
  if (piece.skip_reason != v1::SKIP_REASON_UNSPECIFIED) return 0;
  return std::max<int64_t>(0, last - first + 1);
}

}  // namespace donut::collector
