#include "bench/command_line.h"

#include <vector>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/figures.h"

namespace donut::bench {

void ReadCommandLine(int argc, char** argv, const std::string& what_it_does) {
  absl::SetProgramUsageMessage(what_it_does);
  absl::FlagsUsageConfig config;
  config.contains_help_flags = [](absl::string_view file) { return absl::StrContains(file, "bench/bench_"); };
  config.contains_helpshort_flags = config.contains_help_flags;
  absl::SetFlagsUsageConfig(config);
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) Fail(absl::StrCat("\"", rest[1], "\" is not a flag: see --help"));
}

}  // namespace donut::bench
