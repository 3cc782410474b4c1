// The subcommands of metrics as a program, against a service that is not there: what can be told before
// asking.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Result {
  int exit_code = -1;
  std::string text;  // both outputs
};

Result Donut(const std::string& arguments) {
  const std::string command = absl::StrCat(DONUT_PROGRAM " --query 127.0.0.1:1 ", arguments, " 2>&1");
  Result result;
  FILE* const output = popen(command.c_str(), "r");
  std::array<char, 4096> part;
  while (const size_t size = fread(part.data(), 1, part.size(), output)) {
    result.text.append(part.data(), size);
  }
  const int status = pclose(output);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

constexpr const char* kSubcommands[] = {"active-users",         "conversion-rate", "funnel",
                                        "funnel-actors",        "retention",       "retention-actors",
                                        "explain-funnel-actor", "pipeline-funnel", "feature-usage"};

TEST(MetricCommandTest, EverySubcommandExplainsItself) {
  const std::string all = Donut("--help").text;
  for (const std::string subcommand : kSubcommands) {
    EXPECT_THAT(all, HasSubstr(absl::StrCat("\n  ", subcommand)));
    const Result help = Donut(absl::StrCat(subcommand, " --help"));
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.text, AllOf(HasSubstr("--start DATE"), HasSubstr("--csv"),
                                 HasSubstr(absl::StrCat("Examples:\n  donut ", subcommand))));
    EXPECT_THAT(help.text, Not(HasSubstr("INT in ["))) << subcommand;
  }
}

TEST(MetricCommandTest, AWrongCommandLineNamesTheOptionAndAsksNobody) {
  for (const std::string wrong :
       {"funnel a --where 'price >'", "funnel a --by year", "retention --offsets 0", "active-users --start x",
        "conversion a 'b['", "funnel-actors a b", "explain-funnel-actor a --user u --session-key x",
        "retention-actors --who x", "feature-usage --actor x", "pipeline-funnel --as-of x"}) {
    const Result result = Donut(wrong);
    EXPECT_EQ(result.exit_code, 2) << wrong;
    EXPECT_THAT(result.text, StartsWith("donut: ")) << wrong;
    EXPECT_THAT(result.text, Not(HasSubstr("cannot reach"))) << wrong;
  }
  EXPECT_EQ(Donut("funnel").exit_code, 2);
  EXPECT_EQ(Donut("funnel a --json --csv").exit_code, 2);
  EXPECT_EQ(Donut("explain-funnel-actor a").exit_code, 2);
}

TEST(MetricCommandTest, AServiceThatIsNotThereIsOneLine) {
  for (const std::string asked :
       {"funnel a b", "retention", "active-users", "conversion-rate a b", "funnel-actors a b --reached 1",
        "explain-funnel-actor a --user u", "retention-actors --cohort-date 2024-01-10 --who all"}) {
    const Result result = Donut(asked);
    EXPECT_EQ(result.exit_code, 1) << asked;
    EXPECT_THAT(result.text, StartsWith("donut: cannot reach donut-query at 127.0.0.1:1")) << asked;
  }
}

}  // namespace
}  // namespace donut::cli
