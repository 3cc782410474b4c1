// The whole collector but its main: a real gRPC server on a unix socket, real lanes, a real database.
#include "collector/event_collector_service.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "collector/database_upkeep.h"
#include "collector/postgres_event_sink.h"
#include "common/grpc_server.h"
#include "common/limits.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::NamedEvent;
using testing::StatusIs;

constexpr char kStreamMethod[] = "/donut.analytics.v1.EventCollectorService/StreamEvents";

class CollectorTest : public ::testing::Test {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::StreamEventsRequest, v1::StreamEventsResponse>;

  void SetUp() override { Start({}); }
  void TearDown() override { Stop(); }

  void Start(CollectorOptions options) {
    options.queue.lanes = 2;
    pattern_ = (std::filesystem::temp_directory_path() / "collector_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern_.data()), nullptr);
    postgres::ConnectionOptions connection;
    connection.url = database_.collector_url();
    connection.application_name = "collector under test";
    auto watch = postgres::Connect(connection);
    ASSERT_TRUE(watch.ok()) << watch.status();
    DatabaseUpkeep upkeep(&hash_, &clock_, absl::Hours(1));
    ASSERT_TRUE(upkeep.Check(**watch).ok());
    ReadKeys();
    memory_.emplace(1'000);
    queue_.emplace(options.queue, &clock_,
                   [&](int) { return std::make_unique<PostgresEventSink>(connection, &hash_, &*memory_); });
    service_.emplace(options, directory_, *queue_, clock_);
    GrpcServerOptions server;
    server.address = absl::StrCat("unix:", pattern_, "/socket");
    server.max_message_bytes = limits::kMaxMessageBytes;
    auto started = GrpcServer::Start(server, {&*service_});
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    channel_ = grpc::CreateChannel(server.address, grpc::InsecureChannelCredentials());
    stub_ = v1::EventCollectorService::NewStub(channel_);
  }

  void Stop() {
    if (server_ == nullptr) return;
    service_->Drain();
    server_->Shutdown(absl::Seconds(5));
    server_.reset();
    service_.reset();
    queue_.reset();
    std::filesystem::remove_all(pattern_);
  }

  void ReadKeys() {
    pqxx::work transaction(database_.owner());
    directory_.Update(postgres::ProjectSnapshot::Read(transaction).value());
  }

  // Every call of a test has an end.
  static void Prepare(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  v1::StreamEventsRequest HelloRequest(const std::string& producer, int64_t epoch, const std::string& token) {
    const HelloClaim claim = testing::Claim(producer, epoch, token);
    v1::StreamEventsRequest request;
    request.mutable_hello()->set_producer_id(claim.producer_id);
    request.mutable_hello()->set_epoch(epoch);
    request.mutable_hello()->set_token(claim.token);
    return request;
  }

  v1::StreamEventsRequest BatchRequest(int64_t first, const std::vector<v1::Event>& events) {
    v1::StreamEventsRequest request;
    request.mutable_batch()->set_first_sequence(first);
    for (const v1::Event& event : events) *request.mutable_batch()->add_events() = event;
    return request;
  }

  v1::Welcome Welcomed(Stream& stream, const v1::StreamEventsRequest& hello) {
    v1::StreamEventsResponse response;
    EXPECT_TRUE(stream.Write(hello));
    EXPECT_TRUE(stream.Read(&response));
    EXPECT_TRUE(response.has_welcome()) << response.DebugString();
    return response.welcome();
  }

  // Reads until `sequence` is committed; returns the rejections on the way.
  std::vector<v1::Rejection> ReadCommitted(Stream& stream, int64_t sequence) {
    std::vector<v1::Rejection> rejections;
    v1::StreamEventsResponse response;
    int64_t committed = 0;
    while (committed < sequence && stream.Read(&response)) {
      EXPECT_TRUE(response.has_committed()) << response.DebugString();
      committed = response.committed().sequence();
      for (const auto& rejection : response.committed().rejections()) rejections.push_back(rejection);
    }
    EXPECT_EQ(committed, sequence);
    return rejections;
  }

  grpc::Status Track(const v1::TrackEventsRequest& request, v1::TrackEventsResponse& response,
                     const std::string& authorization = "") {
    grpc::ClientContext context;
    Prepare(context);
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    return stub_->TrackEvents(&context, request, &response);
  }

  testing::TestDatabase database_;
  SystemClock clock_;
  SharedHash hash_;
  postgres::ProjectDirectory directory_{true};
  std::optional<SinkMemory> memory_;
  std::optional<IngestQueue> queue_;
  std::optional<EventCollectorService> service_;
  std::unique_ptr<GrpcServer> server_;
  std::string pattern_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EventCollectorService::Stub> stub_;
};

TEST_F(CollectorTest, StoresAStreamAndClosesInOrder) {
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  EXPECT_EQ(Welcomed(*stream, HelloRequest("p", 0, "t")).epoch(), 1);
  ASSERT_TRUE(
      stream->Write(BatchRequest(1, {NamedEvent("a", "u"), NamedEvent("", "u"), NamedEvent("b", "u")})));
  v1::StreamEventsRequest request;
  request.mutable_skipped()->set_first_sequence(4);
  request.mutable_skipped()->set_last_sequence(6);
  request.mutable_skipped()->set_reason(v1::SKIP_REASON_EMPTY);
  ASSERT_TRUE(stream->Write(request));
  request.mutable_unparsed()->set_sequence(7);
  request.mutable_unparsed()->set_payload(std::string(limits::kMaxUnparsedBytes + 1, 'x'));
  request.mutable_unparsed()->set_reason("not JSON");
  request.mutable_unparsed()->set_bookmark("line 7");
  ASSERT_TRUE(stream->Write(request));
  request.mutable_close();
  ASSERT_TRUE(stream->Write(request));
  const auto rejections = ReadCommitted(*stream, 7);
  ASSERT_EQ(rejections.size(), 2u);
  EXPECT_EQ(rejections[0].sequence(), 2);
  EXPECT_EQ(rejections[0].reason(), v1::REJECTION_REASON_MISSING_FIELD);
  EXPECT_EQ(rejections[1].detail(), "not JSON");
  v1::StreamEventsResponse response;
  while (stream->Read(&response)) EXPECT_EQ(response.committed().sequence(), 7);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(database_.Query("SELECT string_agg(sequence::text, ',' ORDER BY sequence) FROM analytics_events"),
            "1,3");
  EXPECT_EQ(database_.Query("SELECT octet_length(payload) FROM rejected_events WHERE sequence = 7"), "32768");
  EXPECT_EQ(database_.Query("SELECT closed_at IS NOT NULL FROM producers"), "t");

  grpc::ClientContext again;
  Prepare(again);
  auto next = stub_->StreamEvents(&again);
  const v1::Welcome welcome = Welcomed(*next, HelloRequest("p", 1, "t2"));
  EXPECT_EQ(welcome.committed_sequence(), 7);
  EXPECT_EQ(welcome.bookmark(), "line 7");
  again.TryCancel();
}

TEST_F(CollectorTest, FencesTheOldStreamOfAProducer) {
  grpc::ClientContext old_context;
  Prepare(old_context);
  auto old_stream = stub_->StreamEvents(&old_context);
  Welcomed(*old_stream, HelloRequest("p", 0, "t"));
  grpc::ClientContext new_context;
  Prepare(new_context);
  auto new_stream = stub_->StreamEvents(&new_context);
  EXPECT_EQ(Welcomed(*new_stream, HelloRequest("p", 1, "t2")).epoch(), 2);
  ASSERT_TRUE(old_stream->Write(BatchRequest(1, {NamedEvent("a", "u")})));
  v1::StreamEventsResponse response;
  ASSERT_TRUE(old_stream->Read(&response));
  EXPECT_EQ(response.refused().reason(), v1::REFUSAL_REASON_FENCED);
  EXPECT_FALSE(old_stream->Read(&response));
  EXPECT_THAT(old_stream->Finish(), StatusIs(absl::StatusCode::kAborted, HasSubstr("newer stream")));
  ASSERT_TRUE(new_stream->Write(BatchRequest(1, {NamedEvent("a", "u")})));
  ReadCommitted(*new_stream, 1);
  new_context.TryCancel();
}

TEST_F(CollectorTest, RefusesAForeignEpoch) {
  for (const bool second : {false, true}) {
    grpc::ClientContext context;
    Prepare(context);
    auto stream = stub_->StreamEvents(&context);
    if (!second) {
      Welcomed(*stream, HelloRequest("p", 0, "t"));
      context.TryCancel();
      continue;
    }
    ASSERT_TRUE(stream->Write(HelloRequest("p", 0, "a copy's token")));
    v1::StreamEventsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.refused().reason(), v1::REFUSAL_REASON_FOREIGN_EPOCH);
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kAborted, HasSubstr("producer_id")));
  }
}

TEST_F(CollectorTest, WantsHelloFirstAndNoGaps) {
  {
    grpc::ClientContext context;
    Prepare(context);
    auto stream = stub_->StreamEvents(&context);
    ASSERT_TRUE(stream->Write(BatchRequest(1, {NamedEvent("a", "u")})));
    v1::StreamEventsResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_THAT(stream->Finish(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hello: must be the first")));
  }
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  Welcomed(*stream, HelloRequest("p", 0, "t"));
  ASSERT_TRUE(stream->Write(BatchRequest(1, {NamedEvent("a", "u")})));
  ASSERT_TRUE(stream->Write(BatchRequest(3, {NamedEvent("a", "u")})));
  // What came before the gap is committed and acknowledged all the same.
  ReadCommitted(*stream, 1);
  v1::StreamEventsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the next number is 2")));
}

TEST_F(CollectorTest, EndsWithInvalidArgumentWhenAMessageDoesNotParse) {
  v1::Event bad_text = NamedEvent("\xFF", "u");
  for (const std::string& bytes :
       {std::string("\xFF\xFF"), BatchRequest(1, {bad_text}).SerializePartialAsString()}) {
    grpc::GenericStub generic(channel_);
    grpc::CompletionQueue completions;
    grpc::ClientContext context;
    Prepare(context);
    auto call = generic.PrepareCall(&context, kStreamMethod, &completions);
    const auto wait = [&completions] {
      void* tag;
      bool ok = false;
      return completions.Next(&tag, &ok) && ok;
    };
    const auto write = [&](const std::string& message) {
      const grpc::Slice slice(message);
      call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
      return wait();
    };
    grpc::ByteBuffer answer;
    call->StartCall(nullptr);
    ASSERT_TRUE(wait());
    ASSERT_TRUE(write(HelloRequest(bytes.substr(0, 1), 0, "t").SerializeAsString()));
    call->Read(&answer, nullptr);
    ASSERT_TRUE(wait());
    ASSERT_TRUE(write(bytes));
    call->Read(&answer, nullptr);
    EXPECT_FALSE(wait());
    grpc::Status status;
    call->Finish(&status, nullptr);
    ASSERT_TRUE(wait());
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not parse")));
  }
}

TEST_F(CollectorTest, SaysHowAStreamEndsThatDidNotClose) {
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  Welcomed(*stream, HelloRequest("p", 0, "t"));
  ASSERT_TRUE(stream->Write(BatchRequest(1, {NamedEvent("a", "u")})));
  ASSERT_TRUE(stream->WritesDone());
  ReadCommitted(*stream, 1);
  EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("close")));
}

TEST_F(CollectorTest, TracksAndReportsByPlace) {
  v1::TrackEventsRequest request;
  *request.add_events() = NamedEvent("a", "u");
  *request.add_events() = NamedEvent("a", "");
  *request.add_events() = NamedEvent("b", "u");
  request.mutable_events(2)->set_insert_id("i");
  *request.add_events() = request.events(2);
  v1::TrackEventsResponse response;
  ASSERT_TRUE(Track(request, response).ok());
  EXPECT_EQ(response.stored_count(), 2);
  EXPECT_EQ(response.duplicate_count(), 1);
  ASSERT_EQ(response.rejections_size(), 1);
  EXPECT_EQ(response.rejections(0).sequence(), 1);
  EXPECT_THAT(response.rejections(0).detail(), HasSubstr("user_id"));
  EXPECT_THAT(Track({}, response),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("events: is empty")));
}

TEST_F(CollectorTest, ServesManyCallersAtOnce) {
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 20; ++i) {
        v1::TrackEventsRequest request;
        *request.add_events() = NamedEvent("a", absl::StrCat("u", caller));
        request.mutable_events(0)->set_insert_id(absl::StrCat(i));  // the same ones from all callers
        v1::TrackEventsResponse response;
        EXPECT_TRUE(Track(request, response).ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(database_.Query("SELECT count(*) FROM analytics_events"), "20");
}

TEST_F(CollectorTest, FindsTheProjectByTheKey) {
  database_.Query("INSERT INTO projects (name) VALUES ('shop')");
  pqxx::work keys(database_.owner());
  const auto add = [&](const std::string& key, bool collect) {
    keys.exec_params(
        "INSERT INTO api_keys (key_hash, project_id, may_collect, may_query) VALUES ($1, 2, $2, true)",
        pqxx::binarystring(postgres::HashApiKey(key)), collect);
  };
  add("collecting-key", true);
  add("reading-key", false);
  keys.commit();
  ReadKeys();
  v1::TrackEventsRequest request;
  *request.add_events() = NamedEvent("a", "u");
  v1::TrackEventsResponse response;
  EXPECT_THAT(Track(request, response), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(Track(request, response, "Bearer wrong"), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(Track(request, response, "Bearer reading-key"), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_TRUE(Track(request, response, "Bearer collecting-key").ok());
  EXPECT_EQ(database_.Query("SELECT project_id FROM analytics_events"), "2");
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  v1::StreamEventsResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(CollectorTest, DrainsByCommittingAndAcknowledging) {
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

TEST_F(CollectorTest, RefusesMoreStreamsThanItMayHave) {
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

TEST_F(CollectorTest, EndsStreamsThatSayNothing) {
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

TEST_F(CollectorTest, AnswersWithinTheCallersDeadlineWhenTheDatabaseHangs) {
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

TEST_F(CollectorTest, ReadsNoFurtherWhileNothingCanBeStored) {
  Stop();
  CollectorOptions options;
  options.queue.max_staged_bytes = static_cast<size_t>(kMaxFlatBatchBytes);
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
  // The lane is inside its first commit, and the stream has filled what it may.
  size_t staged = 0;
  int steady = 0;
  while (steady < 20) {
    absl::SleepFor(absl::Milliseconds(10));
    steady = queue_->staged_bytes() == staged && staged > 0 ? steady + 1 : 0;
    staged = queue_->staged_bytes();
  }
  EXPECT_LT(staged, options.queue.max_staged_bytes + static_cast<size_t>(kMaxFlatBatchBytes));
  EXPECT_LT(written, kBatches);
  blocker.abort();
  ReadCommitted(*stream, kBatches * 100);
  writer.join();
  EXPECT_EQ(database_.Query("SELECT count(*) FROM analytics_events"), absl::StrCat(kBatches * 100));
  context.TryCancel();
}

TEST_F(CollectorTest, AnswersAtOnceWhileTheDatabaseIsAwayAndRecovers) {
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
