// The events of a group once more, packed for the histories (history/fresh_format.h): one row of
// history_fresh for each project and month, in the transaction that stores the events, so whoever reads sees
// both or neither. Holds each distinct value of a project and month once, and a few numbers per event. One
// object per attempt; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/prepared_batch.h"
#include "common/postgres/copy_connection.h"
#include "history/block_builder.h"

namespace donut::collector {

class FreshRows {
 public:
  // Event `index` of the batch, with what only a commit knows of it. The events of a batch come one after
  // the other; `batch` stays where it is.
  void Add(int project_id, const PreparedBatch& batch, size_t index, int event_name_id, int producer_no,
           int64_t sequence);

  // To be called once, when all are added: makes the rows.
  void Pack();
  // Stores them. Throws what pqxx throws.
  void Write(postgres::CopyConnection& connection) const;

 private:
  struct Month {
    explicit Month(int month);
    int64_t start_us;
    int64_t end_us;
    history::BlockBuilder builder;
    int64_t first_time_us = 0;
    int64_t last_time_us = 0;
  };
  // What a number of the batch is in the builder, if `round` is the current one.
  struct Translation {
    uint32_t round = 0;
    uint32_t code = 0;
  };

  Month& MonthFor(int project_id, int64_t time_us);
  // From here on the numbers of this batch are translated for this month.
  void Translate(const PreparedBatch& batch, Month& month);
  uint32_t KeyCode(uint32_t key);
  uint32_t ValueCode(uint32_t value);

  std::map<std::pair<int, int>, Month> months_;  // by project and month
  // What the last event was of.
  int project_id_ = 0;
  Month* month_ = nullptr;
  const PreparedBatch* batch_ = nullptr;

  uint32_t round_ = 0;
  std::vector<Translation> keys_;
  std::vector<Translation> values_;
  std::string rows_;
};

}  // namespace donut::collector
