// The only mapping between absl::Status and grpc::Status. No state.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/support/status.h"

namespace donut {

// INVALID_ARGUMENT that carries the field's path and the rule, as text
// ("steps[2].window: must be ...") and as a payload that becomes google.rpc.BadRequest.
absl::Status InvalidField(const std::string& field, const std::string& rule);

// UNAVAILABLE or RESOURCE_EXHAUSTED with google.rpc.RetryInfo.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

// Codes are equal by number. Payloads become grpc-status-details-bin.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace donut
