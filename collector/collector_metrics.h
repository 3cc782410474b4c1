// What a collector counts, and under which names it is shown. Counted per batch, group, call or stream, never
// per event. The queue owns the counters, because every part of a collector knows the queue.
// docs/prometheus.md tells what each one means. Thread-safe.
#pragma once

#include <string>

#include "common/metric_page.h"
#include "common/metric_values.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"

namespace donut::collector {

// Why a transaction of events did not commit.
enum class CommitFailure {
  kOther,     // the schema, the rights: trying again does not help
  kConflict,  // lost against another transaction
  kAway,      // the database does not answer
  kRefused,   // PostgreSQL refused a row
  kInDoubt,   // the connection was lost inside COMMIT
};
inline constexpr int kCommitFailures = 5;

// What a Hello got.
enum class HelloOutcome { kUnavailable, kGranted, kUnknownProducer, kForeignEpoch };
inline constexpr int kHelloOutcomes = 4;

struct CollectorMetrics {
  struct Received {
    Counter batches;
    Counter bytes;
  };
  Received by_stream;
  Received by_call;

  Counter events_stored;
  Counter events_duplicate;
  CountersByNumber<v1::RejectionReason_ARRAYSIZE> events_rejected;
  CountersByNumber<v1::SkipReason_ARRAYSIZE> events_skipped;
  // Batches that were answered with UNAVAILABLE because of the database; they come again.
  Counter batches_given_up;
  Histogram acknowledgement{SecondsUpTo(10)};

  Histogram commit{SecondsUpTo(10)};
  Histogram group_events{{1, 10, 100, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000}};
  CountersByNumber<kCommitFailures> commit_failures;

  CountersByNumber<kHelloOutcomes> hellos;
  CountersByCode streams_refused;
  CountersByCode streams_ended;
  CountersByCode calls;

  void Count(HelloOutcome outcome) { hellos.Add(static_cast<int>(outcome)); }
  void Count(CommitFailure failure) { commit_failures.Add(static_cast<int>(failure)); }

  void AddTo(MetricPage& page) const;
  // One line, for the end of the collector.
  void LogTotals() const;
};

// "TOO_LARGE" for REJECTION_REASON_TOO_LARGE; empty for a number that is no reason.
std::string RejectionLabel(int reason);
std::string SkipLabel(int reason);

}  // namespace donut::collector
