#include "collector/collector_metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut::collector {
namespace {

MetricPage PageOf(const CollectorMetrics& metrics) {
  MetricPage page;
  metrics.AddTo(page);
  return page;
}

TEST(CollectorMetricsTest, NamesReasonsAsTheTablesDo) {
  EXPECT_EQ(RejectionLabel(v1::REJECTION_REASON_TOO_LARGE), "TOO_LARGE");
  EXPECT_EQ(SkipLabel(v1::SKIP_REASON_QUEUE_FULL), "QUEUE_FULL");
  EXPECT_EQ(RejectionLabel(0), "");
  EXPECT_EQ(SkipLabel(v1::SkipReason_ARRAYSIZE), "");
}

TEST(CollectorMetricsTest, ShowsEachReasonFromTheStart) {
  const MetricPage page = PageOf(CollectorMetrics());
  for (int reason = 1; reason < v1::RejectionReason_ARRAYSIZE; ++reason) {
    EXPECT_EQ(page.Find("donut_collector_events_rejected_total", {{"reason", RejectionLabel(reason)}}), 0);
  }
  for (int reason = 1; reason < v1::SkipReason_ARRAYSIZE; ++reason) {
    EXPECT_EQ(page.Find("donut_collector_events_skipped_total", {{"reason", SkipLabel(reason)}}), 0);
  }
}

TEST(CollectorMetricsTest, TakesNoLabelFromTheWire) {
  CollectorMetrics metrics;
  const size_t samples = PageOf(metrics).families().size();
  metrics.events_skipped.Add(123456, 7);  // a reason of a client that is newer than this program
  EXPECT_EQ(PageOf(metrics).families().size(), samples);
  EXPECT_EQ(metrics.events_skipped.value(0), 7);
}

TEST(CollectorMetricsTest, ShowsWhatWasCountedUnderItsName) {
  CollectorMetrics metrics;
  metrics.by_stream.batches.Add(2);
  metrics.by_call.bytes.Add(300);
  metrics.events_rejected.Add(v1::REJECTION_REASON_BAD_VALUE, 4);
  metrics.events_rejected.Add(v1::REJECTION_REASON_UNPARSED, 5);
  metrics.Count(CommitFailure::kInDoubt);
  metrics.Count(HelloOutcome::kForeignEpoch);
  metrics.calls.Add(static_cast<int>(absl::StatusCode::kUnavailable));
  metrics.commit.Observe(absl::Milliseconds(5));
  const MetricPage page = PageOf(metrics);
  EXPECT_EQ(page.Find("donut_collector_batches_received_total", {{"rpc", "StreamEvents"}}), 2);
  EXPECT_EQ(page.Find("donut_collector_batches_received_total", {{"rpc", "TrackEvents"}}), 0);
  EXPECT_EQ(page.Find("donut_collector_received_bytes_total", {{"rpc", "TrackEvents"}}), 300);
  EXPECT_EQ(page.Find("donut_collector_events_rejected_total", {{"reason", "BAD_VALUE"}}), 4);
  EXPECT_EQ(page.Find("donut_collector_commit_failures_total", {{"kind", "in_doubt"}}), 1);
  EXPECT_EQ(page.Find("donut_collector_hellos_total", {{"result", "foreign_epoch"}}), 1);
  EXPECT_EQ(page.Find("donut_collector_calls_total", {{"code", "UNAVAILABLE"}}), 1);
  EXPECT_EQ(page.Find("donut_collector_commits_total"), 1);
}

TEST(CollectorMetricsTest, LogsItsTotalsInOneLine) {
  CollectorMetrics metrics;
  metrics.events_stored.Add(7);
  metrics.events_rejected.Add(v1::REJECTION_REASON_BAD_VALUE, 4);
  metrics.events_rejected.Add(v1::REJECTION_REASON_UNPARSED, 5);
  ::testing::internal::CaptureStderr();
  metrics.LogTotals();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              ::testing::HasSubstr("INFO totals stored=7 rejected=9 duplicates=0 commits=0 given_up=0\n"));
}

}  // namespace
}  // namespace donut::collector
