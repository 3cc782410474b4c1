// What all subcommands share: the global options, and how a subcommand is chosen and run. Each
// subcommand has a file of its own that adds itself to the parser; main runs the chosen one
// after parsing. Not thread-safe.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace donut::cli {

// What a script can rely on.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;   // a service, the database or a file did not do its part
inline constexpr int kExitUsage = 2;    // the command line is wrong
inline constexpr int kExitRefused = 3;  // it was done, but some events were refused
inline constexpr int kExitInterrupted = 130;

struct GlobalOptions {
  std::string collector_address = "127.0.0.1:50051";
  std::string query_address = "127.0.0.1:50052";
  std::string api_key;
  std::string database_url;  // migrate, keys, projects and history only
};

struct Command {
  GlobalOptions options;
  // Set by the parser when a subcommand was chosen; returns the exit code.
  std::function<int()> run;
};

// One line on standard error, "donut: " and the text, without control characters.
void PrintError(const std::string& text);
// kExitDone, or kExitFailed once the reason is printed.
int Finished(const absl::Status& status);

void AddView(CLI::App& app, Command& command);
void AddActiveUsers(CLI::App& app, Command& command);
void AddFunnel(CLI::App& app, Command& command);
void AddFunnelActors(CLI::App& app, Command& command);
void AddExplainFunnelActor(CLI::App& app, Command& command);
void AddConversionRate(CLI::App& app, Command& command);
void AddRetention(CLI::App& app, Command& command);
void AddRetentionActors(CLI::App& app, Command& command);
void AddFeatureUsage(CLI::App& app, Command& command);
void AddPipelineFunnel(CLI::App& app, Command& command);
void AddVerify(CLI::App& app, Command& command);
void AddTrack(CLI::App& app, Command& command);
void AddImport(CLI::App& app, Command& command);
void AddMigrate(CLI::App& app, Command& command);
void AddKeys(CLI::App& app, Command& command);
void AddProjects(CLI::App& app, Command& command);
void AddHistory(CLI::App& app, Command& command);

}  // namespace donut::cli
