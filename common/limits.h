// Every limit on what comes in, in one place. Client and collector check the same.
// proto/donut/analytics/v1/event.proto tells the users; tests stand at each edge.
#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace donut::limits {

// One event.
inline constexpr int kMaxEventNameBytes = 200;
inline constexpr int kMaxUserIdBytes = 200;
inline constexpr int kMaxSessionIdBytes = 200;
inline constexpr int kMaxInsertIdBytes = 200;
inline constexpr int kMaxProperties = 255;            // keys at the top level
inline constexpr int kMaxPropertyKeyBytes = 255;      // at any level
inline constexpr int kMaxStringValueBytes = 8 << 10;  // at any level
inline constexpr int kMaxPropertyNesting = 5;         // {"a": 1} is 1, {"a": {"b": 1}} is 2; lists count too
inline constexpr int kMaxEventBytes = 32 << 10;       // serialized
inline constexpr double kMaxInteger = 9007199254740992.0;  // 2^53: above, doubles skip integers
inline constexpr absl::Duration kMaxEventTimeAhead = absl::Hours(24);
// 1971-01-01 00:00:00 UTC: the start of the first partition.
inline constexpr absl::Time kMinEventTime = absl::FromUnixSeconds(int64_t{365} * 24 * 3600);

// Pipeline events.
inline constexpr int kMaxPipelineNameBytes = 200;
inline constexpr int kMaxPhaseNameBytes = 200;
inline constexpr int kMaxFailureReasonBytes = 8 << 10;
inline constexpr int kMaxAttempt = 1'000'000;

// One message.
inline constexpr int kMaxBatchEvents = 5'000;
inline constexpr int kMaxBatchBytes = 1 << 20;
inline constexpr int kMaxMessageBytes = kMaxBatchBytes + (64 << 10);  // batch and framing
inline constexpr int kMaxBookmarkBytes = 256;
inline constexpr int kMaxUnparsedBytes = 32 << 10;
inline constexpr int kMaxUnparsedReasonBytes = 1 << 10;
inline constexpr int kMaxUserAgentBytes = 200;
inline constexpr int kProducerIdBytes = 16;
inline constexpr int kTokenBytes = 16;
inline constexpr int kMaxEarlierTokens = 64;

// One user.
inline constexpr int kMaxUserProperties = 255;  // keys, removed ones included

// One project.
inline constexpr int kMaxEventNames = 10'000;

}  // namespace donut::limits
