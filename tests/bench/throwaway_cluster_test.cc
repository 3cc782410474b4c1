#include "bench/throwaway_cluster.h"

#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "tests/end_to_end/process.h"

namespace donut::bench {
namespace {

// What ./run writes, but where it listens.
std::string SettingsOfRun() {
  const std::string script = testing::ReadFile(DONUT_SOURCE_FOLDER "/scripts/run/cluster.sh");
  const std::string opening = "<<CONF\n";
  const size_t start = script.find(opening) + opening.size();
  std::istringstream lines(script.substr(start, script.find("\nCONF\n", start) - start));
  std::string settings = "\n";
  for (std::string line; std::getline(lines, line);) {
    if (!absl::StartsWith(line, "listen_addresses") && !absl::StartsWith(line, "unix_socket")) {
      settings += line + "\n";
    }
  }
  return settings;
}

TEST(ThrowawayClusterTest, HasTheSettingsOfThePrivateClusterOfRun) {
  EXPECT_EQ(kDurableSettings, SettingsOfRun());
}

}  // namespace
}  // namespace donut::bench
