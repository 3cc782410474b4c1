// The client over real gRPC, against a server in this process whose behaviour is ModelCollector's.
#include "client_lib/grpc_transport.h"

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mutex.h"
#include "donut/analytics/v1/collector.grpc.pb.h"
#include "donut/client.h"
#include "donut/replay.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/client_lib/model_collector.h"

namespace donut::testing {
namespace {

constexpr absl::Duration kLong = absl::Seconds(60);

class ModelService : public v1::EventCollectorService::Service {
 public:
  grpc::Status StreamEvents(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::StreamEventsResponse, v1::StreamEventsRequest>* stream) override {
    const auto key = context->client_metadata().find("authorization");
    if (!wanted_key.empty() && (key == context->client_metadata().end() ||
                                std::string(key->second.data(), key->second.size()) != wanted_key)) {
      return {grpc::StatusCode::UNAUTHENTICATED, "no such key"};
    }
    const int64_t number = ++streams;
    v1::StreamEventsRequest request;
    while (stream->Read(&request)) {
      MutexLock lock(mutex);
      for (const auto& answer :
           {collector.Receive(number, request.SerializeAsString()), collector.Commit(number)}) {
        for (const auto& response : answer.responses) stream->Write(response);
        if (answer.ended) {
          return {static_cast<grpc::StatusCode>(answer.end.code()), std::string(answer.end.message())};
        }
      }
    }
    return grpc::Status::OK;
  }
  std::multiset<std::string> StoredNames() {
    MutexLock lock(mutex);
    EXPECT_TRUE(collector.protocol_errors().empty());
    return collector.StoredNames();
  }

  std::string wanted_key;
  std::atomic<int64_t> streams = 0;
  Mutex mutex;
  ModelCollector collector;
};

class GrpcTransportTest : public ::testing::Test {
 protected:
  void SetUp() override { Start(); }
  void TearDown() override { Kill(); }

  void Start() {
    grpc::ServerBuilder builder;
    int port = port_;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    port_ = port;
  }
  // Cuts every connection. What was received is kept, as by a database.
  void Kill() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_ = nullptr;
    MutexLock lock(service_.mutex);
    service_.collector.Crash();
  }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  ModelService service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

TEST_F(GrpcTransportTest, DeliversEventsAndClosesInOrder) {
  auto client = Client::Create({.collector_address = address()}).value();
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(client->Track(absl::StrCat("e", i), "u", {{"i", i}}));
  EXPECT_TRUE(client->Shutdown(kLong));
  EXPECT_EQ(service_.StoredNames().size(), 5'000u);
  EXPECT_EQ(client->counters().acknowledged, 5'000);
  MutexLock lock(service_.mutex);
  EXPECT_TRUE(service_.collector.producers().begin()->second.closed);
}

TEST_F(GrpcTransportTest, SendsTheKeyAsABearerToken) {
  service_.wanted_key = "Bearer secret";
  auto client = Client::Create({.collector_address = address(), .api_key = "secret"}).value();
  client->Track("a", "u");
  EXPECT_TRUE(client->Flush(kLong));
  const auto wrong = Replay::Open(
      {.collector_address = address(), .api_key = "wrong", .producer_id = "0123456789abcdef"}, kLong);
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(GrpcTransportTest, GoesOnAfterTheServerWasKilled) {
  auto client =
      Client::Create(
          {.collector_address = address(), .max_batch_events = 100, .on_warning = [](const std::string&) {}})
          .value();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(client->Track(absl::StrCat("e", round, "_", i), "u"));
    if (round == 1) {
      ASSERT_TRUE(client->Flush(kLong));
    }
    Kill();
    Start();
  }
  EXPECT_TRUE(client->Flush(kLong));
  const auto stored = service_.StoredNames();
  EXPECT_EQ(stored.size(), 6'000u);
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), 6'000u);
}

TEST_F(GrpcTransportTest, NobodyThere) {
  Kill();
  auto client =
      Client::Create({.collector_address = address(), .on_warning = [](const std::string&) {}}).value();
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(client->Track("e", "u"));
  EXPECT_FALSE(client->Flush(absl::Milliseconds(300)));
  const absl::Time start = absl::Now();
  client = nullptr;
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
}

TEST_F(GrpcTransportTest, ReplayIsResumedByTheNextProcess) {
  const ReplayOptions options = {.collector_address = address(), .producer_id = "0123456789abcdef"};
  v1::Event event;
  event.set_name("e");
  event.set_user_id("u");
  for (int64_t process = 0; process < 3; ++process) {
    auto replay = Replay::Open(options, kLong);
    ASSERT_TRUE(replay.ok()) << replay.status();
    EXPECT_EQ((*replay)->committed_sequence(), process * 500);
    EXPECT_EQ((*replay)->bookmark(), process == 0 ? "" : absl::StrCat("after ", process * 500));
    for (int64_t i = process * 500 + 1; i <= (process + 1) * 500; ++i) {
      ASSERT_TRUE((*replay)->Send(event, absl::StrCat("after ", i)).ok());
    }
    ASSERT_TRUE((*replay)->Finish(kLong).ok());
  }
  EXPECT_EQ(service_.StoredNames().size(), 1'500u);
}

TEST_F(GrpcTransportTest, ManyClientsComeAndGo) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 10; ++i) {
        auto client = Client::Create({.collector_address = address()}).value();
        EXPECT_TRUE(client->Track(absl::StrCat("e", t, "_", i), "u"));
        if (i % 2 == 0) {
          EXPECT_TRUE(client->Shutdown(kLong));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(service_.StoredNames().size(), 40u);
}

}  // namespace
}  // namespace donut::testing
