// Makes blocks of events that come sorted by project, month, user and event order, and stores them: a slice
// for each project's month. Holds one block at a time. Not thread-safe.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "compactor/history_rows.h"
#include "history/block_builder.h"

namespace donut::compactor {

class PartitionPacker {
 public:
  // `written` counts.
  PartitionPacker(pqxx::transaction_base& transaction, Written& written)
      : transaction_(transaction), written_(written) {}

  // `properties`: JSON, or empty.
  absl::Status Add(int project_id, int month, const history::EventKey& event, std::string_view properties);
  absl::Status Finish();

 private:
  // Whether a block ends before this event.
  bool EndsBefore(const history::EventKey& event) const;

  pqxx::transaction_base& transaction_;
  Written& written_;
  BlockPlace place_;
  std::optional<history::BlockBuilder> builder_;
  int64_t last_user_ = 0;
};

}  // namespace donut::compactor
