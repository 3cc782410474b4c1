// Packs the events of a project as the collector and the compactor would have: some into blocks, some into
// fresh rows, split at random but the same for the same project, so that what a metric reads has to be
// merged. For tests. Not thread-safe.
#pragma once

#include <pqxx/pqxx>

namespace donut::testing {

// Whatever histories the project had before are replaced, and histories may answer for all of the database.
void PackHistory(pqxx::connection& owner, int project_id);

}  // namespace donut::testing
