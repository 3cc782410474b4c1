// bench-import: how fast `donut import` takes files in. First what reading alone costs (reading, unpacking,
// parsing, hashing, encoding; what is encoded is dropped), as lines per second of processor time of one core;
// then the program itself against a collector and a PostgreSQL of its own, by the clock.
// Prints lines of: name value unit.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/collector_process.h"
#include "bench/figures.h"
#include "bench/import_files.h"
#include "bench/machine.h"
#include "bench/process_usage.h"
#include "bench/throwaway_cluster.h"
#include "cli/import_identity.h"
#include "cli/import_preparation.h"
#include "tests/end_to_end/process.h"

ABSL_FLAG(int64_t, lines, 500'000, "Lines of each file.");
ABSL_FLAG(int, rounds, 3, "Measurements of each kind, of which the median is printed.");
ABSL_FLAG(bool, quick, false, "One round of 100,000 lines: to see that it works.");
ABSL_FLAG(std::vector<std::string>, only, (std::vector<std::string>{}),
          "Parts to run: parse, program. Default: both.");

namespace donut::bench {
namespace {

constexpr absl::Duration kImportLimit = absl::Minutes(5);

struct Options {
  int64_t lines = 0;
  int rounds = 0;
};

bool IsWanted(const std::string& part) {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  return only.empty() || std::find(only.begin(), only.end(), part) != only.end();
}

double PerSecond(int64_t count, absl::Duration time) {
  return static_cast<double>(count) / absl::ToDoubleSeconds(time);
}

// All that an import does but sending. Returns the bytes of the events.
size_t ParseAll(const ImportFiles::File& file, int64_t lines) {
  cli::ImportArguments arguments;
  arguments.file = file.path;
  if (absl::StrContains(file.name, "csv")) arguments.csv.emplace();
  auto prepared = cli::PrepareImport(arguments);
  if (!prepared.ok()) Fail(prepared.status().ToString());
  cli::RollingHash hash;
  cli::EventBytes event;
  cli::Record record;
  size_t bytes = 0;
  int64_t events = 0;
  for (bool more = true; more;) {
    const auto next = prepared->reader->Next(record);
    if (!next.ok()) Fail(next.status().ToString());
    more = *next;
    if (!more || record.number == prepared->header_number) continue;
    if (const absl::Status parsed = prepared->parser->Parse(record.text, event); !parsed.ok()) {
      Fail(parsed.ToString());
    }
    hash.Add(record.text);
    bytes += event.bytes().size() + cli::ImportBookmark{hash.value()}.ToText().size();
    ++events;
  }
  if (events != lines) Fail(absl::StrCat(file.path, " has ", events, " events, not ", lines));
  return bytes;
}

void MeasureParsing(const ImportFiles& files, const Options& options) {
  for (const ImportFiles::File& file : files.all()) {
    ShowProgress(absl::StrCat("parsing ", file.name));
    std::vector<double> rates;
    for (int round = 0; round < options.rounds; ++round) {
      const absl::Duration before = OwnCpuTime();
      ParseAll(file, options.lines);
      rates.push_back(PerSecond(options.lines, OwnCpuTime() - before));
    }
    PrintFigure(absl::StrCat("import_parse_", file.name), Median(rates), "lines/s");
    PrintFigure(absl::StrCat("import_parse_", file.name, "_volume"),
                Median(rates) * static_cast<double>(file.bytes) / static_cast<double>(options.lines) / 1e6,
                "MB/s");
  }
}

// What one run of `donut import` took.
struct ImportRun {
  absl::Duration elapsed;
  absl::Duration importer, collector, postgres;  // processor time
};

ImportRun RunImport(const ImportFiles::File& file, const std::string& name, const CollectorProcess& collector,
                    ThrowawayCluster& cluster, int64_t lines) {
  ThrowawayCluster::Clear(cluster.collected());
  const absl::Duration collector_before = CpuTimeOf(collector.pid());
  const absl::Duration postgres_before = cluster.CpuTime();
  const absl::Duration children_before = CpuTimeOfEndedChildren();
  const absl::Time start = absl::Now();
  testing::Process process(
      name, cluster.folder(),
      {Program("donut"), "--collector", collector.address(), "import", file.path, "--as", name});
  if (process.Wait(kImportLimit) != 0)
    Fail(absl::StrCat("donut import failed: ", process.err(), process.out()));
  ImportRun run{absl::Now() - start, CpuTimeOfEndedChildren() - children_before,
                CpuTimeOf(collector.pid()) - collector_before, cluster.CpuTime() - postgres_before};
  const std::string stored = cluster.collected().Query("SELECT count(*) FROM analytics_events");
  if (stored != absl::StrCat(lines)) Fail(absl::StrCat("of ", lines, " lines ", stored, " are stored"));
  return run;
}

void MeasureProgram(const ImportFiles& files, ThrowawayCluster& cluster, const Options& options) {
  const CollectorProcess collector(
      {.folder = cluster.folder(), .database_url = cluster.collected().collector_url()});
  ShowProgress("importing once, so that the users are known");
  RunImport(files.all().front(), "known", collector, cluster, options.lines);
  for (const ImportFiles::File& file : files.all()) {
    std::vector<double> rates, importer, rest;
    const auto each = [&](absl::Duration time) {
      return absl::ToDoubleMicroseconds(time) / static_cast<double>(options.lines);
    };
    for (int round = 1; round <= options.rounds; ++round) {
      ShowProgress(absl::StrCat("importing ", file.name, ", round ", round, " of ", options.rounds));
      const ImportRun run =
          RunImport(file, absl::StrCat(file.name, "-", round), collector, cluster, options.lines);
      rates.push_back(PerSecond(options.lines, run.elapsed));
      importer.push_back(each(run.importer));
      rest.push_back(each(run.collector + run.postgres));
    }
    PrintFigure(absl::StrCat("import_", file.name), Median(rates), "events/s");
    PrintFigure(absl::StrCat("import_", file.name, "_importer_cpu"), Median(importer), "us/event");
    PrintFigure(absl::StrCat("import_", file.name, "_collector_and_postgres_cpu"), Median(rest), "us/event");
  }
}

void Measure() {
  Options options{absl::GetFlag(FLAGS_lines), absl::GetFlag(FLAGS_rounds)};
  if (absl::GetFlag(FLAGS_quick)) options = {100'000, 1};
  if (options.lines < 1 || options.rounds < 1) Fail("--lines and --rounds: must be 1 or more");
  for (const std::string& part : absl::GetFlag(FLAGS_only)) {
    if (part != "parse" && part != "program") Fail(absl::StrCat("--only: there is no part \"", part, "\""));
  }
  if (!cli::StartHashing()) Fail("libsodium cannot start");
  const testing::TemporaryFolder folder;
  ShowProgress("writing files");
  const ImportFiles files(folder.path(), EventSource(kKnownUsers, options.lines));
  PrintMachine(folder.path());
  if (IsWanted("parse")) MeasureParsing(files, options);
  if (!IsWanted("program")) return;
  ShowProgress("starting PostgreSQL");
  ThrowawayCluster cluster;
  MeasureProgram(files, cluster, options);
}

}  // namespace
}  // namespace donut::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Measures donut import, alone and into a collector and a PostgreSQL of its own.");
  absl::ParseCommandLine(argc, argv);
  donut::bench::Measure();
  return 0;
}
