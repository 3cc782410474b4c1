// What a collector counts while streams and calls go through all of it.
#include <algorithm>

#include "collector/event_collector_service.h"
#include "tests/collector/running_collector.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using testing::NamedEvent;
using testing::StatusIs;

class EventCollectorServiceMetricsTest : public RunningCollector {
 protected:
  double Value(const std::string& name, const MetricLabels& labels = {}) {
    MetricPage page;
    service_->AddMetrics(page);
    return page.Find("donut_collector_" + name, labels).value_or(-1);
  }
  double Ended(const std::string& code) { return Value("streams_ended_total", {{"code", code}}); }
  double Hellos(const std::string& result) { return Value("hellos_total", {{"result", result}}); }
  double Received(const std::string& what, const std::string& rpc) { return Value(what, {{"rpc", rpc}}); }

  // Counted by another thread, after the client's end of the stream is done.
  template <typename Condition>
  static bool Soon(const Condition& condition) {
    const absl::Time limit = absl::Now() + absl::Seconds(20);
    while (!condition() && absl::Now() < limit) std::this_thread::yield();
    return condition();
  }
  bool NoStreamIsOpen() {
    return Soon([this] { return Value("streams_open") == 0; });
  }

  // From now on nobody is served without a key.
  void WantKeys() {
    database_.Query(
        "INSERT INTO api_keys (key_hash, project_id, may_collect, may_query) VALUES (sha256('k'), 1, true, "
        "false)");
    ReadKeys();
  }

  void FinishInOrder(Stream& stream) {
    v1::StreamEventsRequest request;
    request.mutable_close();
    ASSERT_TRUE(stream.Write(request));
    v1::StreamEventsResponse response;
    while (stream.Read(&response)) {
    }
    EXPECT_OK(stream.Finish());
  }
};

TEST_F(EventCollectorServiceMetricsTest, CountsAStreamFromHelloToItsEnd) {
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  Welcomed(*stream, HelloRequest("p", 0, "t"));
  EXPECT_EQ(Value("streams_open"), 1);
  EXPECT_EQ(Hellos("granted"), 1);
  const v1::StreamEventsRequest batch =
      BatchRequest(1, {NamedEvent("a", "u"), NamedEvent("", "u"), NamedEvent("b", "u")});
  ASSERT_TRUE(stream->Write(batch));
  ReadCommitted(*stream, 3);
  v1::StreamEventsRequest request;
  request.mutable_skipped()->set_first_sequence(4);
  request.mutable_skipped()->set_last_sequence(13);
  request.mutable_skipped()->set_reason(v1::SKIP_REASON_QUEUE_FULL);
  ASSERT_TRUE(stream->Write(request));
  request.mutable_unparsed()->set_sequence(14);
  request.mutable_unparsed()->set_reason("not JSON");
  ASSERT_TRUE(stream->Write(request));
  ReadCommitted(*stream, 14);
  FinishInOrder(*stream);
  ASSERT_TRUE(NoStreamIsOpen());

  EXPECT_EQ(Value("events_stored_total"), 2);
  EXPECT_EQ(Value("events_rejected_total", {{"reason", "MISSING_FIELD"}}), 1);
  EXPECT_EQ(Value("events_rejected_total", {{"reason", "UNPARSED"}}), 1);
  EXPECT_EQ(Value("events_rejected_total", {{"reason", "TOO_LARGE"}}), 0);
  EXPECT_EQ(Value("events_skipped_total", {{"reason", "QUEUE_FULL"}}), 10);
  EXPECT_EQ(Value("events_duplicate_total"), 0);
  EXPECT_EQ(Received("batches_received_total", "StreamEvents"), 1);
  EXPECT_GT(Received("received_bytes_total", "StreamEvents"), static_cast<double>(batch.ByteSizeLong()));
  EXPECT_EQ(Ended("OK"), 1);
  EXPECT_GE(Value("commits_total"), 3) << "batch, then the rest, then Close";
  EXPECT_EQ(Value("commit_duration_seconds"), Value("commits_total"));
  EXPECT_EQ(Value("commit_events"), Value("commits_total"));
  EXPECT_EQ(Value("acknowledgement_duration_seconds"), 4) << "batch, Skipped, Unparsed, Close";
  EXPECT_TRUE(Soon([this] { return Value("staged_bytes") == 0; }));
}

TEST_F(EventCollectorServiceMetricsTest, CountsWhatComesAgain) {
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    grpc::ClientContext context;
    Prepare(context);
    auto stream = stub_->StreamEvents(&context);
    Welcomed(*stream, HelloRequest("p", epoch, "t"));
    // The second time all numbers but the last are known.
    std::vector<v1::Event> events(static_cast<size_t>(3 + epoch), NamedEvent("a", "u"));
    ASSERT_TRUE(stream->Write(BatchRequest(1, events)));
    ReadCommitted(*stream, 3 + epoch);
    FinishInOrder(*stream);
  }
  EXPECT_EQ(Value("events_stored_total"), 4);
  EXPECT_EQ(Value("events_duplicate_total"), 3);
}

TEST_F(EventCollectorServiceMetricsTest, CountsCallsByStatus) {
  v1::TrackEventsRequest request;
  *request.add_events() = NamedEvent("a", "u");
  request.mutable_events(0)->set_insert_id("once");
  *request.add_events() = NamedEvent("", "u");
  v1::TrackEventsResponse response;
  ASSERT_OK(Track(request, response));
  ASSERT_OK(Track(request, response));
  EXPECT_EQ(response.duplicate_count(), 1);
  EXPECT_THAT(Track({}, response), StatusIs(absl::StatusCode::kInvalidArgument));
  WantKeys();
  EXPECT_THAT(Track(request, response), StatusIs(absl::StatusCode::kUnauthenticated));
  const auto calls = [this](const std::string& code) { return Value("calls_total", {{"code", code}}); };
  EXPECT_EQ(calls("OK"), 2);
  EXPECT_EQ(calls("UNAUTHENTICATED"), 1);
  EXPECT_EQ(calls("INVALID_ARGUMENT"), 1);
  EXPECT_EQ(Value("events_stored_total"), 1);
  EXPECT_EQ(Value("events_duplicate_total"), 1);
  EXPECT_EQ(Value("events_rejected_total", {{"reason", "MISSING_FIELD"}}), 2);
  EXPECT_EQ(Received("received_bytes_total", "TrackEvents"), 2 * static_cast<double>(request.ByteSizeLong()));
  EXPECT_TRUE(Soon([this] { return Value("calls_waiting") == 0; }));
}

TEST_F(EventCollectorServiceMetricsTest, CountsHowStreamsAreRefusedAndEnd) {
  {
    grpc::ClientContext context;
    Prepare(context);
    auto stream = stub_->StreamEvents(&context);
    Welcomed(*stream, HelloRequest("p", 0, "t"));
    context.TryCancel();
    stream->Finish();
  }
  {
    grpc::ClientContext context;
    Prepare(context);
    auto stream = stub_->StreamEvents(&context);
    ASSERT_TRUE(stream->Write(HelloRequest("p", 0, "a copy's token")));
    v1::StreamEventsResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_TRUE(response.has_refused());
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kAborted));
  }
  WantKeys();
  {
    grpc::ClientContext context;
    Prepare(context);
    v1::StreamEventsResponse response;
    auto stream = stub_->StreamEvents(&context);
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kUnauthenticated));
  }
  EXPECT_EQ(Value("streams_refused_total", {{"code", "UNAUTHENTICATED"}}), 1);
  ASSERT_TRUE(NoStreamIsOpen());
  EXPECT_EQ(Ended("CANCELLED"), 1);
  EXPECT_EQ(Ended("ABORTED"), 1);
  EXPECT_EQ(Ended("UNAUTHENTICATED"), 0) << "it never began";
  EXPECT_EQ(Hellos("granted"), 1);
  EXPECT_EQ(Hellos("foreign_epoch"), 1);
}

TEST_F(EventCollectorServiceMetricsTest, CountsWhatTheDatabaseFailed) {
  testing::TestCluster::Shared().Stop("immediate");
  v1::TrackEventsRequest request;
  *request.add_events() = NamedEvent("a", "u");
  v1::TrackEventsResponse response;
  EXPECT_THAT(Track(request, response), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Value("calls_total", {{"code", "UNAVAILABLE"}}), 1);
  EXPECT_EQ(Value("batches_given_up_total"), 1);
  EXPECT_EQ(Value("commit_failures_total", {{"kind", "away"}}), 2)
      << "at once once more, on a new connection";
  EXPECT_EQ(Value("acknowledgement_duration_seconds"), 0);
  testing::TestCluster::Shared().Start();
}

TEST_F(EventCollectorServiceMetricsTest, TellsItsLimits) {
  EXPECT_EQ(Value("streams_limit"), CollectorOptions().max_streams);
  EXPECT_EQ(Value("staged_bytes_limit"), static_cast<double>(CollectorOptions().queue.max_staged_bytes));
  EXPECT_EQ(Value("calls_waiting_limit"), CollectorOptions().max_waiting_calls);
  EXPECT_EQ(Value("lanes"), 2);
  EXPECT_EQ(Value("streams_waiting"), 0);
}

}  // namespace
}  // namespace donut::collector
