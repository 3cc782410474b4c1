// `donut import` as a program, against a collector that keeps only a ledger: what it tells, its exit code,
// and what has been stored by then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/command.h"
#include "tests/cli/ledger_collector.h"

namespace donut::cli {
namespace {

using ::donut::testing::LedgerCollector;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGood[] = R"({"user":"ada","event":"e","time":"2024-03-01T10:00:00Z"})";

class ImportCommandTest : public ::testing::Test {
 protected:
  ~ImportCommandTest() override { std::remove(path_.c_str()); }

  struct Result {
    int exit_code = -1;
    std::string text;  // both outputs
  };
  Result Run(const std::string& arguments) {
    const std::string command =
        absl::StrCat(DONUT_PROGRAM " --collector ", collector_.address(), " import ", arguments, " 2>&1");
    Result result;
    FILE* const output = popen(command.c_str(), "r");
    std::array<char, 4096> part;
    while (const size_t size = fread(part.data(), 1, part.size(), output))
      result.text.append(part.data(), size);
    const int status = pclose(output);
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    return result;
  }
  Result Import(const std::string& text, const std::string& options = "") {
    std::ofstream(path_, std::ios::trunc) << text;
    return Run(absl::StrCat(options, " ", path_));
  }

  LedgerCollector collector_;
  const std::string path_ = ::testing::TempDir() + "import_command_test." + std::to_string(getpid());
};

TEST_F(ImportCommandTest, StoresNothingOfAFileWithoutOneReadableLine) {
  const std::string lines = absl::StrCat(kGood, "\n", kGood, "\n");
  for (const Result& result :
       {Import(lines, "--user-field nobody"), Import(absl::StrCat("[\n", lines, "]\n")), Import("a,b\n1,2\n"),
        Import("rubbish")}) {
    EXPECT_EQ(result.exit_code, kExitFailed);
    EXPECT_THAT(result.text, HasSubstr("nothing was sent"));
  }
  EXPECT_EQ(collector_.committed(), 0);
  // And the right command is not kept from doing its work.
  EXPECT_EQ(Import(lines).exit_code, kExitDone);
  EXPECT_EQ(collector_.committed(), 2);
}

TEST_F(ImportCommandTest, ARepeatedImportTellsOfUnreadableLinesAgain) {
  const std::string lines = absl::StrCat(kGood, "\nrubbish\n", kGood, "\n");
  EXPECT_EQ(Import(lines).exit_code, kExitRefused);
  const Result again = Import(lines);
  EXPECT_EQ(again.exit_code, kExitRefused);
  EXPECT_THAT(again.text, HasSubstr("nothing new: 3 lines, 1 of them unreadable"));
  const Result grown = Import(absl::StrCat(lines, kGood, "\n"));
  EXPECT_EQ(grown.exit_code, kExitRefused);
  EXPECT_THAT(grown.text,
              AllOf(HasSubstr("1 line: 1 stored"), HasSubstr("imported before 1 was unreadable")));
}

TEST_F(ImportCommandTest, ARepeatedImportOfReadableLinesIsDone) {
  const std::string lines = absl::StrCat(kGood, "\n");
  EXPECT_EQ(Import(lines).exit_code, kExitDone);
  const Result again = Import(lines);
  EXPECT_EQ(again.exit_code, kExitDone);
  EXPECT_THAT(again.text, HasSubstr("already imported, nothing new: 1 line ("));
}

TEST_F(ImportCommandTest, BlamesTheFileForWhatTheFileIs) {
  for (const auto& [file, reason] : {std::pair("/tmp", "/tmp: Is a directory"),
                                     std::pair("/nonexistent/file", "/nonexistent/file: No such file")}) {
    const Result result = Run(file);
    EXPECT_EQ(result.exit_code, kExitFailed);
    EXPECT_THAT(result.text,
                AllOf(HasSubstr(reason), Not(HasSubstr("key")), Not(HasSubstr("donut-collector"))));
  }
}

TEST_F(ImportCommandTest, BlamesAFileWithoutReadPermission) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read every file";
  std::ofstream(path_) << kGood;
  ASSERT_EQ(chmod(path_.c_str(), 0), 0);
  EXPECT_THAT(Run(path_).text, AllOf(HasSubstr("Permission denied"), Not(HasSubstr("key"))));
}

}  // namespace
}  // namespace donut::cli
