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
// The same refusal where the request was part of another one, as its field `outer`: "scope.interval" becomes
// "funnel.scope.interval". What is no refusal of a field stays as it is.
absl::Status WithinField(const std::string& outer, const absl::Status& status);

// UNAVAILABLE or RESOURCE_EXHAUSTED with google.rpc.RetryInfo.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);
// What such a status says; zero when it says nothing.
absl::Duration RetryDelayOf(const absl::Status& status);

// Codes are equal by number. Payloads that are protobuf details (type.googleapis.com/...) become
// grpc-status-details-bin and come back from it; others stay in the process. Messages are cut at
// 2 KiB, because headers are limited.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace donut
