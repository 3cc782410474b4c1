// Stores events as the collector does, in both forms: as rows of analytics_events and packed in fresh rows.
// And reads both back as texts that can be compared: in any snapshot they must be equal, whatever the
// compactor has done. No state.
#pragma once

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "history/block_builder.h"

namespace donut::testing {

struct StoredEvent {
  int project_id = 1;
  history::EventKey key;
  // A JSON object; empty: none.
  std::string properties;
};

// Inserts the events, and a fresh row for each project's month among them. The connection is
// donut_collector's: an INSERT of anybody else makes SQL answer for all partitions. Names, users and
// producers are not made; nothing asks for them here.
void StoreEvents(pqxx::transaction_base& transaction, const std::vector<StoredEvent>& events);

// The same in a transaction of its own.
void CommitEvents(pqxx::connection_base& collector, const std::vector<StoredEvent>& events);

// All events of the table, one a line, sorted: project, user, time, name, session, producer, sequence,
// properties.
std::vector<std::string> EventsOfTable(pqxx::transaction_base& transaction);

// The same lines out of blocks and fresh rows. Throws std::runtime_error where one is damaged, or a block's
// row says something else than its columns have, or is not sorted.
std::vector<std::string> EventsOfHistories(pqxx::transaction_base& transaction);

}  // namespace donut::testing
