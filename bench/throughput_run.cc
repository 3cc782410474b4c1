#include "bench/throughput_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "bench/event_source.h"
#include "bench/figures.h"
#include "bench/ingest_load.h"
#include "bench/process_usage.h"

namespace donut::bench {
namespace {

std::string NameOf(int streams, const std::string& users) {
  return absl::StrCat("ingest_", streams, streams == 1 ? "_stream_" : "_streams_", users, "_users");
}

double PerSecond(int64_t events, absl::Duration took) {
  return static_cast<double>(events) / absl::ToDoubleSeconds(took);
}

double MicrosecondsEach(absl::Duration time, int64_t events) {
  return absl::ToDoubleMicroseconds(time) / static_cast<double>(events);
}

// Processor time of making the events, which the client's includes.
double SourceMicroseconds(const EventSource& source) {
  NoTracker tracker;
  const absl::Duration before = OwnCpuTime();
  for (int64_t index = 0; index < source.count(); ++index) source.Track(tracker, index);
  return MicrosecondsEach(OwnCpuTime() - before, source.count());
}

void PrintPerSecond(const std::string& name, const std::vector<double>& rounds) {
  PrintFigure(name, Median(rounds), "events/s");
  PrintFigure(name + "_lowest", *std::min_element(rounds.begin(), rounds.end()), "events/s");
  PrintFigure(name + "_highest", *std::max_element(rounds.begin(), rounds.end()), "events/s");
}

// Processor time of everybody so far.
struct Usage {
  absl::Duration client, collector, postgres;
};

Usage UsageNow(const ThrowawayCluster& cluster, const CollectorProcess& collector) {
  return {OwnCpuTime(), CpuTimeOf(collector.pid()), cluster.CpuTime()};
}

}  // namespace

ThroughputRun::ThroughputRun(ThroughputOptions options, ThrowawayCluster* cluster,
                             const CollectorProcess* collector)
    : options_(std::move(options)),
      cluster_(cluster),
      collector_(collector),
      copy_(cluster->copied().owner_url()) {}

void ThroughputRun::Run() {
  Prepare();
  for (int round = 1; round <= options_.rounds; ++round) {
    for (const int streams : options_.streams) {
      ShowProgress(
          absl::StrCat("throughput: round ", round, " of ", options_.rounds, ", ", streams, " stream(s)"));
      MeasureCopy();
      MeasureLoad(NameOf(streams, "new"), streams, absl::StrCat("n", round, "s", streams));
      MeasureLoad(NameOf(streams, kKnownUsers), streams, kKnownUsers);
    }
  }
  Print();
}

double ThroughputRun::events_per_second() const {
  return Median(loaded_.at(NameOf(options_.streams.front(), kKnownUsers)).per_second);
}

// Makes the known users known, and takes the rows that came of it for raw COPY.
void ThroughputRun::Prepare() {
  ShowProgress(absl::StrCat("throughput: ", options_.events, " events make the users known"));
  const EventSource source(kKnownUsers, options_.events);
  source_us_ = SourceMicroseconds(source);
  IngestLoad(collector_->address(), 1).Run(source);
  copy_.ReadRows(cluster_->collected().owner_url());
}

void ThroughputRun::MeasureCopy() {
  ThrowawayCluster::Clear(cluster_->copied());
  const Usage before = UsageNow(*cluster_, *collector_);
  const absl::Duration took = copy_.Run();
  const Usage after = UsageNow(*cluster_, *collector_);
  copied_.per_second.push_back(PerSecond(copy_.row_count(), took));
  copied_.client_us.push_back(MicrosecondsEach(after.client - before.client, copy_.row_count()));
  copied_.postgres_us.push_back(MicrosecondsEach(after.postgres - before.postgres, copy_.row_count()));
}

void ThroughputRun::MeasureLoad(const std::string& name, int streams, const std::string& user_prefix) {
  const EventSource source(user_prefix, options_.events);
  ThrowawayCluster::Clear(cluster_->collected());
  IngestLoad load(collector_->address(), streams);

  const Usage before = UsageNow(*cluster_, *collector_);
  const absl::Duration took = load.Run(source);
  const Usage after = UsageNow(*cluster_, *collector_);

  const std::string stored = cluster_->collected().Query("SELECT count(*) FROM analytics_events");
  if (stored != absl::StrCat(load.acknowledged())) {
    Fail(absl::StrCat(load.acknowledged(), " events were acknowledged, ", stored, " are stored"));
  }
  if (loaded_.count(name) == 0) names_.push_back(name);
  Series& series = loaded_[name];
  series.per_second.push_back(PerSecond(source.count(), took));
  series.client_us.push_back(MicrosecondsEach(after.client - before.client, source.count()));
  series.collector_us.push_back(MicrosecondsEach(after.collector - before.collector, source.count()));
  series.postgres_us.push_back(MicrosecondsEach(after.postgres - before.postgres, source.count()));
}

void ThroughputRun::Print() const {
  PrintRemark(absl::StrCat("medians of ", options_.rounds, " rounds of ", options_.events, " events, ",
                           EventSource::kEventsPerUser, " per user; each round verified by count(*)"));
  PrintRemark("client_cpu includes ingest_source_cpu, of making the events");
  PrintFigure("ingest_source_cpu", source_us_, "us/event");
  const double copy = Median(copied_.per_second);
  PrintPerSecond("ingest_raw_copy", copied_.per_second);
  PrintFigure("ingest_raw_copy_client_cpu", Median(copied_.client_us), "us/event");
  PrintFigure("ingest_raw_copy_postgres_cpu", Median(copied_.postgres_us), "us/event");
  for (const std::string& name : names_) {
    const Series& series = loaded_.at(name);
    PrintPerSecond(name, series.per_second);
    PrintFigure(name + "_of_raw_copy", Median(series.per_second) / copy, "ratio");
    PrintFigure(name + "_client_cpu", Median(series.client_us), "us/event");
    PrintFigure(name + "_collector_cpu", Median(series.collector_us), "us/event");
    PrintFigure(name + "_postgres_cpu", Median(series.postgres_us), "us/event");
  }
}

}  // namespace donut::bench
