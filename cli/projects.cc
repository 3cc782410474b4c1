// `donut projects`: who keeps events apart from whom.

#include <cstdio>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/render/display_text.h"
#include "cli/render/table.h"
#include "cli/terminal.h"
#include "common/postgres/api_keys.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

struct ProjectArguments {
  std::string name;
  std::string time_zone = "UTC";
};

absl::Status MakeProject(const GlobalOptions& global, const ProjectArguments& arguments) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsOwner(global.database_url));
  RETURN_IF_ERROR(postgres::CreateProject(*connection, arguments.name, arguments.time_zone).status());
  std::printf("project %s is there; now give it a key: donut keys create --project %s\n",
              Harmless(arguments.name).c_str(), Harmless(arguments.name).c_str());
  return absl::OkStatus();
}

absl::Status ShowProjects(const GlobalOptions& global) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsOwner(global.database_url));
  ASSIGN_OR_RETURN(const auto projects, postgres::ListProjects(*connection));
  Page page(PageOptionsFor(fileno(stdout)));
  Table table(
      {{"project", Table::Kind::kText}, {"time zone", Table::Kind::kText}, {"made", Table::Kind::kNumber}});
  for (const postgres::ProjectRow& project : projects) {
    table.Row({Harmless(project.name), Harmless(project.time_zone), project.created_at.substr(0, 10)});
  }
  table.RenderTo(page);
  std::fputs(page.text().c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

void AddProjects(CLI::App& app, Command& command) {
  CLI::App* projects = app.add_subcommand("projects", "Make and list projects");
  projects->require_subcommand(1);
  projects->fallthrough();
  auto arguments = std::make_shared<ProjectArguments>();

  CLI::App* create = projects->add_subcommand("create", "Make a project");
  create->add_option("name", arguments->name, "Its name")->required();
  create->add_option("--time-zone", arguments->time_zone, "The zone of its days")
      ->type_name("ZONE")
      ->capture_default_str();
  create->callback([&command, arguments] {
    command.run = [&command, arguments] { return Finished(MakeProject(command.options, *arguments)); };
  });

  CLI::App* list = projects->add_subcommand("list", "Show all projects");
  list->callback(
      [&command] { command.run = [&command] { return Finished(ShowProjects(command.options)); }; });
}

}  // namespace donut::cli
