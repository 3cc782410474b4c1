// Gathers events and makes the columns of a block of them: the collector for fresh rows, the compactor for
// blocks. Events come as they are, or out of other blocks. Holds what it was given, bounded by its user (see
// IsFull). Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "history/block.h"

namespace donut::history {

struct EncodedColumn {
  int number = 0;
  std::string body;
  uint64_t checksum = 0;
};

struct EncodedBlock {
  BlockSummary summary;
  std::vector<EncodedColumn> columns;
  size_t BodyBytes() const;
};

struct EventKey {
  int64_t user_id = 0;
  int64_t time_us = 0;  // since 1970; in the builder's month
  int32_t event_name_id = 0;
  std::optional<int64_t> session_id;
  int32_t producer_no = 0;
  int64_t sequence = 0;
};

class BlockBuilder {
 public:
  explicit BlockBuilder(int month);

  // An event without properties so far.
  void Add(const EventKey& event);
  // To the last event: at most one value a key (of several the last one stands).
  void AddProperty(std::string_view key, ValueView value);
  // The same by numbers, for who adds the same keys and values again and again.
  uint32_t KeyCode(std::string_view key);
  uint32_t ValueCode(uint32_t key_code, ValueView value);
  void AddProperty(uint32_t key_code, uint32_t value_code);

  // Event `place` of a block that has all its columns, with its properties. `source` must stay alive, unchanged
  // and at its address until the builder is done: what its codes mean is remembered by its address.
  void Append(const Block& source, size_t place, int64_t user_id);

  size_t event_count() const { return events_.size(); }
  size_t MemoryBytes() const;
  // Whether it has kMaxBlockEvents events or kMaxBlockTextBytes of texts.
  bool IsFull() const;

  // The events, sorted by user and event order, as the columns of a block. Leaves the builder empty.
  EncodedBlock Finish();
  // The events in the order in which they were added, as one body (fresh_format.h). Leaves the builder empty.
  // (Sorting is left to the reader: the collector has no time for it.)
  std::string FinishFresh();

 private:
  struct Event;
  struct Key;
  struct Source;
  // ... as the implementation needs
  std::vector<EventKey> events_;
};

}  // namespace donut::history
