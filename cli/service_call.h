// How the command reaches the two services: channels, credentials, deadlines, and one clear
// line when it does not work. Plain functions, thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace donut::cli {

// A service as the user knows it.
struct ServiceName {
  std::string program;  // "donut-query"
  std::string address;
  std::string option;  // "--query"
};

// Opens nothing yet. Answers of up to 64 MiB are taken.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);

// Adds the key (when there is one) and the deadline.
void PrepareCall(grpc::ClientContext& context, const std::string& api_key, absl::Duration deadline);

// One line: what, where, what to do. `connected`: whether a connection stood when the call
// failed, which tells a service that is not there from one whose database is away.
std::string ExplainFailure(const absl::Status& status, const ServiceName& service, bool connected);
std::string ExplainFailure(const grpc::Status& status, const ServiceName& service, grpc::Channel& channel);

}  // namespace donut::cli
