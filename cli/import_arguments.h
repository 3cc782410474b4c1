// The command line of `donut import`: its options, and what is wrong with a combination of them. Plain.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/csv_layout.h"
#include "cli/import_line.h"

namespace CLI {
class App;
}

namespace donut::cli {

struct ImportArguments {
  std::string file;  // "-": standard input
  std::string name;  // --as
  // Set: the file is CSV; otherwise lines of JSON.
  std::optional<CsvOptions> csv;
  FieldMapping json;
};

// Adds the options to `subcommand`. What is returned gives the arguments after parsing, or INVALID_ARGUMENT:
// which option is wrong.
std::function<absl::StatusOr<ImportArguments>()> AddImportOptions(CLI::App& subcommand);

}  // namespace donut::cli
