#include "collector/collector_metrics.h"

#include "absl/strings/strip.h"
#include "common/log.h"

namespace donut::collector {
namespace {

// The words of the tables rejected_events and skipped_ranges, so that one finds the other.
template <typename Enum>
std::string WordOf(int number, const std::string& (*name_of)(Enum), const char* prefix) {
  if (number == 0) return "";
  return std::string(absl::StripPrefix(name_of(static_cast<Enum>(number)), prefix));
}

std::string FailureLabel(int failure) {
  switch (static_cast<CommitFailure>(failure)) {
    case CommitFailure::kConflict:
      return "conflict";
    case CommitFailure::kAway:
      return "away";
    case CommitFailure::kRefused:
      return "refused";
    case CommitFailure::kInDoubt:
      return "in_doubt";
    case CommitFailure::kOther:
      break;
  }
  return "other";
}

std::string HelloLabel(int outcome) {
  switch (static_cast<HelloOutcome>(outcome)) {
    case HelloOutcome::kGranted:
      return "granted";
    case HelloOutcome::kUnknownProducer:
      return "unknown_producer";
    case HelloOutcome::kForeignEpoch:
      return "foreign_epoch";
    case HelloOutcome::kUnavailable:
      break;
  }
  return "unavailable";
}

void AddReceived(const CollectorMetrics::Received& received, const std::string& rpc, MetricPage& page) {
  page.AddCounter("donut_collector_batches_received_total",
                  "Batches of streams, and TrackEvents requests that could be read.",
                  static_cast<double>(received.batches.value()), {{"rpc", rpc}});
  page.AddCounter("donut_collector_received_bytes_total", "Bytes of messages that were read.",
                  static_cast<double>(received.bytes.value()), {{"rpc", rpc}});
}

}  // namespace

std::string RejectionLabel(int reason) {
  return WordOf<v1::RejectionReason>(reason, &v1::RejectionReason_Name, "REJECTION_REASON_");
}

std::string SkipLabel(int reason) {
  return WordOf<v1::SkipReason>(reason, &v1::SkipReason_Name, "SKIP_REASON_");
}

void CollectorMetrics::LogTotals() const {
  int64_t rejected = 0;
  for (int reason = 0; reason < events_rejected.size(); ++reason) rejected += events_rejected.value(reason);
  Log(Severity::kInfo, "totals",
      {{"stored", events_stored.value()},
       {"rejected", rejected},
       {"duplicates", events_duplicate.value()},
       {"commits", commit.Read().count},
       {"given_up", batches_given_up.value()}});
}

void CollectorMetrics::AddTo(MetricPage& page) const {
  AddReceived(by_stream, "StreamEvents", page);
  AddReceived(by_call, "TrackEvents", page);
  page.AddCounter("donut_collector_events_stored_total", "Events that were committed.",
                  static_cast<double>(events_stored.value()));
  page.AddCounter("donut_collector_events_duplicate_total",
                  "Events that came again and were stored before, by number or insert_id.",
                  static_cast<double>(events_duplicate.value()));
  page.AddCounters("donut_collector_events_rejected_total",
                   "Events that were refused for good and kept apart.", "reason", events_rejected,
                   RejectionLabel);
  page.AddCounters("donut_collector_events_skipped_total",
                   "Numbers for which a client reported that no event will come.", "reason", events_skipped,
                   SkipLabel);
  page.AddCounter("donut_collector_batches_given_up_total",
                  "Batches that were answered with UNAVAILABLE because of the database.",
                  static_cast<double>(batches_given_up.value()));
  page.AddHistogram("donut_collector_acknowledgement_duration_seconds",
                    "From a batch's place in the queue until its COMMIT.", acknowledgement);
  page.AddCounter("donut_collector_commits_total", "Groups of batches that were committed.",
                  static_cast<double>(commit.Read().count));
  page.AddHistogram("donut_collector_commit_duration_seconds", "One successful transaction of a group.",
                    commit);
  page.AddHistogram("donut_collector_commit_events", "Events in one successful transaction.", group_events);
  page.AddCounters("donut_collector_commit_failures_total", "Transactions of events that failed, by kind.",
                   "kind", commit_failures, FailureLabel);
  page.AddCounters("donut_collector_hellos_total", "What the Hellos of streams got.", "result", hellos,
                   HelloLabel);
  page.AddCounters("donut_collector_streams_refused_total", "Streams that were refused before they began.",
                   "code", streams_refused, CodeLabel);
  page.AddCounters("donut_collector_streams_ended_total", "Streams that ended, by status.", "code",
                   streams_ended, CodeLabel);
  page.AddCounters("donut_collector_calls_total", "TrackEvents calls that ended, by status.", "code", calls,
                   CodeLabel);
}

}  // namespace donut::collector
