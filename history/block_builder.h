// Gathers events and makes the columns of a block of them: the collector for fresh rows, the compactor for
// blocks. Events come as they are, or out of other blocks. Holds what it was given, bounded by its user (see
// IsFull). Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
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
  std::optional<int64_t> session_id = std::nullopt;
  int32_t producer_no = 0;
  int64_t sequence = 0;
};

class BlockBuilder {
 public:
  explicit BlockBuilder(int month);
  ~BlockBuilder();
  BlockBuilder(BlockBuilder&&) noexcept;
  BlockBuilder& operator=(BlockBuilder&&) noexcept;

  // An event without properties so far.
  void Add(const EventKey& event);
  // To the last event: at most one value a key (of several the last one stands).
  void AddProperty(std::string_view key, ValueView value);
  // The same by numbers, for who adds the same keys and values again and again. They are good until the
  // builder is emptied. Value 0 takes the key's value away again, as a JSON null does.
  uint32_t KeyCode(std::string_view key);
  uint32_t ValueCode(uint32_t key_code, ValueView value);
  void AddProperty(uint32_t key_code, uint32_t value_code);

  // Event `place` of a block that has all its columns, with its properties. `source` must stay alive,
  // unchanged and at its address until the builder is done: what its codes mean is remembered by its address.
  void Append(const Block& source, size_t place, int64_t user_id);

  size_t event_count() const { return events_.size(); }
  size_t MemoryBytes() const;
  // Bytes of the values' texts, each distinct one of a key once.
  size_t text_bytes() const { return text_bytes_; }
  // Whether it has kMaxBlockEvents events or kMaxBlockTextBytes of texts.
  bool IsFull() const;

  // The events, sorted by user and event order, as the columns of a block. Leaves the builder empty.
  EncodedBlock Finish();
  // The events in the order in which they were added, as one body (fresh_format.h). Leaves the builder empty.
  // At most kMaxFreshEvents. (Sorting is left to the reader: the collector has no time for it.)
  std::string FinishFresh();

 private:
  // A property that some event has.
  struct Key {
    std::string name;
    DictionaryBuilder values;
    // The events that have it, ascending, and its value's code in each.
    std::vector<uint32_t> places;
    std::vector<uint32_t> codes;
  };
  // What the codes of a block mean here.
  struct Source;
  struct Columns;

  Source& SourceOf(const Block& block);
  void AppendRest(Source& source, uint32_t rest_code);
  // The events as they shall be: place i has the event order[i]; empty: as they came.
  std::vector<uint32_t> SortedOrder() const;
  Columns MakeColumns(const std::vector<uint32_t>& order, bool fresh) const;
  Column MakeUsers(const std::vector<uint32_t>& order) const;
  Column MakeFreshUsers() const;
  void MakeEventColumns(const std::vector<uint32_t>& order, Columns& columns) const;
  Column MakeKeyColumn(const Key& key, const std::vector<uint32_t>& target) const;
  Column MakeRest(std::vector<uint32_t> keys, const std::vector<uint32_t>& target) const;
  BlockSummary Summarize() const;
  void Clear();

  int month_;
  int64_t month_start_us_;
  std::vector<EventKey> events_;
  std::vector<Key> keys_;
  absl::flat_hash_map<std::string, uint32_t> key_codes_;
  absl::flat_hash_map<const Block*, std::unique_ptr<Source>> sources_;
  Source* last_source_ = nullptr;
  size_t text_bytes_ = 0;
  // Keys and values of all events, however often each.
  size_t property_bytes_ = 0;
};

}  // namespace donut::history
