#include "common/service_flags.h"

#include <cstdlib>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/listen_address.h"
#include "common/metrics_endpoint.h"
#include "common/status_macros.h"

ABSL_FLAG(std::string, address, "", "Where to listen: host:port, [ipv6]:port or unix:/path.");
ABSL_FLAG(std::string, database_url, "",
          "The database, such as postgresql://host/donut. Default: DONUT_DATABASE_URL. Passwords belong "
          "into the environment or ~/.pgpass: other users see a command line.");
ABSL_FLAG(std::string, database_role, "", "The PostgreSQL role to work as after login.");
// An empty value means something here, so it cannot stand for "not given".
ABSL_FLAG(std::string, metrics_address, "unset",
          "Where to serve metrics for Prometheus: host:port or [ipv6]:port. They ask for no key, so only "
          "loopback or a "
          "private network. Empty: nowhere. Default: the service's environment variable, else nowhere.");

namespace donut {
namespace {

constexpr char kDatabaseUrlVariable[] = "DONUT_DATABASE_URL";

Setting FirstOf(const std::string& flag, const std::string& flag_name, const std::string& variable,
                const std::string& otherwise) {
  if (!flag.empty()) return {flag, absl::StrCat("--", flag_name)};
  const char* from_environment = variable.empty() ? nullptr : std::getenv(variable.c_str());
  if (from_environment != nullptr && *from_environment != '\0') return {from_environment, variable};
  return {otherwise, "the default"};
}

Setting MetricsAddress(const std::string& flag, const std::string& variable) {
  if (flag != "unset") return {flag, "--metrics_address"};
  return FirstOf("", "", variable, "");
}

// What --help and --version print: our flags, not those of the libraries.
void DescribeProgram(const ServiceFlagDefaults& defaults) {
  static bool described = false;  // abseil takes the text once per process
  if (described) return;
  described = true;
  absl::SetProgramUsageMessage(absl::StrCat(
      "Listens on ", defaults.address, " unless --address or ", defaults.address_variable,
      " says otherwise, and works on the database that --database_url or ", kDatabaseUrlVariable, " names."));
  absl::FlagsUsageConfig config;
  config.contains_help_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "common/service_flags.cc") || absl::EndsWith(file, "/main.cc");
  };
  config.contains_helpshort_flags = config.contains_help_flags;
  // Paths as seen from the top of the repository, wherever it was built.
  config.normalize_filename = [](absl::string_view file) {
    while (absl::ConsumePrefix(&file, "../")) {
    }
    return std::string(file);
  };
  config.version_string = [] { return "donut " DONUT_VERSION "\n"; };
  absl::SetFlagsUsageConfig(config);
}

}  // namespace

absl::Status ServiceFlags::Validate() const {
  const absl::Status address_status = ValidateAddress(address.value);
  if (!address_status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(address.source, ": ", address_status.message()));
  }
  if (!metrics_address.value.empty()) {
    const absl::Status metrics_status = ValidateMetricsAddress(metrics_address.value);
    if (!metrics_status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(metrics_address.source, ": ", metrics_status.message()));
    }
  }
  if (database_url.value.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no database is named: set ", kDatabaseUrlVariable,
        " or --database_url, such as postgresql://localhost/donut (`./run up` makes one and sets it)"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ServiceFlags> ReadServiceFlags(int argc, char** argv, const ServiceFlagDefaults& defaults) {
  DescribeProgram(defaults);
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", rest[1], "\" is not a flag: see --help for those that there are"));
  }
  ServiceFlags flags;
  flags.address =
      FirstOf(absl::GetFlag(FLAGS_address), "address", defaults.address_variable, defaults.address);
  flags.database_url = FirstOf(absl::GetFlag(FLAGS_database_url), "database_url", kDatabaseUrlVariable, "");
  flags.database_role =
      FirstOf(absl::GetFlag(FLAGS_database_role), "database_role", "", defaults.database_role);
  flags.metrics_address =
      MetricsAddress(absl::GetFlag(FLAGS_metrics_address), defaults.metrics_address_variable);
  RETURN_IF_ERROR(flags.Validate());
  return flags;
}

}  // namespace donut
