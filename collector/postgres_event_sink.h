// The sink that stores: PostgreSQL, on a connection of its own that it replaces when it
// breaks. One per lane; called by that lane's thread only.
#pragma once

#include <map>
#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "collector/event_sink.h"
#include "collector/group_transaction.h"
#include "common/postgres/connection_pool.h"
#include "common/postgres/transaction.h"

namespace donut::collector {

class PostgresEventSink : public EventSink {
 public:
  // What one transaction may take: more than any statement_timeout, which only a server keeps that is
  // alive. After that the connection is given up.
  static constexpr absl::Duration kSilenceLimit = absl::Seconds(45);

  // `memory` is shared by the lanes and outlives the sink.
  PostgresEventSink(postgres::ConnectionOptions connection, SinkMemory* memory,
                    absl::Duration silence_limit = kSilenceLimit)
      : options_(std::move(connection)), silence_limit_(silence_limit), memory_(memory) {}

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
  SinkMemory* const memory_;
  std::unique_ptr<postgres::CopyConnection> connection_;
  // Made at first use.
  OwnProducers own_producers_;
};

}  // namespace donut::collector
