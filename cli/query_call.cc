#include "cli/query_call.h"

#include "absl/time/time.h"
#include "cli/scope_request.h"
#include "cli/service_call.h"
#include "google/protobuf/util/json_util.h"

namespace donut::cli {
namespace {

// The service gives up after 30 seconds by itself and says why.
constexpr absl::Duration kQueryDeadline = absl::Seconds(35);

}  // namespace

QueryCall::QueryCall(const GlobalOptions& global)
    : global_(global),
      channel_(ChannelTo(global.query_address)),
      stub_(v1::QueryService::NewStub(channel_)) {}

std::unique_ptr<grpc::ClientContext> QueryCall::NewContext() const {
  auto context = std::make_unique<grpc::ClientContext>();
  PrepareCall(*context, global_.api_key, kQueryDeadline);
  return context;
}

int QueryCall::Explain(const grpc::Status& status) const {
  if (status.ok()) return kExitDone;
  const std::string text =
      ExplainFailure(status, {"donut-query", global_.query_address, "--query"}, *channel_);
  // The rest is not about what was typed.
  const bool names_field = status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
                           status.error_code() == grpc::StatusCode::NOT_FOUND;
  PrintError(names_field ? InOptionNames(text) : text);
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ? kExitUsage : kExitFailed;
}

int PrintJson(const google::protobuf::Message& response) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(response, &json, options).ok()) {
    PrintError("the answer cannot be written as JSON");
    return kExitFailed;
  }
  std::fputs(json.c_str(), stdout);
  return kExitDone;
}

int WrongUsage(const absl::Status& status) {
  PrintError(std::string(status.message()));
  return kExitUsage;
}

}  // namespace donut::cli
