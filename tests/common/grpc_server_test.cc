#include "common/grpc_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.grpc.pb.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "tests/support/status_matchers.h"

namespace donut {
namespace {

using ::donut::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

class AcceptingCollector : public v1::EventCollectorService::Service {
  grpc::Status TrackEvents(grpc::ServerContext* /*context*/, const v1::TrackEventsRequest* request,
                           v1::TrackEventsResponse* response) override {
    response->set_stored_count(request->events_size());
    return grpc::Status::OK;
  }
};

grpc::ByteBuffer Bytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Text(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

class GrpcServerTest : public ::testing::Test {
 protected:
  void Start(GrpcServerOptions options) {
    options.address = "127.0.0.1:0";
    auto started = GrpcServer::Start(options, {&collector_});
    ASSERT_OK(started);
    server_ = *std::move(started);
    channel_ = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", server_->port()); }

  // The standard health service's answer: "SERVING", "NOT_SERVING" or the error's code.
  std::string HealthOf(const std::string& service) {
    std::string request;
    if (!service.empty()) request = std::string("\x0a") + static_cast<char>(service.size()) + service;
    grpc::ByteBuffer response;
    grpc::ClientContext context;
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                           grpc::internal::RpcMethod::NORMAL_RPC, channel_);
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall(channel_.get(), method, &context, Bytes(request), &response);
    if (!status.ok()) return absl::StatusCodeToString(FromGrpc(status).code());
    const std::string text = Text(response);
    if (text == std::string("\x08\x01")) return "SERVING";
    if (text == std::string("\x08\x02")) return "NOT_SERVING";
    return "unexpected";
  }

  // The answer to one request of the reflection protocol, in wire format.
  std::string Reflect(const std::string& request) {
    grpc::ClientContext context;
    const grpc::internal::RpcMethod method("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                           grpc::internal::RpcMethod::BIDI_STREAMING, channel_);
    using Factory = grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>;
    const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream(
        Factory::Create(channel_.get(), method, &context));
    grpc::ByteBuffer response;
    EXPECT_TRUE(stream->Write(Bytes(request)) && stream->Read(&response));
    stream->WritesDone();
    EXPECT_OK(stream->Finish());
    return Text(response);
  }

  grpc::Status Track(int events, const std::string& name, grpc_compression_algorithm compression) {
    v1::TrackEventsRequest request;
    for (int i = 0; i < events; ++i) request.add_events()->set_name(name);
    v1::TrackEventsResponse response;
    grpc::ClientContext context;
    context.set_compression_algorithm(compression);
    return v1::EventCollectorService::NewStub(channel_)->TrackEvents(&context, request, &response);
  }

  AcceptingCollector collector_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(GrpcServerTest, AnswersCallsOnTheBoundPort) {
  Start({});
  EXPECT_GT(server_->port(), 0);
  EXPECT_OK(Track(3, "signup", GRPC_COMPRESS_NONE));
}

TEST_F(GrpcServerTest, HealthFollowsForTheServerAndEachService) {
  Start({});
  const std::string service = "donut.analytics.v1.EventCollectorService";
  EXPECT_EQ(HealthOf(""), "NOT_SERVING");
  EXPECT_EQ(HealthOf(service), "NOT_SERVING");
  server_->SetServing(true);
  EXPECT_EQ(HealthOf(""), "SERVING");
  EXPECT_EQ(HealthOf(service), "SERVING");
  EXPECT_EQ(HealthOf("no.such.Service"), "NOT_FOUND");
  server_->SetServing(false);
  EXPECT_EQ(HealthOf(service), "NOT_SERVING");
}

TEST_F(GrpcServerTest, ReflectionListsTheServices) {
  Start({});
  // list_services = "".
  EXPECT_THAT(
      Reflect(std::string("\x3a\x00", 2)),
      AllOf(HasSubstr("donut.analytics.v1.EventCollectorService"), HasSubstr("grpc.health.v1.Health")));
}

TEST_F(GrpcServerTest, ReflectionDescribesThem) {
  Start({});
  // file_containing_symbol.
  const auto file_of = [&](const std::string& symbol) {
    return Reflect(std::string("\x22") + static_cast<char>(symbol.size()) + symbol);
  };
  // Files that our code does not name are those that a linker leaves out.
  EXPECT_THAT(file_of("donut.analytics.v1.QueryService"),
              AllOf(HasSubstr("donut/analytics/v1/query.proto"), HasSubstr("GetRetention")));
  EXPECT_THAT(file_of("grpc.health.v1.Health"), HasSubstr("HealthCheckRequest"));
}

TEST_F(GrpcServerTest, ASecondServerOnThePortIsToldSo) {
  Start({});
  GrpcServerOptions options;
  options.address = address();
  EXPECT_THAT(GrpcServer::Start(options, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       absl::StrCat("cannot listen on ", options.address,
                                    ": address in use; stop what uses it or set --address")));
}

TEST_F(GrpcServerTest, AnAddressOfAnotherMachineIsToldSo) {
  GrpcServerOptions options;
  options.address = "192.0.2.1:0";  // reserved for documentation
  EXPECT_THAT(GrpcServer::Start(options, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("cannot listen on 192.0.2.1:0"), HasSubstr("assign"))));
}

TEST_F(GrpcServerTest, RefusesMessagesOverTheLimit) {
  GrpcServerOptions options;
  options.max_message_bytes = 1000;
  Start(options);
  EXPECT_OK(Track(1, std::string(900, 'x'), GRPC_COMPRESS_NONE));
  EXPECT_THAT(Track(1, std::string(1000, 'x'), GRPC_COMPRESS_NONE),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(GrpcServerTest, RefusesCompressedMessages) {
  Start({});
  const std::string compressible(100'000, 'x');
  EXPECT_OK(Track(1, compressible, GRPC_COMPRESS_NONE));
  EXPECT_THAT(Track(1, compressible, GRPC_COMPRESS_GZIP), StatusIs(absl::StatusCode::kUnimplemented));
  EXPECT_THAT(Track(1, compressible, GRPC_COMPRESS_DEFLATE), StatusIs(absl::StatusCode::kUnimplemented));
}

TEST_F(GrpcServerTest, ServesOnAUnixSocket) {
  char folder[] = "/tmp/donut_socket_XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  GrpcServerOptions options;
  options.address = absl::StrCat("unix:", folder, "/socket");
  auto started = GrpcServer::Start(options, {&collector_});
  ASSERT_OK(started);
  EXPECT_EQ((*started)->port(), 0);
  channel_ = grpc::CreateChannel(options.address, grpc::InsecureChannelCredentials());
  EXPECT_OK(Track(1, "signup", GRPC_COMPRESS_NONE));
  started->reset();
  unlink(absl::StrCat(folder, "/socket").c_str());
  rmdir(folder);
}

TEST_F(GrpcServerTest, ShutdownRefusesNewCallsAndCanBeRepeated) {
  Start({});
  ASSERT_OK(Track(1, "signup", GRPC_COMPRESS_NONE));
  server_->Shutdown(absl::Seconds(1));
  server_->Shutdown(absl::Seconds(1));
  EXPECT_THAT(Track(1, "signup", GRPC_COMPRESS_NONE), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(GrpcServerStartTest, RefusesWhatIsNoAddress) {
  GrpcServerOptions options;
  options.address = "host:port";
  EXPECT_THAT(GrpcServer::Start(options, {}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(StopSignalTest, WaitsForSigterm) {
  // In a thread of its own, so that the rest of the program keeps its signal mask.
  std::thread([] {
    BlockStopSignals();
    pthread_kill(pthread_self(), SIGTERM);
    EXPECT_EQ(WaitForStopSignal(), SIGTERM);
  }).join();
}

TEST(ShutdownWatchdogDeathTest, EndsAProcessThatHangs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        StartShutdownWatchdog(absl::Milliseconds(10));
        pause();
      },
      ::testing::ExitedWithCode(3), "the shutdown hangs");
}

}  // namespace
}  // namespace donut
