// Puts an EventMonth into a database as a collector would have stored it: rows in the order of their times,
// by COPY straight into the tables, then VACUUM ANALYZE. Not thread-safe.
#pragma once

#include "absl/time/time.h"
#include "bench/event_month.h"
#include "tests/support/test_database.h"

namespace donut::bench {

// For the project 1, in the month that begins at `start`. Fails the program when it cannot.
void LoadEventMonth(const EventMonth& month, absl::Time start, testing::TestDatabase& database);

}  // namespace donut::bench
