#include "common/proto_time.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace donut {
namespace {

// What timestamp.proto and duration.proto allow.
constexpr int64_t kMinTimestampSeconds = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kMaxTimestampSeconds = 253402300799;  // 9999-12-31T23:59:59Z
constexpr int64_t kMaxDurationSeconds = 315576000000;
constexpr int32_t kMaxNanos = 999'999'999;

}  // namespace

absl::StatusOr<absl::Time> FromProto(const google::protobuf::Timestamp& timestamp, const std::string& field) {
  if (timestamp.seconds() < kMinTimestampSeconds || timestamp.seconds() > kMaxTimestampSeconds) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": must lie in the years 1 to 9999"));
  }
  if (timestamp.nanos() < 0 || timestamp.nanos() > kMaxNanos) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": nanos must be from 0 to 999999999"));
  }
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

absl::StatusOr<absl::Duration> FromProto(const google::protobuf::Duration& duration,
                                         const std::string& field) {
  if (duration.seconds() < -kMaxDurationSeconds || duration.seconds() > kMaxDurationSeconds) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": must be at most 315576000000 seconds long"));
  }
  if (duration.nanos() < -kMaxNanos || duration.nanos() > kMaxNanos) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": nanos must be from -999999999 to 999999999"));
  }
  if ((duration.seconds() < 0 && duration.nanos() > 0) || (duration.seconds() > 0 && duration.nanos() < 0)) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": seconds and nanos must have the same sign"));
  }
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  const absl::Time earliest = absl::FromUnixSeconds(kMinTimestampSeconds);
  const absl::Time latest = absl::FromUnixSeconds(kMaxTimestampSeconds) + absl::Nanoseconds(kMaxNanos);
  const absl::Time clamped = std::clamp(time, earliest, latest);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(clamped));
  timestamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(clamped - absl::FromUnixSeconds(absl::ToUnixSeconds(clamped)))));
  return timestamp;
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  const absl::Duration most = absl::Seconds(kMaxDurationSeconds);
  absl::Duration rest = std::clamp(duration, -most, most);
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(rest, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

std::string ToPostgres(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone());
}

}  // namespace donut
