// `donut view`: the analytics view, from one GetSummary.

#include <unistd.h>

#include <cstdio>
#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/command.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"
#include "cli/render/summary.h"
#include "cli/terminal.h"
#include "cli/view_request.h"

namespace donut::cli {
namespace {

struct ViewOptions {
  ViewDates dates;
  bool json = false;
};

int View(const GlobalOptions& global, const ViewOptions& options) {
  const auto request = ToSummaryRequest(options.dates, absl::Now());
  if (!request.ok()) return WrongUsage(request.status());
  v1::GetSummaryResponse response;
  const int code = QueryCall(global).Ask(&v1::QueryService::Stub::GetSummary, *request, response);
  if (code != kExitDone) return code;
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
  AddEngineOption(*view, options->dates.engine);
  view->add_flag("--json", options->json, "The service's answer as JSON");
  view->callback(
      [&command, options] { command.run = [&command, options] { return View(command.options, *options); }; });
}

}  // namespace donut::cli
