// A collector that keeps only a ledger, in memory: enough for a Replay to open, send and be told
// what is committed. Listens on a free port of loopback. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace donut::testing {

class LedgerCollector final : public v1::EventCollectorService::Service {
 public:
  LedgerCollector();
  ~LedgerCollector() override;

  std::string address() const;
  // Producers that have something committed.
  int producers() const;
  // Over all of them.
  int64_t committed() const;
  // What was stored, in the order of its arrival.
  std::vector<v1::Event> events() const;
  std::vector<v1::Unparsed> unparsed() const;
  // Rejects events of this name, as if they broke a rule.
  void Reject(const std::string& event_name, const std::string& detail);
  // From now on the collector dies where this number is committed: in the middle of a batch, if it is
  // there, so without the batch's bookmark. INT64_MAX: it lives again.
  void DieAfter(int64_t sequence);

 private:
  struct Producer {
    int64_t epoch = 0;
    int64_t committed = 0;
    std::string bookmark;
    int64_t bookmark_sequence = 0;
  };
  using Stream = grpc::ServerReaderWriter<v1::StreamEventsResponse, v1::StreamEventsRequest>;

  grpc::Status StreamEvents(grpc::ServerContext* context, Stream* stream) override;
  // Says what is committed afterwards, and what is rejected; nullopt when it died of it.
  std::optional<v1::Committed> Take(const std::string& producer_id, const v1::StreamEventsRequest& request);
  void Store(const v1::EventBatch& batch, int64_t committed, int64_t most, v1::Committed& answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Producer> producers_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Event> events_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Unparsed> unparsed_ ABSL_GUARDED_BY(mutex_);
  std::string rejected_name_ ABSL_GUARDED_BY(mutex_);
  std::string rejection_detail_ ABSL_GUARDED_BY(mutex_);
  int64_t die_after_ ABSL_GUARDED_BY(mutex_) = INT64_MAX;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace donut::testing
