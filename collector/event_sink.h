// The seam between the collector and its database: grants epochs to producers, and
// commits groups of what they sent. The real one is postgres_event_sink.h, tests
// have a fake. One sink belongs to one lane and is called by one thread at a time; calls block.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/prepared_batch.h"
#include "collector/producer_ledger.h"
#include "common/postgres/outcome.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"

namespace donut::collector {

struct HelloAnswer {
  // kCreate or kGrant: the rest is filled. Else the stream is refused.
  HelloVerdict verdict = HelloVerdict::kGrant;
  int producer_no = 0;
  int64_t epoch = 0;
  std::string token;  // of the claim
  int64_t committed_sequence = 0;
  std::string bookmark;
  int64_t bookmark_sequence = 0;  // the number up to which it speaks
};

// What one message of a stream, or one TrackEvents, wants stored.
struct StagedPiece {
  int project_id = 0;
  // Of a stream, as it was granted. A unary piece has none of these: it rides on the collector's own
  // producer, and its numbers are places in the request.
  int producer_no = 0;
  int64_t epoch = 0;
  std::string token;
  bool unary = false;
  // The numbers it covers, both inclusive; last < first: none (Close).
  int64_t first = 0;
  int64_t last = -1;
  PreparedBatch batch;
  // Set by a Skipped: its reason, for [first, last].
  v1::SkipReason skip_reason = v1::SKIP_REASON_UNSPECIFIED;
  std::string bookmark;
  bool close = false;

  size_t MemoryBytes() const {
    return sizeof(*this) + batch.MemoryBytes() + bookmark.capacity() + token.capacity();
  }
};

struct PieceResult {
  // OK: `verdict` tells what became of the piece; else it was not decided, and nothing of it is acknowledged.
  absl::Status status;
  PieceVerdict verdict = PieceVerdict::kMoves;
  std::vector<v1::Rejection> rejections;  // ascending, by the piece's own numbers
  int64_t stored_count = 0;
  int64_t duplicate_count = 0;
};

// A part of a piece, as one transaction takes it: the whole, unless PostgreSQL refused a row of it.
struct PieceSpan {
  const StagedPiece* piece = nullptr;
  int64_t first = 0;
  int64_t last = -1;
  // When not empty: every event of this part is dead-lettered for this reason.
  std::string refusal;
  // Single events that are, by their numbers.
  std::map<int64_t, std::string> refused_events;
  // Filled by Commit() with INVALID_ARGUMENT: the event whose row PostgreSQL refused, when it named one.
  std::optional<int64_t> named_event;
  // Filled by Commit() before its COMMIT, so valid only when it returned OK, or when the ledger
  // later says that the attempt did commit.
  PieceResult result;
  // A unary part's last number under the collector's own producer in the last attempt; 0: none. When the
  // ledger has moved as far, that attempt did commit; one that was rolled back left it where it was.
  int64_t own_last = 0;

  // The bookmark and the close belong to the end of the piece.
  bool ends_piece() const { return last == piece->last; }
};

class EventSink {
 public:
  virtual ~EventSink() = default;

  // Raises the epoch. Errors are the database's.
  virtual absl::StatusOr<HelloAnswer> Grant(const HelloClaim& claim) = 0;

  // One transaction for all spans. INVALID_ARGUMENT: PostgreSQL refused some row (named_event). ABORTED:
  // it lost against another transaction, try again. UNAVAILABLE: it is away. `outcome` tells what
  // became of the transaction; after kUnknown, call it again with the same spans.
  virtual absl::Status Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) = 0;

  // An orderly end: the sink's own producers are closed. Errors do not matter.
  virtual void Close() {}
};

}  // namespace donut::collector
