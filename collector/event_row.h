// One row of analytics_events in the form that PostgreSQL's binary COPY takes (copy_events.sql): written
// once, on the thread that received the event, and sent as it is. Only what a commit decides is put in
// then: the id of the name, and for events that ride on the collector's own producer their number.
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace donut::collector {

struct EventRow {
  int64_t event_time_us = 0;  // microseconds since 1970
  int64_t received_us = 0;
  int64_t user_id = 0;
  std::optional<int64_t> session_id;
  int64_t sequence = 0;
  int project_id = 0;
  int producer_no = 0;
};

// Appends room for what stands before the properties. Their JSON text, if any, is to be appended next.
void BeginEventRow(std::string& rows);
// Completes the row that begins at `begin`; nothing appended since BeginEventRow: no properties.
void EndEventRow(const EventRow& row, size_t begin, std::string& rows);

// In a complete row.
void SetEventName(int event_name_id, char* row);
void SetProducer(int producer_no, int64_t sequence, char* row);

// Of a complete row: microseconds since 1970.
int64_t EventTimeUsOf(std::string_view row);

// Bytes of a row without properties, at most.
inline constexpr size_t kMostEventRowBytes = 91;

}  // namespace donut::collector
