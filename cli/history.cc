// `donut history`: what is packed, and having it packed again. The work is the compactor's: this looks,
// marks, and waits.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/table.h"
#include "cli/terminal.h"
#include "common/mutex.h"
#include "common/postgres/history_status.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr absl::Duration kLookPeriod = absl::Seconds(1);

struct HistoryArguments {
  bool audit = false;
  std::string partition;
  bool all = false;
};

using postgres::HistoryStatus;
using postgres::PartitionHistory;

// A partition that has nothing and lacks nothing is not worth a line.
bool IsWorthALine(const PartitionHistory& one) {
  return one.state != "packed" || one.events > 0 || one.fresh_rows > 0;
}

std::string PerEvent(const PartitionHistory& one) {
  if (one.events == 0) return kAbsent;
  return absl::StrFormat("%.1f", static_cast<double>(one.bytes) / static_cast<double>(one.events));
}

void PrintTable(const HistoryStatus& status) {
  using Kind = Table::Kind;
  Page page(PageOptionsFor(fileno(stdout)));
  Table table({{"partition", Kind::kLabel},
               {"state", Kind::kLabel},
               {"events", Kind::kNumber},
               {"blocks", Kind::kNumber},
               {"slices", Kind::kNumber},
               {"bytes", Kind::kNumber},
               {"per event", Kind::kNumber},
               {"fresh rows", Kind::kNumber},
               {"fresh events", Kind::kNumber}});
  for (const PartitionHistory& one : status.partitions) {
    if (!IsWorthALine(one)) continue;
    table.Row({Harmless(one.partition), one.state, Count(one.events), Count(one.blocks),
               Count(one.most_slices), Count(one.bytes), PerEvent(one), Count(one.fresh_rows),
               Count(one.fresh_events)});
  }
  table.RenderTo(page);
  std::fputs(page.text().c_str(), stdout);
}

void PrintClosingLine(const HistoryStatus& status) {
  int64_t events = 0;
  int64_t fresh = 0;
  int64_t by_sql = 0;
  for (const PartitionHistory& one : status.partitions) {
    events += one.events;
    fresh += one.fresh_events;
    by_sql += one.state == "packed" ? 0 : 1;
  }
  std::printf("%s packed, %s fresh; %s; %s\n", Counted(events, "event").c_str(), Count(fresh).c_str(),
              by_sql == 0 ? "histories answer for every partition"
                          : absl::StrCat("SQL answers for ", Counted(by_sql, "partition")).c_str(),
              status.has_compactor ? "a compactor is at work" : "no compactor is at work");
}

absl::Status ShowStatus(const GlobalOptions& global, const HistoryArguments& arguments) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsOwner(global.database_url));
  if (arguments.audit) {
    ASSIGN_OR_RETURN(const std::vector<std::string> differing, postgres::MarkDiffering(*connection));
    std::printf("%s\n", differing.empty()
                            ? "every packed partition has as many events as the table"
                            : absl::StrCat("not as many events as the table, so to be rebuilt: ",
                                           Harmless(absl::StrJoin(differing, " ")))
                                  .c_str());
  }
  ASSIGN_OR_RETURN(const HistoryStatus status, postgres::ReadHistoryStatus(*connection));
  PrintTable(status);
  PrintClosingLine(status);
  return absl::OkStatus();
}

void Pause() {
  Mutex mutex;
  ConditionVariable never;
  MutexLock lock(mutex);
  never.WaitFor(mutex, kLookPeriod);
}

absl::Status WaitForRebuild(pqxx::connection& connection, size_t left) {
  bool has_compactor = true;
  while (left > 0) {
    ASSIGN_OR_RETURN(const HistoryStatus status, postgres::ReadHistoryStatus(connection));
    size_t still = 0;
    for (const PartitionHistory& one : status.partitions) still += one.state == "packed" ? 0 : 1;
    if (has_compactor && !status.has_compactor) {
      std::fprintf(stderr, "no compactor is at work: start donut-compactor; waiting for it\n");
    }
    if (still != left && still > 0)
      std::printf("%s left\n", Counted(static_cast<int64_t>(still), "partition").c_str());
    std::fflush(stdout);
    has_compactor = status.has_compactor;
    left = still;
    if (left > 0) Pause();
  }
  std::printf("done: histories answer for every partition\n");
  return absl::OkStatus();
}

absl::Status Rebuild(const GlobalOptions& global, const HistoryArguments& arguments) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsOwner(global.database_url));
  ASSIGN_OR_RETURN(const std::vector<std::string> by_sql,
                   postgres::MarkForRebuild(*connection, arguments.partition, arguments.all));
  if (by_sql.empty()) {
    std::printf("nothing to rebuild: histories answer for every partition\n");
    return absl::OkStatus();
  }
  std::printf("to rebuild: %s; SQL answers meanwhile\n",
              Counted(static_cast<int64_t>(by_sql.size()), "partition").c_str());
  std::fflush(stdout);
  return WaitForRebuild(*connection, by_sql.size());
}

}  // namespace

void AddHistory(CLI::App& app, Command& command) {
  CLI::App* history =
      app.add_subcommand("history", "Show what is packed into histories, and have it rebuilt");
  history->require_subcommand(1);
  history->fallthrough();
  auto arguments = std::make_shared<HistoryArguments>();

  CLI::App* status = history->add_subcommand("status", "Show how far histories are packed");
  status->add_flag("--audit", arguments->audit,
                   "Count the events in the table as well; what differs is rebuilt. Reads all events");
  status->callback([&command, arguments] {
    command.run = [&command, arguments] { return Finished(ShowStatus(command.options, *arguments)); };
  });

  CLI::App* rebuild = history->add_subcommand("rebuild",
                                              "Have histories made anew out of the events, and wait for "
                                              "that; without an option, those that are not trusted");
  CLI::Option* partition =
      rebuild->add_option("--partition", arguments->partition, "This one, such as analytics_events_2026_11")
          ->type_name("NAME");
  rebuild->add_flag("--all", arguments->all, "All of them")->excludes(partition);
  rebuild->callback([&command, arguments] {
    command.run = [&command, arguments] { return Finished(Rebuild(command.options, *arguments)); };
  });
}

}  // namespace donut::cli
