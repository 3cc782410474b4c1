#include "bench/memory_run.h"

#include <sys/resource.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/collector_process.h"
#include "bench/figures.h"
#include "bench/process_usage.h"

namespace donut::bench {
namespace {

// Streams that the collector takes beyond those of the crowd, and files beside those of the streams.
constexpr int kSpareStreams = 100;
constexpr int kSpareFiles = 500;

// Raises the limit of open files, which the collector inherits, as far as allowed and needed.
rlim_t AllowOpenFiles(rlim_t wanted) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

double Mebibytes(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

MemoryRun::MemoryRun(MemoryOptions options, ThrowawayCluster* cluster)
    : options_(std::move(options)), cluster_(cluster) {}

void MemoryRun::Run() {
  for (const int streams : options_.streams) {
    const rlim_t needed = streams + kSpareFiles;
    if (const rlim_t allowed = AllowOpenFiles(needed); allowed < needed) {
      PrintRemark(absl::StrCat("not measured with ", streams, " streams: they need ", needed, " open files, ",
                               allowed, " are allowed; raise the hard limit (ulimit -Hn)"));
      continue;
    }
    ShowProgress(absl::StrCat("memory: ", streams, " stream(s)"));
    Measure(streams);
  }
}

void MemoryRun::Measure(int streams) {
  ThrowawayCluster::Clear(cluster_->collected());
  const int most = *std::max_element(options_.streams.begin(), options_.streams.end()) + kSpareStreams;
  const CollectorProcess collector({.folder = cluster_->folder(),
                                    .database_url = cluster_->collected().collector_url(),
                                    .loopback = options_.loopback,
                                    .flags = {absl::StrCat("--max_streams=", most)}});
  const int64_t idle = ResidentBytes(collector.pid());
  const StreamCrowd::Result load = StreamCrowd(collector.address(), streams).Run(options_.duration);
  CheckStored(load);

  const std::string name = absl::StrCat("collector_memory_", streams, streams == 1 ? "_stream" : "_streams");
  if (streams == options_.streams.front()) {
    PrintFigure("collector_memory_idle", Mebibytes(idle), "MiB");
    PrintFigure("collector_memory_bound", Mebibytes(collector.MemoryBoundBytes()), "MiB");
  }
  PrintFigure(name + "_after_load", Mebibytes(ResidentBytes(collector.pid()) - idle), "MiB");
  PrintFigure(name + "_peak", Mebibytes(PeakResidentBytes(collector.pid()) - idle), "MiB");
  PrintFigure(name + "_broken", load.broken_streams, "streams");
  if (load.broken_streams > 0) PrintRemark(absl::StrCat("broken: ", load.why_broken));
}

// What was sent and not acknowledged on a broken stream may be stored or not.
void MemoryRun::CheckStored(const StreamCrowd::Result& load) {
  int64_t stored = 0;
  if (!absl::SimpleAtoi(cluster_->collected().Query("SELECT count(*) FROM analytics_events"), &stored) ||
      stored < load.acknowledged_events || stored > load.sent_events) {
    Fail(absl::StrCat("of ", load.sent_events, " events ", load.acknowledged_events,
                      " were acknowledged and ", stored, " are stored"));
  }
}

}  // namespace donut::bench
