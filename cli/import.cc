// `donut import`: a file of JSON lines or of CSV, each record stored exactly once, however often it is
// imported or interrupted. Record n is number n of a producer that belongs to the file.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/import_arguments.h"
#include "cli/import_check.h"
#include "cli/import_opening.h"
#include "cli/import_preparation.h"
#include "cli/import_report.h"
#include "cli/import_screen.h"
#include "cli/import_sending.h"
#include "cli/render/figures.h"
#include "cli/service_call.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

// The collector may restart meanwhile; Ctrl-C ends the wait.
constexpr absl::Duration kFinishTimeout = absl::Hours(24);

std::string Explained(const absl::Status& status, const GlobalOptions& global) {
  switch (status.code()) {
    case absl::StatusCode::kAborted:
      return "another import of the same source has taken over";
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kFailedPrecondition:
      return std::string(status.message());
    default:
      return ExplainFailure(status, {"donut-collector", global.collector_address, "--collector"}, false);
  }
}

int ConcludeFailed(const absl::Status& status, const ImportSending& sending, const std::string& noun,
                   const GlobalOptions& global) {
  const int64_t committed = sending.progress().committed_sequence;
  const std::string how_to_go_on =
      committed == 0 ? "nothing is stored yet"
                     : absl::StrCat(noun, "s 1 to ", Count(committed),
                                    " are done; the same command again goes on behind them");
  if (ImportScreen::interrupted()) {
    PrintError(absl::StrCat("interrupted: ", how_to_go_on));
    return kExitInterrupted;
  }
  PrintError(absl::StrCat(Explained(status, global), "; ", how_to_go_on));
  return kExitFailed;
}

// The last lines, and the exit code.
int ConcludeDone(const ImportSending& sending, const ImportReport& report, absl::Duration elapsed) {
  const OpenImport& opened = sending.opened();
  const ImportCounts counts = sending.counts();
  if (counts.read == 0 && sending.unfinished().empty()) {
    std::printf("already imported, nothing new: %s\n",
                EarlierRecords(counts.earlier, opened.unreadable, report.noun()).c_str());
    return opened.unreadable > 0 ? kExitRefused : kExitDone;
  }
  if (counts.records() > 0) std::printf("%s\n", FinalLine(counts, report.noun(), elapsed).c_str());
  if (const std::string hint = sending.span().Hint(); !hint.empty()) std::printf("%s\n", hint.c_str());
  if (const int64_t earlier = opened.unreadable - counts.unparsed; earlier > 0) {
    std::printf("of the %ss imported before %s unreadable: rejected_events has them\n", report.noun().c_str(),
                absl::StrCat(Count(earlier), earlier == 1 ? " was" : " were").c_str());
  }
  if (sending.progress().retried > 0 && counts.rejected + counts.unparsed > 0) {
    std::printf("the connection was lost in between: rejected_events has every refused %s\n",
                report.noun().c_str());
  }
  if (!sending.unfinished().empty()) {
    PrintError(sending.unfinished());
    return kExitRefused;
  }
  return counts.rejected + opened.unreadable > 0 ? kExitRefused : kExitDone;
}

// Sends everything while the screen shows it.
absl::Status SendOnScreen(ImportSending& sending, const std::string& noun, ImportScreen& screen) {
  const absl::Time start = absl::Now();
  const int64_t resumed_at = sending.opened().record;
  screen.Start(
      [&] {
        const ReplayProgress progress = sending.progress();
        const RecordReader& reader = *sending.opened().reader;
        return ImportProgress{.bytes = reader.position(),
                              .total_bytes = reader.size(),
                              .committed = std::max<int64_t>(progress.committed_sequence - resumed_at, 0),
                              .noun = noun,
                              .elapsed = absl::Now() - start,
                              .connected = progress.connected};
      },
      [&] { sending.Stop(); });
  absl::Status status = sending.SendAll();
  if (status.ok()) status = sending.Finish(kFinishTimeout);
  screen.Stop();
  return status;
}

// What is known before the first record goes out.
void TellOpening(const PreparedImport& prepared, const OpenImport& opened) {
  if (opened.generation > 1) {
    std::fprintf(stderr,
                 "another source that begins alike was imported before: this one is kept apart (number %d)\n",
                 opened.generation);
  }
  if (opened.record > 0) {
    std::fprintf(stderr, "imported before: %s\n",
                 Counted(EarlierRecordsOf(prepared, opened), prepared.noun).c_str());
  }
  if (opened.grown_line > 0) {
    std::fprintf(
        stderr, "%s: had no newline when it was imported, and has grown since: it is stored as it was then\n",
        PlaceInSource(prepared.source.path, opened.grown_line).c_str());
  }
}

int RunImport(const GlobalOptions& global, const ImportArguments& arguments) {
  if (!StartHashing()) {
    PrintError("libsodium cannot start");
    return kExitFailed;
  }
  auto prepared = PrepareImport(arguments);
  if (!prepared.ok()) {
    PrintError(std::string(prepared.status().message()));
    return kExitFailed;
  }
  ImportReport report(arguments.file, prepared->noun);
  // These outlive the replay, whose thread uses them.
  ImportScreen screen;
  RecordLines lines;
  ReplayOptions options;
  options.collector_address = global.collector_address;
  options.api_key = global.api_key;
  options.user_agent = "donut-import/" DONUT_VERSION;
  options.on_rejection = [&](const v1::Rejection& rejection) {
    // Unreadable records are counted where they are found.
    if (rejection.reason() == v1::REJECTION_REASON_UNPARSED) return;
    screen.Print(report.CountRejected(lines.LineOf(rejection.sequence()), rejection.detail()));
  };
  auto opened = OpenAndResume(prepared->source, std::move(prepared->reader), options);
  if (!opened.ok()) {
    PrintError(Explained(opened.status(), global));
    return kExitFailed;
  }
  if (opened->replay == nullptr) {
    std::printf("nothing to import: %s has no %ss\n", arguments.file.c_str(), prepared->noun.c_str());
    return kExitDone;
  }
  TellOpening(*prepared, *opened);
  const absl::Time start = absl::Now();
  ImportSending sending(*std::move(prepared), *std::move(opened), lines, report, screen);
  const absl::Status status = SendOnScreen(sending, report.noun(), screen);
  if (const std::string hidden = report.NotListed(); !hidden.empty())
    std::fprintf(stderr, "%s\n", hidden.c_str());
  return status.ok() ? ConcludeDone(sending, report, absl::Now() - start)
                     : ConcludeFailed(status, sending, report.noun(), global);
}

}  // namespace

void AddImport(CLI::App& app, Command& command) {
  // Not named `import`: clang-format takes that for a module.
  CLI::App* subcommand =
      app.add_subcommand("import", "Store the events of a file, JSON lines or CSV, each exactly once");
  subcommand->callback([&command, arguments = AddImportOptions(*subcommand)] {
    command.run = [&command, arguments] {
      const absl::StatusOr<ImportArguments> parsed = arguments();
      if (parsed.ok()) return RunImport(command.options, *parsed);
      PrintError(std::string(parsed.status().message()));
      return kExitUsage;
    };
  });
}

}  // namespace donut::cli
