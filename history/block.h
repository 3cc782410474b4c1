// A block: the histories of some users of one project in one month, immutable, as columns. Users ascend by
// their 64-bit id; within a user events are in event order (time, producer number, sequence), so place is
// order and needs no column. A reader has the columns that it asked for; the others are null.
// docs/histories.md specifies it. Plain data; columns are shared and immutable, so thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "history/dictionary.h"
#include "history/integers.h"

namespace donut::history {

// The numbers of columns, as stored.
inline constexpr int kUsers = 0;      // numbers: ids of users; values: how many events each has
inline constexpr int kNames = 1;      // numbers: ids of event names; values: places in them
inline constexpr int kQuarters = 2;   // quarters of an hour since the month's start
inline constexpr int kMicros = 3;     // microseconds within the quarter
inline constexpr int kSessions = 4;   // numbers: ids of sessions; values: 0 none, else 1 + the place in them
inline constexpr int kProducers = 5;  // numbers: producer numbers; values: places in them
inline constexpr int kSequences = 6;
inline constexpr int kRest = 7;  // the properties that have no column, as a JSON object; like a property's
// Property i of BlockSummary::keys has the column kFirstProperty + i: texts; values: 0 none, else codes.
inline constexpr int kFirstProperty = 8;

// Keys that have a column of their own, at most; each is in at least 1 of kMinKeyShare events. The values of
// others are in kRest.
inline constexpr int kMaxKeyColumns = 64;
inline constexpr int kMinKeyShare = 100;
// Where a block ends, by what comes first. Bytes are of texts, before compression.
inline constexpr size_t kMaxBlockEvents = 128 << 10;
inline constexpr size_t kMaxBlockTextBytes = 8 << 20;

struct Column {
  Integers values;               // one per event; of kUsers one per user
  std::vector<int64_t> numbers;  // a dictionary of numbers; empty: none
  Dictionary texts;              // of properties
  std::vector<uint32_t> ends;    // of kUsers, made when read: user i has the events [ends[i], ends[i + 1])

  size_t MemoryBytes() const;
};
using ColumnPointer = std::shared_ptr<const Column>;

// What is known of a block without its columns: a row of the directory.
struct BlockSummary {
  int month = 0;
  uint32_t event_count = 0;
  uint32_t user_count = 0;
  int64_t first_user = 0;
  int64_t last_user = 0;
  int64_t first_time_us = 0;
  int64_t last_time_us = 0;
  // Of the properties that have a column, in the order of the columns. Whatever else an event has is in
  // kRest.
  std::vector<std::string> keys;

  // The column of a key; kRest where it has none.
  int ColumnOf(const std::string& key) const;
};

struct Block {
  BlockSummary summary;
  // By number. Those that were not asked for are not there.
  std::map<int, ColumnPointer> columns;

  const Column& at(int number) const { return *columns.at(number); }
};

}  // namespace donut::history
