// The settings that both services share, from flags or the environment:
//   --address           or the service's own variable, such as DONUT_COLLECTOR_ADDRESS
//   --database_url      or DONUT_DATABASE_URL
//   --database_role     (the role to work as after login)
//   --metrics_address   or the service's own variable, such as DONUT_COLLECTOR_METRICS_ADDRESS; empty: no
//   metrics
// A flag wins over the environment. For main only; call before threads start.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut {

// What a service has when nothing is set, and where it looks.
struct ServiceFlagDefaults {
  std::string address;                        // "127.0.0.1:50051"
  std::string address_variable;               // "DONUT_COLLECTOR_ADDRESS"
  std::string database_role;                  // "donut_collector"
  std::string metrics_address_variable = {};  // "DONUT_COLLECTOR_METRICS_ADDRESS"
};

// A value and where it came from, for error messages: "--address", "DONUT_QUERY_ADDRESS" or "the default".
struct Setting {
  std::string value;
  std::string source;
};

struct ServiceFlags {
  Setting address;
  Setting database_url;
  Setting database_role;
  Setting metrics_address;  // empty: none

  // INVALID_ARGUMENT naming the setting and its source.
  absl::Status Validate() const;
};

// Parses the command line with abseil's flags (--help and unknown flags end the program), reads the
// environment, and validates. INVALID_ARGUMENT too for arguments that are no flags.
absl::StatusOr<ServiceFlags> ReadServiceFlags(int argc, char** argv, const ServiceFlagDefaults& defaults);

}  // namespace donut
