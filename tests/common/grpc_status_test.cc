#include "common/grpc_status.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/support/status_matchers.h"

namespace donut {
namespace {

using ::donut::testing::StatusIs;

TEST(GrpcStatusTest, EveryCodeAndTextGoesThereAndBack) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "what, where, what to do");
    const grpc::Status over_the_wire = ToGrpc(status);
    EXPECT_EQ(static_cast<int>(over_the_wire.error_code()), code);
    EXPECT_EQ(over_the_wire.error_message(), "what, where, what to do");
    EXPECT_EQ(FromGrpc(over_the_wire), status);
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_OK(FromGrpc(grpc::Status::OK));
}

TEST(GrpcStatusTest, AWrongFieldTravelsAsBadRequest) {
  const grpc::Status status = ToGrpc(InvalidField("steps[2].window", "must be positive"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "steps[2].window: must be positive");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 3);
  EXPECT_EQ(details.message(), status.error_message());
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(details.details(0).UnpackTo(&bad_request));
  ASSERT_EQ(bad_request.field_violations_size(), 1);
  EXPECT_EQ(bad_request.field_violations(0).field(), "steps[2].window");
  EXPECT_EQ(bad_request.field_violations(0).description(), "must be positive");
}

TEST(GrpcStatusTest, TheDelayBeforeARetryReachesTheCaller) {
  const absl::Status status = WithRetryDelay(absl::UnavailableError("later"), absl::Milliseconds(2500));
  const absl::Status received = FromGrpc(ToGrpc(status));
  EXPECT_EQ(received, status);
  EXPECT_EQ(RetryDelayOf(received), absl::Milliseconds(2500));
  EXPECT_EQ(RetryDelayOf(absl::UnavailableError("later")), absl::ZeroDuration());
}

TEST(GrpcStatusTest, WhatIsMeantForThisProcessDoesNotLeaveIt) {
  absl::Status status = absl::InternalError("x");
  status.SetPayload("donut/sqlstate", absl::Cord("XX000"));
  EXPECT_EQ(ToGrpc(status).error_details(), "");
}

TEST(GrpcStatusTest, LongTextsAreCutBetweenCharactersSoThatHeadersHoldThem) {
  std::string text = "x";
  for (int i = 0; i < 5000; ++i) text += "ü";
  const grpc::Status status = ToGrpc(InvalidField(text, text));
  EXPECT_LT(status.error_message().size(), 2100u);
  EXPECT_EQ(status.error_message().substr(status.error_message().size() - 5), "ü...");
  EXPECT_LT(status.error_details().size(), 7000u);
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
}

TEST(GrpcStatusTest, ARefusalWithinAnotherRequestNamesThePathFromOutside) {
  const absl::Status status = WithinField("funnel", InvalidField("scope.interval", "must end: later"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "funnel.scope.interval: must end: later"));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(ToGrpc(status).error_details()));
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(details.details(0).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "funnel.scope.interval");
  const absl::Status other = absl::NotFoundError("user_id: no such user");
  EXPECT_EQ(WithinField("funnel", other), other);
}

TEST(GrpcStatusTest, DetailsThatCannotBeReadCostOnlyThemselves) {
  EXPECT_THAT(FromGrpc(grpc::Status(grpc::StatusCode::ABORTED, "text", "\xff\xff")),
              StatusIs(absl::StatusCode::kAborted, "text"));
}

}  // namespace
}  // namespace donut
