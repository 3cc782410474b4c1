#include "collector/event_writer.h"

#include "collector/statements.h"

namespace donut::collector {

void EventWriter::Add(const EventRow& row) {
  event_times_.Add(row.event_time_us);
  received_.Add(row.received_us);
  users_.Add(row.user_id);
  sessions_.Add(row.session_id);
  sequences_.Add(row.sequence);
  projects_.Add(row.project_id);
  names_.Add(row.event_name_id);
  producers_.Add(row.producer_no);
  if (row.properties.empty()) {
    properties_.AddNull();
  } else {
    properties_.AddText(row.properties);
  }
}

void EventWriter::Write(pqxx::transaction_base& transaction) {
  if (event_times_.empty()) return;
  transaction.exec_params(sql::kInsertEvents, event_times_.Take(), received_.Take(), users_.Take(),
                          sessions_.Take(), sequences_.Take(), projects_.Take(), names_.Take(),
                          producers_.Take(), properties_.Take());
}

}  // namespace donut::collector
