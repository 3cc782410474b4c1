#include "tests/cli/golden.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/render/display_text.h"

namespace donut::testing {

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(DONUT_TEST_FOLDER, "/", name);
  if (std::getenv("DONUT_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::stringstream expected;
  expected << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, expected.str()) << name;
}

std::string Uncoloured(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
    } else {
      result += text[i];
    }
  }
  return result;
}

int WidestLine(const std::string& text) {
  int widest = 0;
  const std::vector<std::string> lines = absl::StrSplit(Uncoloured(text), '\n');
  for (const std::string& line : lines) widest = std::max(widest, cli::DisplayWidth(line));
  return widest;
}

}  // namespace donut::testing
