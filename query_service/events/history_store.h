// What the query service keeps of histories between questions: decoded columns and fresh rows, within a
// number of bytes, and how many folds run, which share the processors. One per process. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "history/block.h"
#include "query_service/events/shared_cache.h"
#include "query_service/events/user_property_cache.h"

namespace donut::query {

// A fresh row, decoded.
struct FreshBlock {
  history::Block block;
  size_t bytes = 0;
  size_t MemoryBytes() const { return bytes; }
};

struct HistoryFigures {
  std::atomic<int64_t> answers{0};
  // Questions that were left to choose, and that SQL answered.
  std::atomic<int64_t> fallbacks{0};
  // Bodies that could not be read.
  std::atomic<int64_t> damaged{0};
  std::atomic<int64_t> bytes_read{0};
};

class HistoryStore {
 public:
  // What it holds between questions, at most. A question holds besides what it reads: its columns up to
  // kMostLoadedEvents events at a time.
  explicit HistoryStore(size_t max_bytes)
      : columns_(max_bytes - 2 * (max_bytes / kShare)),
        fresh_(max_bytes / kShare),
        users_(max_bytes / kShare) {}

  SharedCache<history::Column>& columns() { return columns_; }
  SharedCache<FreshBlock>& fresh() { return fresh_; }
  UserPropertyCache& users() { return users_; }
  HistoryFigures& figures() { return figures_; }
  std::atomic<int>& running_folds() { return running_folds_; }

 private:
  // Of fresh rows, and of users' properties.
  static constexpr size_t kShare = 8;

  SharedCache<history::Column> columns_;
  SharedCache<FreshBlock> fresh_;
  UserPropertyCache users_;
  HistoryFigures figures_;
  std::atomic<int> running_folds_{0};
};

}  // namespace donut::query
