// Blocks and fresh rows as rows of the database (migrations/0008): written, read, checked. Whatever does not
// fit its checksum or does not decode is DATA_LOSS; the caller marks its month (MarkMonth), so that SQL
// answers until it is rebuilt. No state; each call is within the caller's transaction.
#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "compactor/user_ranges.h"
#include "history/block.h"
#include "history/block_builder.h"

namespace donut::compactor {

// Where blocks are stored.
struct BlockPlace {
  std::string slice_id;
  int project_id = 0;
  int month = 0;
  int level = 0;
};

// What was written, for the metrics.
struct Written {
  int64_t blocks = 0;
  int64_t events = 0;
  int64_t bytes = 0;

  Written& operator+=(const Written& other);
};

// A row of history_blocks.
struct StoredBlock {
  std::string id;
  int level = 0;
  int64_t body_bytes = 0;
  history::BlockSummary summary;

  UserSpan Span() const { return SpanOf(summary, static_cast<size_t>(body_bytes)); }
  // With what it takes decoded, at most: an event four bytes in a column of codes, eight in that of
  // sequences; the texts of a full block, or sixteen times the bodies.
  static UserSpan SpanOf(const history::BlockSummary& summary, size_t body_bytes);
};

// uuid[] of ids.
std::string IdArray(const std::vector<std::string>& ids);

absl::StatusOr<std::string> MakeId(pqxx::transaction_base& transaction);

absl::Status WriteBlock(pqxx::transaction_base& transaction, const BlockPlace& place,
                        const history::EncodedBlock& block, Written& written);

// Locks the rows of blocks of these slices, in the order of users. ABORTED: some are locked or gone.
absl::StatusOr<std::vector<StoredBlock>> TakeBlocks(pqxx::transaction_base& transaction, int project_id,
                                                    int month, const std::vector<std::string>& slices,
                                                    int64_t expected);

// All columns of a block, each checked.
absl::StatusOr<history::Block> ReadBlock(pqxx::transaction_base& transaction, const StoredBlock& stored);

// ABORTED: some were gone.
absl::Status DeleteBlocks(pqxx::transaction_base& transaction, const std::vector<std::string>& ids);

// The body of a fresh row, checked and decoded.
absl::StatusOr<history::Block> DecodeFreshRow(const pqxx::row& row, int month);

// In a transaction of its own: SQL answers for the month until it is rebuilt.
absl::Status MarkMonth(pqxx::connection_base& connection, int month);

}  // namespace donut::compactor
