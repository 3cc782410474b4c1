#include "tests/end_to_end/deployment.h"

#include <signal.h>

#include <pqxx/pqxx>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace donut::testing {
namespace {

// Starts a service and returns the addresses it listens on once it is ready.
std::unique_ptr<Process> StartService(const std::string& name, const std::string& folder,
                                      const std::string& database_url, std::string& address,
                                      std::string& metrics_url) {
  auto process = std::make_unique<Process>(
      name, folder,
      std::vector<std::string>{Program(name), "--address=" + address, "--database_url=" + database_url,
                               "--metrics_address=127.0.0.1:0"});
  const size_t before = process->err().size();
  const auto said = [&] { return process->err().substr(before); };
  EXPECT_TRUE(Eventually([&] {
    return !process->running() || said().find(" INFO serving") != std::string::npos;
  })) << name
      << " is not ready:\n"
      << process->err();
  EXPECT_TRUE(process->running()) << name << " ended:\n" << process->err();
  address = absl::StrCat("127.0.0.1:", ValueInLog(said(), "port"));
  metrics_url = ValueInLog(said(), "url");
  return process;
}

}  // namespace

std::string Program(const std::string& name) { return absl::StrCat(DONUT_BIN_FOLDER, "/", name); }

Deployment::Deployment() {
  const Result migrated = Donut({"migrate"});
  EXPECT_EQ(migrated.exit_code, 0) << migrated.out << migrated.err;
  StartCollector();
  StartQuery();
  StartCompactor();
}

void Deployment::StartCollector() {
  collector_ = StartService("donut-collector", folder(), database_.owner_url(), collector_address_,
                            collector_metrics_url_);
}

void Deployment::StartQuery() {
  query_ = StartService("donut-query", folder(), database_.owner_url(), query_address_, query_metrics_url_);
}

void Deployment::StartCompactor() {
  compactor_ = StartService("donut-compactor", folder(), database_.owner_url(), compactor_address_,
                            compactor_metrics_url_);
}

void Deployment::KillCollector() {
  collector_->Signal(SIGKILL);
  collector_->Wait();
}

std::map<std::string, std::string> Deployment::Environment() const {
  return {{"DONUT_COLLECTOR_ADDRESS", collector_address_},
          {"DONUT_QUERY_ADDRESS", query_address_},
          {"DONUT_COMPACTOR_ADDRESS", compactor_address_},
          {"DONUT_DATABASE_URL", database_.owner_url()},
          {"NO_COLOR", "1"}};
}

Deployment::Result Deployment::Donut(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {Program("donut")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Run(all);
}

Deployment::Result Deployment::Run(const std::vector<std::string>& arguments) {
  const std::unique_ptr<Process> process = Begin(arguments);
  const int exit_code = process->Wait();
  return {exit_code, process->out(), process->err()};
}

std::unique_ptr<Process> Deployment::Begin(const std::vector<std::string>& arguments) {
  return std::make_unique<Process>(absl::StrCat("run", ++runs_), folder(), arguments, Environment());
}

std::string Deployment::Sql(const std::string& statement) {
  pqxx::connection connection(database_.owner_url());
  pqxx::work transaction(connection);
  const pqxx::result rows = transaction.exec(statement);
  if (rows.empty() || rows[0][0].is_null()) return "";
  return rows[0][0].c_str();
}

}  // namespace donut::testing
