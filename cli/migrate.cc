// `donut migrate`: brings the database up to this program's schema.

#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/command.h"
#include "cli/database.h"
#include "common/postgres/migrations.h"

namespace donut::cli {
namespace {

int Migrate(const GlobalOptions& global) {
  const auto connection = ConnectAsOwner(global.database_url);
  if (!connection.ok()) {
    PrintError(std::string(connection.status().message()));
    return kExitFailed;
  }
  const auto applied = postgres::Migrate(**connection, [](const postgres::Migration& migration) {
    std::printf("applied %s\n", migration.name.c_str());
    std::fflush(stdout);
  });
  if (!applied.ok()) {
    PrintError(absl::StrCat("cannot migrate: ", applied.status().message()));
    return kExitFailed;
  }
  std::printf("up to date (version %d)\n", postgres::EmbeddedMigrations().back().version);
  return kExitDone;
}

}  // namespace

void AddMigrate(CLI::App& app, Command& command) {
  CLI::App* migrate = app.add_subcommand("migrate", "Bring the database up to this version's schema");
  migrate->callback([&command] { command.run = [&command] { return Migrate(command.options); }; });
}

}  // namespace donut::cli
