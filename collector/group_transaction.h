// One group in one transaction: judges each span against the ledger, resolves its
// users and insert_ids, writes its events, rejections, skipped ranges and pipeline rows, and moves the
// ledger. One object per attempt. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "collector/event_names.h"
#include "collector/event_sink.h"
#include "collector/group_texts.h"
#include "collector/known_texts.h"
#include "collector/producer_ledger.h"
#include "common/postgres/copy_connection.h"

namespace donut::collector {

// What the lanes of a collector share.
struct SinkMemory {
  SinkMemory(size_t users, size_t sessions)
      : known_users("user", users), known_sessions("session", sessions) {}
  KnownTexts known_users;
  KnownTexts known_sessions;
  EventNames event_names;
};

// A producer of the collector's own, for TrackEvents.
struct OwnProducer {
  int producer_no = 0;
  std::string token;
};
// By project.
using OwnProducers = std::map<int, OwnProducer>;

class GroupTransaction {
 public:
  // `names`: of all events in `spans`, save those for which the project has no room. `own_producers`: the
  // collector's own, by project. `spans` get their results.
  GroupTransaction(std::vector<PieceSpan>& spans, SinkMemory& memory, const EventNameIds& names,
                   const OwnProducers& own_producers);

  // The body of the transaction, which is one of `connection`'s. ABORTED when one of the collector's own
  // producers has no row any more.
  absl::Status Run(pqxx::transaction_base& transaction, postgres::CopyConnection& connection);

  // After COMMIT: remembers the users and the sessions.
  void RememberTexts();

  // After Run() was refused at this row of its COPY, from 1: tells its span which event that is.
  void NameRefused(int64_t line);

 private:
  // An event that may be stored; `rejected` once something speaks against it.
  struct Row {
    PieceSpan* span = nullptr;
    size_t index = 0;    // in the batch's events
    int64_t number = 0;  // under the producer
    int event_name_id = 0;
    bool left_out = false;
    const PreparedEvent& event() const { return span->piece->batch.events[index]; }
  };
  struct RejectedRow {
    PieceSpan* span = nullptr;
    int64_t sequence = 0;  // of the piece
    int64_t number = 0;    // under the producer
    v1::RejectionReason reason = v1::REJECTION_REASON_UNSPECIFIED;
    std::string detail;
    std::string_view payload;
  };
  struct SkippedRange {
    int producer_no;
    int64_t first;
    int64_t last;
    v1::SkipReason reason;
  };

  void LockProducers(pqxx::transaction_base& transaction);
  absl::Status JudgeSpans();
  absl::Status JudgeUnary(PieceSpan& span);
  void JudgeStream(PieceSpan& span);
  // Takes the events from number `from` on.
  void TakeSpan(PieceSpan& span, int64_t from);
  void TakeEvent(PieceSpan& span, size_t index, int event_name_id);
  // Of each of a batch's names; 0: the project has no room for it.
  std::vector<int> NameIds(const StagedPiece& piece) const;
  void Reject(Row& row, v1::RejectionReason reason, std::string detail);
  void ResolveUsers(pqxx::transaction_base& transaction);
  void ResolveSessions(pqxx::transaction_base& transaction);
  void ResolveInsertIds(pqxx::transaction_base& transaction);
  absl::Status NumberUnaryRows();
  void WriteEvents(postgres::CopyConnection& connection);
  void WritePipelineRows(pqxx::transaction_base& transaction);
  void WriteUserProperties(pqxx::transaction_base& transaction);
  void WriteRejections(pqxx::transaction_base& transaction);
  void WriteSkippedRanges(pqxx::transaction_base& transaction);
  void WriteLedger(pqxx::transaction_base& transaction);
  void FillResults();
  int ProducerOf(const PieceSpan& span) const;

  std::vector<PieceSpan>& spans_;
  const EventNameIds& names_;
  const OwnProducers& own_producers_;
  ProducerLedger ledger_;
  bool copying_ = false;
  std::vector<Row> rows_;
  std::vector<RejectedRow> rejected_;
  std::vector<SkippedRange> skipped_;
  GroupTexts users_;
  GroupTexts sessions_;
};

}  // namespace donut::collector
