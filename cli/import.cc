// `donut import`: a file of JSON lines, each stored exactly once, however often it is imported
// or interrupted. Line n is number n of a producer that belongs to the file.

#include <cstdio>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/import_check.h"
#include "cli/import_line.h"
#include "cli/import_opening.h"
#include "cli/import_report.h"
#include "cli/import_screen.h"
#include "cli/render/figures.h"
#include "cli/service_call.h"
#include "common/limits.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

// The collector may restart meanwhile; Ctrl-C ends the wait.
constexpr absl::Duration kFinishTimeout = absl::Hours(24);

struct ImportArguments {
  std::string file;
  std::string name;
  FieldMapping mapping;
};

// Sends what is left of an opened source.
class Import {
 public:
  Import(const FieldMapping& mapping, OpenImport opened, ImportReport& report, ImportScreen& screen)
      : parser_(mapping), opened_(std::move(opened)), report_(report), screen_(screen) {}

  absl::Status SendAll() {
    SourceLine line;
    while (!ImportScreen::interrupted()) {
      ASSIGN_OR_RETURN(const bool more, opened_.reader->Next(line));
      if (!more) break;
      RETURN_IF_ERROR(SendLine(line));
      if (incomplete_line_ > 0) break;
    }
    if (ImportScreen::interrupted()) return absl::CancelledError();
    return FlushEmpty();
  }

  absl::Status Finish() { return opened_.replay->Finish(kFinishTimeout); }
  void Stop() { opened_.replay->Stop(); }

  const OpenImport& opened() const { return opened_; }
  // The number of a last line that is not complete yet; 0: there is none.
  int64_t incomplete_line() const { return incomplete_line_; }
  ReplayProgress progress() const { return opened_.replay->progress(); }
  const EventSpan& span() const { return span_; }

 private:
  absl::Status SendLine(const SourceLine& line) {
    const int64_t number = opened_.line + 1;
    absl::Status parsed = absl::OkStatus();
    if (line.cut) {
      parsed = absl::InvalidArgumentError(absl::StrCat("longer than ", kMaxLineBytes, " bytes"));
    } else if (!line.text.empty()) {
      parsed = parser_.Parse(line.text, event_);
    }
    // A log's last line that is still being written: taken now, it would be another line later.
    if (!line.terminated && parsed.code() == absl::StatusCode::kDataLoss) {
      incomplete_line_ = number;
      return absl::OkStatus();
    }
    opened_.line = number;
    opened_.hash.Add(line.text);
    report_.CountLine();
    if (line.text.empty()) {
      report_.CountEmpty();
      ++empty_;
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(FlushEmpty());
    if (parsed.ok()) {
      const absl::Time time = absl::FromUnixSeconds(event_.event_time().seconds());
      // Others will be rejected.
      if (time >= limits::kMinEventTime && time <= now_ + limits::kMaxEventTimeAhead) span_.Add(time);
      return opened_.replay->Send(event_, Bookmark());
    }
    const std::string reason(parsed.message());
    screen_.Print(report_.CountUnparsed(number, reason));
    ++opened_.unreadable;
    return opened_.replay->SendUnparsed(line.text, reason, Bookmark());
  }

  std::string Bookmark() const { return ImportBookmark{opened_.hash.value(), opened_.unreadable}.ToText(); }

  absl::Status FlushEmpty() {
    const int64_t count = empty_;
    empty_ = 0;
    return count > 0 ? opened_.replay->Skip(count) : absl::OkStatus();
  }

  const absl::Time now_ = absl::Now();
  LineParser parser_;
  OpenImport opened_;
  ImportReport& report_;
  ImportScreen& screen_;
  v1::Event event_;
  EventSpan span_;
  int64_t empty_ = 0;
  int64_t incomplete_line_ = 0;
};

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

int Conclude(const absl::Status& status, Import& import, const ImportReport& report, absl::Duration elapsed,
             const GlobalOptions& global) {
  if (const std::string hidden = report.NotListed(); !hidden.empty())
    std::fprintf(stderr, "%s\n", hidden.c_str());
  if (!status.ok()) {
    const int64_t committed = import.progress().committed_sequence;
    const std::string how_to_go_on = absl::StrCat("lines 1 to ", Count(committed),
                                                  " are done; the same command again goes on behind them");
    if (ImportScreen::interrupted()) {
      PrintError(absl::StrCat("interrupted: ", how_to_go_on));
      return kExitInterrupted;
    }
    PrintError(absl::StrCat(Explained(status, global), "; ", how_to_go_on));
    return kExitFailed;
  }
  const ImportCounts counts = report.counts();
  const OpenImport& opened = import.opened();
  if (counts.lines == 0 && import.incomplete_line() == 0) {
    std::printf("already imported, nothing new: %s\n", EarlierLines(opened.line, opened.unreadable).c_str());
    return opened.unreadable > 0 ? kExitRefused : kExitDone;
  }
  if (counts.lines > 0) std::printf("%s\n", FinalLine(counts, elapsed).c_str());
  if (const std::string hint = import.span().Hint(); !hint.empty()) std::printf("%s\n", hint.c_str());
  if (const int64_t earlier = opened.unreadable - counts.unparsed; earlier > 0) {
    std::printf("of the lines imported before %s unreadable: rejected_events has them\n",
                absl::StrCat(Count(earlier), earlier == 1 ? " was" : " were").c_str());
  }
  if (import.progress().retried > 0 && counts.rejected + counts.unparsed > 0) {
    std::printf("the connection was lost in between: rejected_events has every refused line\n");
  }
  if (import.incomplete_line() > 0) {
    PrintError(absl::StrCat("line ", import.incomplete_line(),
                            ", the last one, is not complete and has no newline: left for the next import"));
    return kExitRefused;
  }
  return counts.rejected + opened.unreadable > 0 ? kExitRefused : kExitDone;
}

// At the start of a source that holds events.
absl::StatusOr<std::unique_ptr<LineReader>> OpenChecked(const ImportArguments& arguments) {
  ASSIGN_OR_RETURN(auto reader, LineReader::Open(arguments.file));
  RETURN_IF_ERROR(CheckFirstLines(arguments.file, arguments.mapping, *reader));
  return reader;
}

// Sends everything while the screen shows it.
absl::Status SendOnScreen(Import& import, ImportScreen& screen) {
  const absl::Time start = absl::Now();
  const int64_t resumed_at = import.opened().line;
  screen.Start(
      [&] {
        const ReplayProgress progress = import.progress();
        const LineReader& reader = *import.opened().reader;
        return ImportProgress{
            .bytes = reader.position(),
            .total_bytes = reader.size(),
            .committed_lines = std::max<int64_t>(progress.committed_sequence - resumed_at, 0),
            .elapsed = absl::Now() - start,
            .connected = progress.connected};
      },
      [&] { import.Stop(); });
  absl::Status status = import.SendAll();
  if (status.ok()) status = import.Finish();
  screen.Stop();
  return status;
}

int RunImport(const GlobalOptions& global, const ImportArguments& arguments) {
  if (!StartHashing()) {
    PrintError("libsodium cannot start");
    return kExitFailed;
  }
  auto reader = OpenChecked(arguments);
  if (!reader.ok()) {
    PrintError(std::string(reader.status().message()));
    return kExitFailed;
  }
  ImportReport report;
  // Outlives the replay, whose thread prints to it.
  ImportScreen screen;
  ReplayOptions options;
  options.collector_address = global.collector_address;
  options.api_key = global.api_key;
  options.user_agent = "donut-import/" DONUT_VERSION;
  options.on_rejection = [&](const v1::Rejection& rejection) {
    // Unreadable lines are counted where they are found.
    if (rejection.reason() == v1::REJECTION_REASON_UNPARSED) return;
    screen.Print(report.CountRejected(rejection.sequence(), rejection.detail()));
  };
  auto opened = OpenAndResume({arguments.file, arguments.name, arguments.mapping.Fingerprint()},
                              *std::move(reader), options);
  if (!opened.ok()) {
    PrintError(Explained(opened.status(), global));
    return kExitFailed;
  }
  if (opened->replay == nullptr) {
    std::printf("nothing to import: %s has no lines\n", arguments.file.c_str());
    return kExitDone;
  }
  if (opened->generation > 1) {
    std::fprintf(stderr,
                 "another source that begins alike was imported before: this one is kept apart (number %d)\n",
                 opened->generation);
  }
  if (opened->line > 0) {
    std::fprintf(stderr, "imported before: %s\n", Counted(opened->line, "line").c_str());
  }
  const absl::Time start = absl::Now();
  Import import(arguments.mapping, *std::move(opened), report, screen);
  const absl::Status status = SendOnScreen(import, screen);
  return Conclude(status, import, report, absl::Now() - start, global);
}

}  // namespace

void AddImport(CLI::App& app, Command& command) {
  // Not named `import`: clang-format takes that for a module.
  CLI::App* subcommand =
      app.add_subcommand("import", "Store the lines of a JSON file (NDJSON), each exactly once");
  auto arguments = std::make_shared<ImportArguments>();
  FieldMapping& mapping = arguments->mapping;
  subcommand->add_option("file", arguments->file, "The file, also gzipped; - is standard input")->required();
  subcommand->add_option("--user-field", mapping.user, "Default: user, user_id or distinct_id")
      ->type_name("KEY");
  subcommand->add_option("--event-field", mapping.event, "Default: event, event_name or name")
      ->type_name("KEY");
  subcommand->add_option("--time-field", mapping.time, "Default: time, timestamp or event_time")
      ->type_name("KEY");
  subcommand->add_option("--session-field", mapping.session, "Default: session or session_id")
      ->type_name("KEY");
  subcommand->add_option("--properties-field", mapping.properties, "Default: properties or props")
      ->type_name("KEY");
  subcommand->add_option("--as", arguments->name, "Know the source by this name instead of by its first line")
      ->type_name("NAME");
  subcommand->footer(
      "A key may be a dotted path, such as properties.session_id. Times are RFC 3339 with a zone, or Unix "
      "seconds or milliseconds. Other keys become properties.\n"
      "Importing a file again changes nothing; a file that has grown adds its new lines; after an "
      "interruption the same command goes on.\n"
      "Exit code 3: lines were refused, now or, where they could not be read, in an earlier import of the "
      "file.");
  subcommand->callback([&command, arguments] {
    command.run = [&command, arguments] { return RunImport(command.options, *arguments); };
  });
}

}  // namespace donut::cli
