// `donut import` as a program, against a collector that keeps only a ledger: what it tells, its exit code,
// and what has been stored by then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/command.h"
#include "tests/cli/import_program.h"

namespace donut::cli {
namespace {

using ::donut::testing::ImportProgram;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kImportedLine[] = R"({"user":"ada","event":"e","time":"2024-03-01T10:00:00Z"})";

using ImportCommandTest = ImportProgram;

TEST_F(ImportCommandTest, StoresNothingOfAFileWithoutOneReadableLine) {
  const std::string lines = absl::StrCat(kImportedLine, "\n", kImportedLine, "\n");
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
  const std::string lines = absl::StrCat(kImportedLine, "\nrubbish\n", kImportedLine, "\n");
  EXPECT_EQ(Import(lines).exit_code, kExitRefused);
  const Result again = Import(lines);
  EXPECT_EQ(again.exit_code, kExitRefused);
  EXPECT_THAT(again.text, HasSubstr("nothing new: 3 lines, 1 of them unreadable"));
  const Result grown = Import(absl::StrCat(lines, kImportedLine, "\n"));
  EXPECT_EQ(grown.exit_code, kExitRefused);
  EXPECT_THAT(grown.text, AllOf(HasSubstr("4 lines: 1 stored, 3 already there"),
                                HasSubstr("imported before 1 was unreadable")));
}

TEST_F(ImportCommandTest, ARepeatedImportOfReadableLinesIsDone) {
  const std::string lines = absl::StrCat(kImportedLine, "\n");
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
  std::ofstream(path()) << kImportedLine;
  ASSERT_EQ(chmod(path().c_str(), 0), 0);
  EXPECT_THAT(Run(path()).text, AllOf(HasSubstr("Permission denied"), Not(HasSubstr("key"))));
}

TEST_F(ImportCommandTest, TellsWhereAndWhyLinesAreRefused) {
  collector_.Reject("bad", "name: must not be bad");
  const Result result = Import(absl::StrCat(
      kImportedLine, "\n\nrubbish\n", R"({"user":"ada","event":"bad","time":"2024-03-01T10:00:00Z"})", "\n"));
  EXPECT_EQ(result.exit_code, kExitRefused);
  EXPECT_THAT(result.text, AllOf(HasSubstr(absl::StrCat(path(), ":3: unreadable: not JSON")),
                                 HasSubstr(absl::StrCat(path(), ":4: rejected: name: must not be bad")),
                                 HasSubstr("3 lines: 1 stored, 1 rejected, 1 unreadable, and 1 empty line")));
}

TEST_F(ImportCommandTest, LeavesALastLineThatIsBeingWritten) {
  const Result half = Import(absl::StrCat(kImportedLine, "\n", std::string(kImportedLine).substr(0, 30)));
  EXPECT_EQ(half.exit_code, kExitRefused);
  EXPECT_THAT(half.text,
              HasSubstr(absl::StrCat(path(), ":2: the last line has no newline and cannot be read")));
  EXPECT_EQ(collector_.committed(), 1);
  EXPECT_EQ(Import(absl::StrCat(kImportedLine, "\n", kImportedLine)).exit_code, kExitDone);
  EXPECT_EQ(collector_.committed(), 2);
}

TEST_F(ImportCommandTest, RefusesOptionsOfTheOtherFormat) {
  for (const auto& [options, reason] :
       {std::pair("--user-column who", "--user-column: is for CSV"),
        std::pair("--format csv --user-field who", "--user-field: is for lines of JSON"),
        std::pair("--no-quotes", "--no-quotes: is for CSV")}) {
    const Result result = Import(absl::StrCat(kImportedLine, "\n"), options);
    EXPECT_EQ(result.exit_code, kExitUsage) << options;
    EXPECT_THAT(result.text, HasSubstr(reason));
  }
  EXPECT_EQ(collector_.committed(), 0);
}

}  // namespace
}  // namespace donut::cli
