// The sink that stores: PostgreSQL, on a connection of its own that it replaces when it
// breaks. One per lane; called by that lane's thread only.
#pragma once

#include <map>
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "collector/event_sink.h"
#include "collector/group_transaction.h"
#include "common/keyed_hash.h"
#include "common/mutex.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/transaction.h"

namespace donut::collector {

// The installation's hash, once the database has told it. Thread-safe.
class SharedHash {
 public:
  void Set(const KeyedHash& hash) {
    MutexLock lock(mutex_);
    hash_ = hash;
  }
  std::optional<KeyedHash> Get() const {
    MutexLock lock(mutex_);
    return hash_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<KeyedHash> hash_ ABSL_GUARDED_BY(mutex_);
};

class PostgresEventSink : public EventSink {
 public:
  // What one transaction may take: more than any statement_timeout, which only a server keeps that is
  // alive. After that the connection is given up.
  static constexpr absl::Duration kSilenceLimit = absl::Seconds(60);

  // `hash` and `memory` are shared by the lanes and outlive the sink.
  PostgresEventSink(postgres::ConnectionOptions connection, const SharedHash* hash, SinkMemory* memory,
                    absl::Duration silence_limit = kSilenceLimit)
      : options_(std::move(connection)), silence_limit_(silence_limit), shared_hash_(hash), memory_(memory) {}

  absl::StatusOr<HelloAnswer> Grant(const HelloClaim& claim) override;
  absl::Status Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) override;
  void Close() override;

 private:
  using Body = std::function<absl::Status(pqxx::transaction_base&)>;

  postgres::TransactionResult Run(const Body& body);
  // What must be committed before the group can be: the names of its events, and the collector's own
  // producers.
  absl::Status Prepare(const std::vector<PieceSpan>& spans, EventNameIds& ids);
  absl::Status PrepareEventNames(const std::vector<PieceSpan>& spans, EventNameIds& ids);
  absl::Status PrepareOwnProducer(int project_id);

  const postgres::ConnectionOptions options_;
  const absl::Duration silence_limit_;
  const SharedHash* const shared_hash_;
  SinkMemory* const memory_;
  std::unique_ptr<pqxx::connection> connection_;
  // The collector's own producers, for TrackEvents: one per project, made at first use.
  std::map<int, int> own_producers_;
};

}  // namespace donut::collector
