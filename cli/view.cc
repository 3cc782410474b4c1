// `donut view`: the analytics view, from one GetSummary.

#include <unistd.h>

#include <cstdio>
#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/render/summary.h"
#include "cli/scope_request.h"
#include "cli/service_call.h"
#include "cli/terminal.h"
#include "cli/view_request.h"
#include "donut/analytics/v1/query.grpc.pb.h"
#include "google/protobuf/util/json_util.h"

namespace donut::cli {
namespace {

// The service gives up after 30 seconds by itself and says why.
constexpr absl::Duration kDeadline = absl::Seconds(35);

struct ViewOptions {
  ViewDates dates;
  bool json = false;
};

int PrintJson(const v1::GetSummaryResponse& response) {
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

int View(const GlobalOptions& global, const ViewOptions& options) {
  const auto request = ToSummaryRequest(options.dates, absl::Now());
  if (!request.ok()) {
    PrintError(std::string(request.status().message()));
    return kExitUsage;
  }
  const auto channel = ChannelTo(global.query_address);
  const auto stub = v1::QueryService::NewStub(channel);
  grpc::ClientContext context;
  PrepareCall(context, global.api_key, kDeadline);
  v1::GetSummaryResponse response;
  const grpc::Status status = stub->GetSummary(&context, *request, &response);
  if (!status.ok()) {
    const std::string text =
        ExplainFailure(status, {"donut-query", global.query_address, "--query"}, *channel);
    PrintError(InOptionNames(text));
    return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ? kExitUsage : kExitFailed;
  }
  if (options.json) return PrintJson(response);
  std::fputs(RenderSummary(response, PageOptionsFor(STDOUT_FILENO)).c_str(), stdout);
  return kExitDone;
}

}  // namespace

void AddView(CLI::App& app, Command& command) {
  CLI::App* view =
      app.add_subcommand("view", "Show the analytics: active users, pipelines, retention, features");
  auto options = std::make_shared<ViewOptions>();
  view->add_option("--start", options->dates.start, "First day. Default: 30 days in all; at most 500")
      ->type_name("DATE");
  view->add_option("--end", options->dates.end, "Last day, included. Default: today")->type_name("DATE");
  view->add_option("--time-zone", options->dates.time_zone, "Such as Europe/Berlin. Default: the project's")
      ->type_name("ZONE");
  view->add_flag("--json", options->json, "The service's answer as JSON");
  view->callback(
      [&command, options] { command.run = [&command, options] { return View(command.options, *options); }; });
}

}  // namespace donut::cli
