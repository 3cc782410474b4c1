// `donut keys`: the keys by which callers are known.

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

struct KeyArguments {
  std::string project = "default";
  std::string label;
  std::string permission = "both";
  std::string hash_prefix;
};

absl::Status MakeKey(const GlobalOptions& global, const KeyArguments& arguments) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsOwner(global.database_url));
  postgres::NewApiKey key;
  key.project = arguments.project;
  key.label = arguments.label;
  key.may_collect = arguments.permission != "query";
  key.may_query = arguments.permission != "collect";
  ASSIGN_OR_RETURN(const std::string text, postgres::CreateKey(*connection, key));
  // The key alone on standard output, for scripts.
  std::printf("%s\n", text.c_str());
  std::fprintf(
      stderr,
      "keep it: it is stored nowhere and not shown again. From the first key on every caller needs one.\n");
  return absl::OkStatus();
}

absl::Status ShowKeys(const GlobalOptions& global) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsOwner(global.database_url));
  ASSIGN_OR_RETURN(const auto keys, postgres::ListKeys(*connection));
  if (keys.empty()) {
    std::printf("no keys: every caller on this machine belongs to the project default\n");
    return absl::OkStatus();
  }
  Page page(PageOptionsFor(fileno(stdout)));
  using Kind = Table::Kind;
  Table table({{"key", Kind::kText},
               {"project", Kind::kText},
               {"may", Kind::kText},
               {"made", Kind::kNumber},
               {"revoked", Kind::kNumber},
               {"label", Kind::kText}});
  for (const postgres::ApiKeyRow& key : keys) {
    const char* may = key.may_collect && key.may_query ? "both" : key.may_collect ? "collect" : "query";
    const auto day = [](const std::string& time) { return time.substr(0, 10); };
    table.Row({key.hash_prefix, Harmless(key.project), may, day(key.created_at),
               key.revoked_at.has_value() ? day(*key.revoked_at) : std::string("-"), Harmless(key.label)});
  }
  table.RenderTo(page);
  std::fputs(page.text().c_str(), stdout);
  return absl::OkStatus();
}

absl::Status Revoke(const GlobalOptions& global, const KeyArguments& arguments) {
  ASSIGN_OR_RETURN(const auto connection, ConnectAsOwner(global.database_url));
  RETURN_IF_ERROR(postgres::RevokeKey(*connection, arguments.hash_prefix));
  std::printf("revoked: the services notice within seconds\n");
  return absl::OkStatus();
}

}  // namespace

void AddKeys(CLI::App& app, Command& command) {
  CLI::App* keys = app.add_subcommand("keys", "Make, list and revoke API keys");
  keys->require_subcommand(1);
  keys->fallthrough();
  auto arguments = std::make_shared<KeyArguments>();

  CLI::App* create = keys->add_subcommand("create", "Make a key and print it, once");
  create->add_option("--project", arguments->project, "Whose key")->type_name("NAME")->capture_default_str();
  create->add_option("--label", arguments->label, "What it is for")->type_name("TEXT");
  create->add_option("--may", arguments->permission, "collect, query or both")
      ->check(CLI::IsMember({"collect", "query", "both"}))
      ->capture_default_str();
  create->callback([&command, arguments] {
    command.run = [&command, arguments] { return Finished(MakeKey(command.options, *arguments)); };
  });

  CLI::App* list = keys->add_subcommand("list", "Show all keys, by the first digits of their hashes");
  list->callback([&command] { command.run = [&command] { return Finished(ShowKeys(command.options)); }; });

  CLI::App* revoke = keys->add_subcommand("revoke", "End a key's validity");
  revoke->add_option("key", arguments->hash_prefix, "The digits that `donut keys list` shows")->required();
  revoke->callback([&command, arguments] {
    command.run = [&command, arguments] { return Finished(Revoke(command.options, *arguments)); };
  });
}

}  // namespace donut::cli
