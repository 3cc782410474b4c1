#include "query_service/query_service.h"

#include <memory>
#include <string>

#include "common/grpc_server.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/query.grpc.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

// The service as it is before it has read the projects: every RPC that exists says UNAVAILABLE.
TEST(QueryServiceTest, EveryRpcOfTheProtoIsImplemented) {
  const SystemClock clock;
  const postgres::ProjectDirectory directory(true);
  postgres::ConnectionPool pool({}, 1);
  query::MetricRunner runner(&directory, &pool, &clock);
  const auto handlers = query::MakeQueryService(&runner);
  ASSERT_OK_AND_ASSIGN(const auto server, GrpcServer::Start({.address = "127.0.0.1:0"}, {handlers.get()}));
  grpc::GenericStub stub(
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", server->port()), grpc::InsecureChannelCredentials()));

  const google::protobuf::ServiceDescriptor* const service =
      v1::GetActiveUsersRequest::descriptor()->file()->pool()->FindServiceByName(
          v1::QueryService::service_full_name());
  ASSERT_NE(service, nullptr);
  EXPECT_GE(service->method_count(), 8);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string method = absl::StrCat("/", service->full_name(), "/", service->method(i)->name());
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    grpc::ByteBuffer response;
    grpc::Status status;
    const grpc::Slice empty;
    const auto call = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&empty, 1), &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable)) << method;
  }
  server->Shutdown(absl::ZeroDuration());
}

v1::GetActiveUsersRequest NestedFilter(int depth) {
  v1::GetActiveUsersRequest request;
  v1::Filter* filter = request.mutable_scope()->mutable_filter();
  for (int i = 1; i < depth; ++i) filter = filter->mutable_not_();
  filter->mutable_condition()->set_event_name(true);
  return request;
}

TEST(QueryServiceTest, RequestThatCannotBeReadIsAnInvalidArgument) {
  const SystemClock clock;
  const postgres::ProjectDirectory directory(true);
  postgres::ConnectionPool pool({}, 1);
  query::MetricRunner runner(&directory, &pool, &clock);
  const auto handlers = query::MakeQueryService(&runner);
  ASSERT_OK_AND_ASSIGN(const auto server, GrpcServer::Start({.address = "127.0.0.1:0"}, {handlers.get()},
                                                            query::ConfigureQueryServer));
  const auto stub = v1::QueryService::NewStub(
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", server->port()), grpc::InsecureChannelCredentials()));
  for (const int depth : {101, 1000, 5000}) {
    grpc::ClientContext context;
    v1::GetActiveUsersResponse response;
    EXPECT_THAT(
        stub->GetActiveUsers(&context, NestedFilter(depth), &response),
        StatusIs(absl::StatusCode::kInvalidArgument,
                 ::testing::HasSubstr("filters (scope.filter and the like) must not be nested more than 10")))
        << depth;
  }
  // What can be read reaches the runner, which knows no project yet.
  grpc::ClientContext context;
  v1::GetActiveUsersResponse response;
  EXPECT_THAT(stub->GetActiveUsers(&context, NestedFilter(50), &response),
              StatusIs(absl::StatusCode::kUnavailable));
  server->Shutdown(absl::ZeroDuration());
}

}  // namespace
}  // namespace donut::testing
