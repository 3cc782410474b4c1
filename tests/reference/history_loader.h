// Puts a History straight into the tables, past the collector, so that metrics can
// be tried on any state. For tests. Not thread-safe.
#pragma once

#include <pqxx/pqxx>
#include <string>

#include "common/postgres/project_directory.h"
#include "tests/reference/history.h"

namespace donut::testing {

// Makes a project of its own for the history, so that many fit into one database
// and a metric that forgets the project is found out. `owner`: a connection as the database's owner.
postgres::Project LoadHistory(pqxx::connection& owner, const History& history,
                              const std::string& time_zone = "UTC");

}  // namespace donut::testing
