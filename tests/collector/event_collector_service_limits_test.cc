// What the collector refuses, ends or holds back, and how it goes down.
#include <atomic>
#include <thread>

#include "common/grpc_status.h"
#include "tests/collector/running_collector.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::NamedEvent;
using testing::StatusIs;

using EventCollectorServiceLimitsTest = RunningCollector;

TEST_F(EventCollectorServiceLimitsTest, DrainsByCommittingAndAcknowledging) {
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  Welcomed(*stream, HelloRequest("p", 0, "t"));
  ASSERT_TRUE(stream->Write(BatchRequest(1, {NamedEvent("a", "u")})));
  ReadCommitted(*stream, 1);
  service_->Drain();
  v1::StreamEventsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.has_draining()) << response.DebugString();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("going down")));
  v1::TrackEventsRequest request;
  *request.add_events() = NamedEvent("a", "u");
  v1::TrackEventsResponse tracked;
  EXPECT_THAT(Track(request, tracked), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EventCollectorServiceLimitsTest, RefusesMoreStreamsThanItMayHave) {
  Stop();
  CollectorOptions options;
  options.max_streams = 1;
  Start(options);
  grpc::ClientContext first_context;
  Prepare(first_context);
  auto first = stub_->StreamEvents(&first_context);
  Welcomed(*first, HelloRequest("p", 0, "t"));
  grpc::ClientContext context;
  Prepare(context);
  auto second = stub_->StreamEvents(&context);
  v1::StreamEventsResponse response;
  EXPECT_FALSE(second->Read(&response));
  const grpc::Status status = second->Finish();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("maximum of 1")));
  EXPECT_GT(RetryDelayOf(FromGrpc(status)), absl::ZeroDuration());
  first_context.TryCancel();
}

TEST_F(EventCollectorServiceLimitsTest, EndsStreamsThatSayNothing) {
  Stop();
  CollectorOptions options;
  options.hello_limit = absl::Milliseconds(50);
  options.idle_limit = absl::Milliseconds(100);
  Start(options);
  grpc::ClientContext context;
  Prepare(context);
  auto silent = stub_->StreamEvents(&context);
  v1::StreamEventsResponse response;
  EXPECT_FALSE(silent->Read(&response));
  EXPECT_THAT(silent->Finish(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("hello")));
  grpc::ClientContext idle_context;
  Prepare(idle_context);
  auto idle = stub_->StreamEvents(&idle_context);
  Welcomed(*idle, HelloRequest("p", 0, "t"));
  EXPECT_FALSE(idle->Read(&response));
  EXPECT_THAT(idle->Finish(), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("idle")));
}

TEST_F(EventCollectorServiceLimitsTest, AnswersWithinTheCallersDeadlineWhenTheDatabaseHangs) {
  pqxx::work blocker(database_.owner());
  blocker.exec("LOCK TABLE analytics_events IN ACCESS EXCLUSIVE MODE");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(400));
  v1::TrackEventsRequest request;
  *request.add_events() = NamedEvent("a", "u");
  v1::TrackEventsResponse response;
  EXPECT_THAT(stub_->TrackEvents(&context, request, &response),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  blocker.abort();
  EXPECT_TRUE(Track(request, response).ok());
}

TEST_F(EventCollectorServiceLimitsTest, ReadsNoFurtherWhileNothingCanBeStored) {
  Stop();
  CollectorOptions options;
  options.queue.max_staged_bytes = static_cast<size_t>(kMaxFlatBatchBytes);
  options.stream.max_staged_bytes = 8 << 20;
  options.queue.group.max_bytes = 1 << 20;
  Start(options);
  pqxx::work blocker(database_.owner());
  blocker.exec("LOCK TABLE analytics_events IN ACCESS EXCLUSIVE MODE");
  v1::Event event = NamedEvent("a", "u");
  (*event.mutable_properties()->mutable_fields())["text"].set_string_value(std::string(8'000, 'x'));
  const std::vector<v1::Event> events(100, event);
  constexpr int kBatches = 80;  // 65 MB on the wire, twice that flat
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  Welcomed(*stream, HelloRequest("p", 0, "t"));
  std::atomic<int> written = 0;
  std::thread writer([&] {
    for (int i = 0; i < kBatches; ++i) {
      if (!stream->Write(BatchRequest(1 + i * 100, events))) return;
      ++written;
    }
  });
  // It takes in what one stream may have staged, and then no more.
  size_t staged = 0;
  while (staged < options.stream.max_staged_bytes) {
    staged = queue_->staged_bytes();
    std::this_thread::yield();
  }
  EXPECT_LT(staged, options.stream.max_staged_bytes + static_cast<size_t>(kMaxFlatBatchBytes));
  EXPECT_LT(written, kBatches);
  blocker.abort();
  ReadCommitted(*stream, kBatches * 100);
  writer.join();
  EXPECT_EQ(database_.Query("SELECT count(*) FROM analytics_events"), absl::StrCat(kBatches * 100));
  context.TryCancel();
}

// Streams that die while they wait for room must not take it with them.
TEST_F(EventCollectorServiceLimitsTest, ServesAllThatStillLiveWhenOthersDieWaitingForRoom) {
  Stop();
  CollectorOptions options;
  options.queue.max_staged_bytes = static_cast<size_t>(kMaxFlatBatchBytes);
  options.stream.max_staged_bytes = options.queue.max_staged_bytes;
  Start(options);
  constexpr size_t kStreams = 24;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> streams;
  for (size_t i = 0; i <= kStreams; ++i) {
    Prepare(*contexts.emplace_back(std::make_unique<grpc::ClientContext>()));
    streams.push_back(stub_->StreamEvents(contexts.back().get()));
    Welcomed(*streams.back(), HelloRequest(absl::StrCat("p", i), 0, "t"));
  }
  pqxx::work blocker(database_.owner());
  blocker.exec("LOCK TABLE analytics_events IN ACCESS EXCLUSIVE MODE");
  // The first fills what there is.
  v1::Event large = NamedEvent("a", "u");
  (*large.mutable_properties()->mutable_fields())["text"].set_string_value(std::string(8'000, 'x'));
  std::thread filler([&] {
    for (int i = 0; i < 20; ++i)
      streams[0]->Write(BatchRequest(1 + i * 100, std::vector<v1::Event>(100, large)));
  });
  while (queue_->HasRoom()) std::this_thread::yield();
  for (size_t i = 1; i <= kStreams; ++i) {
    ASSERT_TRUE(streams[i]->Write(BatchRequest(1, {NamedEvent("a", "u")})));
    ASSERT_TRUE(streams[i]->Write(BatchRequest(2, {NamedEvent("a", "u")})));
  }
  while (queue_->waiting_for_room() < kStreams) std::this_thread::yield();
  for (size_t i = 1; i <= kStreams; i += 2) contexts[i]->TryCancel();
  while (queue_->waiting_for_room() > kStreams / 2) std::this_thread::yield();
  blocker.abort();
  for (size_t i = 2; i <= kStreams; i += 2) ReadCommitted(*streams[i], 2);
  ReadCommitted(*streams[0], 2'000);
  filler.join();
  for (auto& context : contexts) context->TryCancel();
}

// Each batch is worth 600 kB of rejections.
TEST_F(EventCollectorServiceLimitsTest, GivesUpClientsThatNeverReadWhenTheyHoldTooMuchTogether) {
  Stop();
  CollectorOptions options;
  options.max_unsent_bytes = 1 << 20;
  Start(options);
  constexpr size_t kStreams = 8;
  const std::vector<v1::Event> bad(5'000);
  // A client that takes 64 KiB before its program reads.
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 << 10);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = v1::EventCollectorService::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("unix:", pattern_, "/socket"), grpc::InsecureChannelCredentials(), arguments));
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> streams;
  for (size_t i = 0; i < kStreams; ++i) {
    Prepare(*contexts.emplace_back(std::make_unique<grpc::ClientContext>()));
    streams.push_back(stub->StreamEvents(contexts.back().get()));
    Welcomed(*streams.back(), HelloRequest(absl::StrCat("p", i), 0, "t"));
    ASSERT_TRUE(streams.back()->Write(BatchRequest(1, bad)));
  }
  const auto given_up = [&] {
    const auto& ended = queue_->metrics().streams_ended;
    return ended.value(static_cast<int>(absl::StatusCode::kCancelled)) +
           ended.value(static_cast<int>(absl::StatusCode::kResourceExhausted));
  };
  const absl::Time until = absl::Now() + absl::Seconds(20);
  while (given_up() == 0 && absl::Now() < until) std::this_thread::yield();
  EXPECT_GT(given_up(), 0);
  for (auto& context : contexts) context->TryCancel();
  // One that reads is served as ever.
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  Welcomed(*stream, HelloRequest("q", 0, "t"));
  ASSERT_TRUE(stream->Write(BatchRequest(1, bad)));
  ReadCommitted(*stream, 5'000);
  context.TryCancel();
}

TEST_F(EventCollectorServiceLimitsTest, AnswersAtOnceWhileTheDatabaseIsAwayAndRecovers) {
  v1::TrackEventsRequest request;
  *request.add_events() = NamedEvent("a", "u");
  v1::TrackEventsResponse response;
  ASSERT_TRUE(Track(request, response).ok());
  testing::TestCluster::Shared().Stop("immediate");
  const absl::Time start = absl::Now();
  EXPECT_THAT(Track(request, response), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("away")));
  {
    grpc::ClientContext context;
    Prepare(context);
    auto stream = stub_->StreamEvents(&context);
    ASSERT_TRUE(stream->Write(HelloRequest("p", 0, "t")));
    v1::StreamEventsResponse answer;
    EXPECT_FALSE(stream->Read(&answer));
    EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("away")));
  }
  EXPECT_LT(absl::Now() - start, absl::Seconds(1));
  testing::TestCluster::Shared().Start();
  const absl::Time until = absl::Now() + absl::Seconds(20);
  while (!Track(request, response).ok()) {
    ASSERT_LT(absl::Now(), until);
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace donut::collector
