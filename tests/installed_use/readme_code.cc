#include "tests/installed_use/readme_code.h"

#include <sstream>

namespace donut::testing {

std::vector<std::string> CodeUnder(const std::string& readme, const std::string& heading,
                                   const std::string& language) {
  std::vector<std::string> blocks;
  std::istringstream lines(readme);
  std::string line;
  bool under_heading = false;
  bool in_block = false;   // of any language
  bool is_wanted = false;  // of this one
  while (std::getline(lines, line)) {
    if (line.rfind("```", 0) == 0) {
      in_block = !in_block;
      is_wanted = in_block && under_heading && line == "```" + language;
      if (is_wanted) blocks.emplace_back();
    } else if (is_wanted) {
      blocks.back() += line + "\n";
    } else if (!in_block && line.rfind("## ", 0) == 0) {
      under_heading = line == "## " + heading;
    }
  }
  return blocks;
}

SplitCode SplitIncludes(const std::string& code) {
  SplitCode split;
  std::istringstream lines(code);
  std::string line;
  while (std::getline(lines, line)) {
    (line.rfind("#include", 0) == 0 ? split.includes : split.statements) += line + "\n";
  }
  return split;
}

}  // namespace donut::testing
