// Between protobuf's times and abseil's. No state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace donut {

// INVALID_ARGUMENT when seconds or nanos are outside what protobuf allows
// (years 1 to 9999; 0 <= nanos < 10^9). `field` names the field in the message.
absl::StatusOr<absl::Time> FromProto(const google::protobuf::Timestamp& timestamp, const std::string& field);
absl::StatusOr<absl::Duration> FromProto(const google::protobuf::Duration& duration,
                                         const std::string& field);

google::protobuf::Timestamp ToProto(absl::Time time);
google::protobuf::Duration ToProto(absl::Duration duration);

// What PostgreSQL reads and prints as timestamptz, to the microsecond, rounded down:
// "2024-01-31 05:00:00.123456+00".
std::string ToPostgres(absl::Time time);

}  // namespace donut
