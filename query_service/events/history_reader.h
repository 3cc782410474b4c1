// Reads the histories of a project within one snapshot of the database: which blocks and fresh rows there
// are, and their columns, out of the store where it has them. What it cannot read, or may not trust, is no
// error of the question: FAILED_PRECONDITION and DATA_LOSS mean that SQL has to answer, and say why. Throws
// what pqxx throws. One per question; not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/postgres/copy_connection.h"
#include "history/block.h"
#include "query_service/events/history_store.h"
#include "query_service/events/source_tables.h"

namespace donut::query {

struct StoredBlock {
  std::string id;
  history::BlockSummary summary;
};

struct HistoryDirectory {
  std::vector<StoredBlock> blocks;
  // Decoded, with all their columns.
  std::vector<std::shared_ptr<const FreshBlock>> fresh;
  int64_t fresh_event_count = 0;
};

// Whether this status of a reader says that SQL has to answer.
inline bool IsLeftToSql(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
}

class HistoryReader {
 public:
  // `connection` has the open transaction of the question.
  HistoryReader(HistoryStore* store, postgres::CopyConnection* connection)
      : store_(store), connection_(connection) {}

  // Of events in [from_us, to_us).
  absl::StatusOr<HistoryDirectory> Open(int project_id, int64_t from_us, int64_t to_us);

  // The blocks with these columns each, in the order of `blocks`.
  absl::StatusOr<std::vector<history::Block>> Load(const std::vector<const StoredBlock*>& blocks,
                                                   const std::vector<std::vector<int>>& columns);

  std::map<int32_t, std::string> EventNames(int project_id);
  // As they are in the snapshot.
  absl::StatusOr<UserProperties> Users(int project_id, const std::vector<std::string>& keys);
  std::vector<bool> Matches(const std::string& regex, const std::vector<std::string>& texts);

  HistoryStore& store() { return *store_; }

 private:
  absl::Status CheckPartitions(int from_month, int to_month);
  absl::Status OpenFresh(int project_id, int from_month, int to_month, HistoryDirectory& directory);
  absl::Status LoadFresh(const std::vector<std::string>& ids,
                         std::vector<std::shared_ptr<const FreshBlock>>& blocks);
  absl::StatusOr<std::shared_ptr<const FreshBlock>> ReadFresh(std::string_view body, int64_t checksum,
                                                              int month);
  // Columns that are not in the store, by key of the cache: block, ":", column.
  struct Wanted {
    std::string key;
    const StoredBlock* block = nullptr;
    int column = 0;
  };
  absl::Status LoadColumns(const std::vector<Wanted>& wanted, std::vector<history::ColumnPointer>& columns);
  UserChanges ReadUserChanges(int project_id);
  absl::StatusOr<std::shared_ptr<const UserValues>> ReadUsers(int project_id, const std::string& key,
                                                              const UserChanges& changes);
  absl::Status Damaged(const std::string& what, const absl::Status& status);

  HistoryStore* const store_;
  postgres::CopyConnection* const connection_;
};

}  // namespace donut::query
