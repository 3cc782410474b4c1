// A sink that counts what another one does: how long its commits take, how large they are, why they
// fail. Around each lane's sink, so that neither the lanes nor the sinks measure. Not thread-safe, as its
// sink.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "collector/collector_metrics.h"
#include "collector/event_sink.h"
#include "common/clock.h"

namespace donut::collector {

class MeasuredSink : public EventSink {
 public:
  // `metrics` and `clock` outlive it.
  MeasuredSink(std::unique_ptr<EventSink> sink, CollectorMetrics* metrics, const Clock* clock)
      : sink_(std::move(sink)), metrics_(metrics), clock_(clock) {}

  absl::StatusOr<HelloAnswer> Grant(const HelloClaim& claim) override { return sink_->Grant(claim); }
  absl::Status Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) override;
  void Close() override { sink_->Close(); }

 private:
  const std::unique_ptr<EventSink> sink_;
  CollectorMetrics* const metrics_;
  const Clock* const clock_;
};

// Of numbers [first, last] of `piece`, how many carry events: none of a Skipped's, none of a Close.
int64_t EventsIn(const StagedPiece& piece, int64_t first, int64_t last);

}  // namespace donut::collector
