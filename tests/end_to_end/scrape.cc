#include "tests/end_to_end/scrape.h"

#include <regex>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/support/http_get.h"

namespace donut::testing {

double Scrape::Value(const std::string& series) const {
  const auto found = values.find(series);
  return found == values.end() ? -1 : found->second;
}

double Scrape::Sum(const std::string& name) const {
  double sum = 0;
  for (const auto& [series, value] : values) {
    if (series == name || absl::StartsWith(series, name + "{")) sum += value;
  }
  return sum;
}

Scrape ScrapeUrl(const std::string& url) {
  static const std::regex address("http://127\\.0\\.0\\.1:(\\d+)(/.*)");
  static const std::regex line_form("([a-z_]+(?:\\{[^}]*\\})?) (\\S+)");
  Scrape scrape;
  std::smatch match;
  EXPECT_TRUE(std::regex_match(url, match, address)) << url;
  if (match.empty()) return scrape;
  const HttpAnswer answer = HttpGet(std::stoi(match[1]), match[2]);
  EXPECT_EQ(answer.code, 200) << url;
  const std::vector<std::string> lines = absl::StrSplit(answer.body, '\n', absl::SkipEmpty());
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (absl::StartsWith(line, "# TYPE ")) scrape.families.insert(words[2]);
    if (absl::StartsWith(line, "#")) continue;
    double value = 0;
    const bool readable =
        std::regex_match(line, match, line_form) && absl::SimpleAtod(match[2].str(), &value);
    EXPECT_TRUE(readable) << line;
    if (!readable) continue;
    EXPECT_TRUE(scrape.values.emplace(match[1], value).second) << "twice: " << line;
  }
  return scrape;
}

}  // namespace donut::testing
