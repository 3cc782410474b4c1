// `donut active-users`: the series of GetActiveUsers.

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "cli/active_users_request.h"
#include "cli/command.h"
#include "cli/metric_options.h"
#include "cli/query_call.h"
#include "cli/render/active_users_answer.h"

namespace donut::cli {
namespace {

constexpr char kActiveUsersExamples[] =
    "  donut active-users --start 2024-01-01 --end 2024-01-31\n"
    "  donut active-users --by week --event purchase --compare\n"
    "  donut active-users --breakdown platform --where 'user.country in (DE, AT)' --csv > users.csv";

struct ActiveUsersOptions {
  ActiveUsersArguments arguments;
  AnswerFormat format;
};

int ActiveUsers(const GlobalOptions& global, const ActiveUsersOptions& options) {
  return AskAndShow<v1::GetActiveUsersRequest, v1::GetActiveUsersResponse>(
      global, options.format, ToActiveUsersRequest(options.arguments, absl::Now()),
      &v1::QueryService::Stub::GetActiveUsers, {ActiveUsersText, ActiveUsersCsv});
}

}  // namespace

void AddActiveUsers(CLI::App& app, Command& command) {
  CLI::App* subcommand =
      app.add_subcommand("active-users", "How many users were active, by hour, day, week or month");
  auto options = std::make_shared<ActiveUsersOptions>();
  ActiveUsersArguments& arguments = options->arguments;
  subcommand->add_option("--by", arguments.by, "hour, day, week or month. Default: day")->type_name("PERIOD");
  subcommand->add_option("--actor", arguments.actor, "user, or run: sessions and pipeline runs")
      ->type_name("WHO");
  AddRepeatable(*subcommand, "--event", arguments.events, "NAME",
                "Only this event makes anyone active. May be repeated. Default: any event");
  subcommand->add_flag("--compare", arguments.compare, "Beside the interval of equal length before this one");
  AddBreakdownOptions(*subcommand, arguments.breakdown, arguments.breakdown_limit);
  AddScopeOptions(*subcommand, arguments.scope);
  AddFormatOptions(*subcommand, options->format);
  SetFooter(*subcommand, {kFilterHelp}, kActiveUsersExamples);
  subcommand->callback([&command, options] {
    command.run = [&command, options] { return ActiveUsers(command.options, *options); };
  });
}

}  // namespace donut::cli
