// Writes rows of analytics_events: collects them, then one INSERT from arrays. One
// class of its own because it is to become a binary COPY on libpq; nothing else knows how rows get
// into the table. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string_view>

#include "collector/sql_array.h"

namespace donut::collector {

// A row; `properties` is JSON, empty: NULL.
struct EventRow {
  int64_t event_time_us = 0;
  int64_t received_us = 0;
  int64_t user_id = 0;
  std::optional<int64_t> session_id;
  int64_t sequence = 0;
  int project_id = 0;
  int event_name_id = 0;
  int producer_no = 0;
  std::string_view properties;
};

class EventWriter {
 public:
  void Add(const EventRow& row);
  // Throws what pqxx throws, as every statement in a transaction's body does.
  void Write(pqxx::transaction_base& transaction);

 private:
  SqlArray event_times_, received_, users_, sessions_, sequences_, projects_, names_, producers_, properties_;
};

}  // namespace donut::collector
