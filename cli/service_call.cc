#include "cli/service_call.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/render/display_text.h"

namespace donut::cli {
namespace {

constexpr int kMaxAnswerBytes = 64 << 20;

std::string OneLine(const absl::Status& status) {
  const std::string message(status.message());
  return Harmless(absl::StrReplaceAll(message, {{"\n", " "}}));
}

}  // namespace

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  // A proxy of the environment is not meant for a service on this machine.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void PrepareCall(grpc::ClientContext& context, const std::string& api_key, absl::Duration deadline) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  if (!api_key.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", api_key));
}

std::string ExplainFailure(const absl::Status& status, const ServiceName& service, bool connected) {
  const std::string where = absl::StrCat(service.program, " at ", Harmless(service.address));
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      if (connected) return absl::StrCat(where, " cannot work right now: ", OneLine(status));
      return absl::StrCat("cannot reach ", where,
                          ": is it running? Start it with ./run up, or name another with ", service.option);
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return absl::StrCat(where, " refuses the key: ", OneLine(status),
                          " (give one with --api-key or DONUT_API_KEY; `donut keys create` makes one)");
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat(where, " did not answer in time: ", OneLine(status));
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat(where, " does not know this call: is it of the same version, and is ",
                          service.option, " the right address?");
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return OneLine(status);
    default:
      return absl::StrCat(where, ": ", absl::StatusCodeToString(status.code()), ": ", OneLine(status));
  }
}

std::string ExplainFailure(const grpc::Status& status, const ServiceName& service, grpc::Channel& channel) {
  const bool connected = channel.GetState(false) == GRPC_CHANNEL_READY;
  return ExplainFailure(
      absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()), service,
      connected);
}

}  // namespace donut::cli
