#include "common/proto_time.h"

#include "tests/support/status_matchers.h"

namespace donut {
namespace {

using ::donut::testing::StatusIs;
using ::google::protobuf::Duration;
using ::google::protobuf::Timestamp;
using ::testing::HasSubstr;

constexpr int64_t kFirstSecond = -62135596800;
constexpr int64_t kLastSecond = 253402300799;

Timestamp TimestampOf(int64_t seconds, int32_t nanos) {
  Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(nanos);
  return timestamp;
}

Duration DurationOf(int64_t seconds, int32_t nanos) {
  Duration duration;
  duration.set_seconds(seconds);
  duration.set_nanos(nanos);
  return duration;
}

TEST(ProtoTimeTest, TimestampsGoThereAndBack) {
  for (const auto& [seconds, nanos] : std::vector<std::pair<int64_t, int32_t>>{{0, 0},
                                                                               {-1, 999'999'999},
                                                                               {1706677200, 123'456'789},
                                                                               {kFirstSecond, 0},
                                                                               {kLastSecond, 999'999'999}}) {
    ASSERT_OK_AND_ASSIGN(const absl::Time time, FromProto(TimestampOf(seconds, nanos), "t"));
    EXPECT_EQ(ToProto(time).seconds(), seconds);
    EXPECT_EQ(ToProto(time).nanos(), nanos);
  }
}

TEST(ProtoTimeTest, RefusesTimestampsThatProtobufForbids) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(FromProto(TimestampOf(kFirstSecond - 1, 0), "event_time"),
              StatusIs(code, HasSubstr("event_time: ")));
  EXPECT_THAT(FromProto(TimestampOf(kLastSecond + 1, 0), "t"), StatusIs(code));
  EXPECT_THAT(FromProto(TimestampOf(0, -1), "t"), StatusIs(code));
  EXPECT_THAT(FromProto(TimestampOf(0, 1'000'000'000), "t"), StatusIs(code));
}

TEST(ProtoTimeTest, DurationsGoThereAndBack) {
  for (const auto& [seconds, nanos] : std::vector<std::pair<int64_t, int32_t>>{
           {0, 0}, {0, -5}, {-3, -500'000'000}, {1'209'600, 1}, {315576000000, 0}, {-315576000000, 0}}) {
    ASSERT_OK_AND_ASSIGN(const absl::Duration duration, FromProto(DurationOf(seconds, nanos), "window"));
    EXPECT_EQ(ToProto(duration).seconds(), seconds);
    EXPECT_EQ(ToProto(duration).nanos(), nanos);
  }
}

TEST(ProtoTimeTest, RefusesDurationsThatProtobufForbids) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(FromProto(DurationOf(315576000001, 0), "window"), StatusIs(code, HasSubstr("window: ")));
  EXPECT_THAT(FromProto(DurationOf(-315576000001, 0), "d"), StatusIs(code));
  EXPECT_THAT(FromProto(DurationOf(1, -1), "d"), StatusIs(code));
  EXPECT_THAT(FromProto(DurationOf(-1, 1), "d"), StatusIs(code));
  EXPECT_THAT(FromProto(DurationOf(0, 1'000'000'000), "d"), StatusIs(code));
}

TEST(ProtoTimeTest, WhatProtobufCannotSayBecomesItsNearestEnd) {
  EXPECT_EQ(ToProto(absl::InfiniteFuture()).seconds(), kLastSecond);
  EXPECT_EQ(ToProto(absl::InfinitePast()).seconds(), kFirstSecond);
  EXPECT_EQ(ToProto(absl::InfiniteDuration()).seconds(), 315576000000);
}

TEST(ProtoTimeTest, PostgresTimesAreUtcMicrosecondsRoundedDown) {
  EXPECT_EQ(ToPostgres(absl::FromUnixNanos(1706677200123456999)), "2024-01-31 05:00:00.123456+00");
  EXPECT_EQ(ToPostgres(absl::FromUnixNanos(-1)), "1969-12-31 23:59:59.999999+00");
  EXPECT_EQ(ToPostgres(absl::FromUnixSeconds(kFirstSecond)), "0001-01-01 00:00:00.000000+00");
}

}  // namespace
}  // namespace donut
