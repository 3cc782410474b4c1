#include "collector/event_collector_service.h"

#include <thread>

#include "grpcpp/generic/generic_stub.h"
#include "tests/collector/running_collector.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::NamedEvent;
using testing::StatusIs;

constexpr char kStreamMethod[] = "/donut.analytics.v1.EventCollectorService/StreamEvents";

using EventCollectorServiceTest = RunningCollector;

TEST_F(EventCollectorServiceTest, StoresAStreamAndClosesInOrder) {
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

TEST_F(EventCollectorServiceTest, FencesTheOldStreamOfAProducer) {
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

TEST_F(EventCollectorServiceTest, RefusesAForeignEpoch) {
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

TEST_F(EventCollectorServiceTest, WantsHelloFirstAndNoGaps) {
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

TEST_F(EventCollectorServiceTest, EndsWithInvalidArgumentWhenAMessageDoesNotParse) {
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

TEST_F(EventCollectorServiceTest, SaysHowAStreamEndsThatDidNotClose) {
  grpc::ClientContext context;
  Prepare(context);
  auto stream = stub_->StreamEvents(&context);
  Welcomed(*stream, HelloRequest("p", 0, "t"));
  ASSERT_TRUE(stream->Write(BatchRequest(1, {NamedEvent("a", "u")})));
  ASSERT_TRUE(stream->WritesDone());
  ReadCommitted(*stream, 1);
  EXPECT_THAT(stream->Finish(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("close")));
}

TEST_F(EventCollectorServiceTest, TracksAndReportsByPlace) {
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

TEST_F(EventCollectorServiceTest, ServesManyCallersAtOnce) {
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

TEST_F(EventCollectorServiceTest, FindsTheProjectByTheKey) {
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

}  // namespace
}  // namespace donut::collector
