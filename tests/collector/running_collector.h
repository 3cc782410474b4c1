// A whole collector but its main, for tests: a real gRPC server on a unix socket, real lanes, a
// real database. One per test.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/database_upkeep.h"
#include "collector/event_collector_service.h"
#include "collector/postgres_event_sink.h"
#include "common/grpc_server.h"
#include "common/limits.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/support/test_database.h"

namespace donut::collector {

class RunningCollector : public ::testing::Test {
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
    memory_.emplace(1'000, 1'000);
    queue_.emplace(options.queue, &clock_,
                   [&](int) { return std::make_unique<PostgresEventSink>(connection, &*memory_); });
    service_.emplace(options, directory_, *queue_, clock_, hash_);
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

}  // namespace donut::collector
