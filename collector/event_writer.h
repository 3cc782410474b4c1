// Puts rows into analytics_events: one binary COPY, in chunks, from the first row on. Holds a
// chunk and no more. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "common/postgres/copy_connection.h"

namespace donut::collector {

class EventWriter {
 public:
  explicit EventWriter(postgres::CopyConnection& connection) : copy_(connection) {}

  // `row` as event_row.h writes it, but for what is given here. Throws what pqxx throws.
  void Add(std::string_view row, int event_name_id);
  void Add(std::string_view row, int event_name_id, int producer_no, int64_t sequence);
  // To be called at the end, also when there were no rows.
  void Finish();

 private:
  char* Append(std::string_view row);

  postgres::BinaryCopy copy_;
  bool started_ = false;
  std::string chunk_;
};

}  // namespace donut::collector
