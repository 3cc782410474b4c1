// The donut command. Reads the command line and the environment; everything else is in the
// subcommands' own files.

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "cli/command.h"
#include "cli/render/display_text.h"

namespace donut::cli {

void PrintError(const std::string& text) { std::fprintf(stderr, "donut: %s\n", Harmless(text).c_str()); }

int Finished(const absl::Status& status) {
  if (status.ok()) return kExitDone;
  PrintError(std::string(status.message()));
  return kExitFailed;
}

namespace {

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("--collector", options.collector_address, "Where donut-collector listens")
      ->envname("DONUT_COLLECTOR_ADDRESS")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option("--query", options.query_address, "Where donut-query listens")
      ->envname("DONUT_QUERY_ADDRESS")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option("--api-key", options.api_key, "The project's key; better given by the environment")
      ->envname("DONUT_API_KEY")
      ->type_name("KEY");
  app.add_option("--database-url", options.database_url,
                 "For migrate, keys, projects and history, as the owner")
      ->envname("DONUT_DATABASE_URL")
      ->type_name("URL");
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Donut Analytics: send events, and see what became of them.", "donut");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "donut " DONUT_VERSION);
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong command line, 3 some events were refused.");
  Command command;
  AddGlobalOptions(app, command.options);
  AddView(app, command);
  AddActiveUsers(app, command);
  AddConversionRate(app, command);
  AddFunnel(app, command);
  AddFunnelActors(app, command);
  AddExplainFunnelActor(app, command);
  AddRetention(app, command);
  AddRetentionActors(app, command);
  AddFeatureUsage(app, command);
  AddPipelineFunnel(app, command);
  AddVerify(app, command);
  AddTrack(app, command);
  AddImport(app, command);
  AddMigrate(app, command);
  AddKeys(app, command);
  AddProjects(app, command);
  AddHistory(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const std::vector<std::string> unknown = app.remaining();
    if (unknown.empty()) return app.exit(error) == 0 ? kExitDone : kExitUsage;
    PrintError("there is no command " + unknown.front() + ": `donut --help` lists them");
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  return command.run();
}

}  // namespace
}  // namespace donut::cli

int main(int argc, char** argv) {
  try {
    return donut::cli::Main(argc, argv);
  } catch (const std::exception& error) {
    donut::cli::PrintError(error.what());
    return donut::cli::kExitFailed;
  }
}
