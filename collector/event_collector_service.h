// The gRPC edge of the collector: finds the caller's project, and makes a reactor for each call. Both
// methods are raw: the collector reads the bytes itself (request_reader.h tells why). Thread-safe.
#pragma once

#include <atomic>

#include "collector/collector_options.h"
#include "collector/ingest_queue.h"
#include "collector/log_gate.h"
#include "collector/stream_reactor.h"
#include "collector/track_call.h"
#include "common/clock.h"
#include "common/postgres/project_directory.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.grpc.pb.h"

namespace donut::collector {

class EventCollectorService final
    : public v1::EventCollectorService::WithRawCallbackMethod_StreamEvents<
          v1::EventCollectorService::WithRawCallbackMethod_TrackEvents<v1::EventCollectorService::Service>> {
 public:
  EventCollectorService(CollectorOptions options, const postgres::ProjectDirectory& directory,
                        IngestQueue& queue, const Clock& clock, const SharedHash& hash);

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamEvents(
      grpc::CallbackServerContext* call) override;
  grpc::ServerUnaryReactor* TrackEvents(grpc::CallbackServerContext* call, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

  // Tells the streams, lets them commit and acknowledge, then empties the queue. Returns when
  // that is done or its limit has passed.
  void Drain();

  // Those of the whole collector.
  void AddMetrics(MetricPage& page) const;

  int open_streams() const { return registry_.size(); }

 private:
  absl::StatusOr<int> ProjectOf(const grpc::CallbackServerContext& call) const;

  const CollectorOptions options_;
  const postgres::ProjectDirectory& directory_;
  IngestQueue& queue_;
  std::atomic<bool> draining_ = false;
  std::atomic<int> waiting_calls_ = 0;
  std::atomic<int64_t> unsent_bytes_ = 0;
  StreamRegistry registry_;
  LogGate error_log_;
  StreamContext stream_context_;
  TrackContext track_context_;
};

}  // namespace donut::collector
