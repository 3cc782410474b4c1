#include "bench/instruction_run.h"

#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/collector_process.h"
#include "bench/event_source.h"
#include "bench/figures.h"
#include "bench/ingest_load.h"
#include "tests/end_to_end/process.h"

namespace donut::bench {
namespace {

constexpr char kValgrind[] = "/usr/bin/valgrind";

}  // namespace

InstructionRun::InstructionRun(InstructionOptions options, ThrowawayCluster* cluster)
    : options_(options), cluster_(cluster) {}

void InstructionRun::Run() {
  if (testing::ReadFile(kValgrind).empty()) {
    PrintRemark("no instructions counted: apt-get install valgrind");
    return;
  }
  ThrowawayCluster::Clear(cluster_->collected());
  ShowProgress("instructions: in the collector");
  InCollector(options_.long_run);  // makes the users known
  const int64_t collector_short = InCollector(options_.short_run);
  const int64_t collector_long = InCollector(options_.long_run);

  ShowProgress("instructions: in the client");
  const CollectorProcess collector({.folder = cluster_->folder(),
                                    .database_url = cluster_->collected().collector_url(),
                                    .loopback = options_.loopback});
  const int64_t client_short = InClient(options_.short_run, collector.address());
  const int64_t client_long = InClient(options_.long_run, collector.address());
  const int64_t source_short = InClient(options_.short_run, "");
  const int64_t source_long = InClient(options_.long_run, "");

  const double client = PerEvent(client_short, client_long) - PerEvent(source_short, source_long);
  PrintFigure("ingest_client_instructions", client, "instructions/event");
  PrintFigure("ingest_collector_instructions", PerEvent(collector_short, collector_long),
              "instructions/event");
}

int64_t InstructionRun::InCollector(int64_t events) {
  {
    const CollectorProcess collector({.folder = cluster_->folder(),
                                      .database_url = cluster_->collected().collector_url(),
                                      .loopback = options_.loopback,
                                      .wrapper = Callgrind()});
    IngestLoad load(collector.address(), 1);
    load.Run(EventSource(kKnownUsers, events));
  }
  return TotalOfLastCount();
}

int64_t InstructionRun::InClient(int64_t events, const std::string& address) {
  std::vector<std::string> command = {"setpriv", "--pdeathsig=KILL", "--"};
  for (const std::string& word : Callgrind()) command.push_back(word);
  for (const std::string& word : {Program("track-known-users"), absl::StrCat(events), address}) {
    command.push_back(word);
  }
  testing::Process client(absl::StrCat("client", counts_), cluster_->folder(), command);
  if (client.Wait(absl::Minutes(5)) != 0) {
    Fail(absl::StrCat("the client under valgrind failed:\n", client.err()));
  }
  return TotalOfLastCount();
}

double InstructionRun::PerEvent(int64_t short_run, int64_t long_run) const {
  return static_cast<double>(long_run - short_run) /
         static_cast<double>(options_.long_run - options_.short_run);
}

std::vector<std::string> InstructionRun::Callgrind() {
  ++counts_;
  return {kValgrind, "--tool=callgrind", "--quiet",
          absl::StrCat("--callgrind-out-file=", cluster_->folder(), "/callgrind", counts_)};
}

// The file ends with "totals: COUNT".
int64_t InstructionRun::TotalOfLastCount() const {
  const std::string path = absl::StrCat(cluster_->folder(), "/callgrind", counts_);
  std::istringstream lines(testing::ReadFile(path));
  int64_t total = 0;
  for (std::string line; std::getline(lines, line);) {
    if (absl::StartsWith(line, "totals: ") && absl::SimpleAtoi(line.substr(8), &total)) return total;
  }
  Fail(absl::StrCat("callgrind wrote no total to ", path));
}

}  // namespace donut::bench
