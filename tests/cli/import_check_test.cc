#include "cli/import_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "cli/import_line.h"

namespace donut::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCheckedLine[] = R"({"user":"ada","event":"e","time":"2024-03-01T10:00:00Z"})";
constexpr char kOtherKeys[] = R"({"who":"ada","event":"e","time":"2024-03-01T10:00:00Z"})";

class ImportCheckTest : public ::testing::Test {
 protected:
  ~ImportCheckTest() override { std::remove(path_.c_str()); }

  // "" when the lines pass.
  std::string Refusal(const std::string& text, const FieldMapping& mapping = {}) {
    std::ofstream(path_, std::ios::trunc) << text;
    const auto reader = RecordReader::Open(path_);
    LineParser parser(mapping);
    return std::string(CheckFirstRecords(path_, "line", 0, parser, **reader).message());
  }

  const std::string path_ = ::testing::TempDir() + "import_check_test." + std::to_string(getpid());
};

TEST_F(ImportCheckTest, OneReadableLineIsEnough) {
  EXPECT_EQ(Refusal(absl::StrCat(kCheckedLine, "\n")), "");
  EXPECT_EQ(Refusal(absl::StrCat("# a heading\n\n{\n", kCheckedLine, "\nrubbish\n")), "");
}

TEST_F(ImportCheckTest, ASourceWithoutLinesPasses) {
  EXPECT_EQ(Refusal(""), "");
  EXPECT_EQ(Refusal("\n\n"), "");
}

TEST_F(ImportCheckTest, NamesTheFirstReasonAndTheMapping) {
  const std::string text = absl::StrCat(kOtherKeys, "\n", kOtherKeys, "\n");
  EXPECT_THAT(Refusal(text), AllOf(HasSubstr("none of its 2 lines"), HasSubstr("nothing was sent"),
                                   HasSubstr("no user"), HasSubstr("--user-field")));
  EXPECT_EQ(Refusal(text, {.user = "who"}), "");
  EXPECT_THAT(Refusal(absl::StrCat(kCheckedLine, "\n"), {.user = "nobody"}),
              AllOf(HasSubstr("its only line cannot"), HasSubstr("looked for nobody")));
}

TEST_F(ImportCheckTest, TellsHowAnArrayBecomesLines) {
  const std::string wanted = absl::StrCat("jq -c '.[]' ", path_);
  EXPECT_THAT(Refusal(absl::StrCat("[\n", kCheckedLine, ",\n", kOtherKeys, "\n]\n")), HasSubstr(wanted));
  EXPECT_THAT(Refusal(absl::StrCat("[\n", kCheckedLine, "\n]\n")),
              HasSubstr(wanted));  // readable, but for the frame
  EXPECT_THAT(Refusal(absl::StrCat("[", kCheckedLine, "]")), HasSubstr(wanted));
  EXPECT_THAT(Refusal(absl::StrCat("[", kCheckedLine, ",\n", kCheckedLine, "]\n")), HasSubstr(wanted));
  EXPECT_EQ(Refusal(absl::StrCat("[info] started\n", kCheckedLine, "\n")), "");
  EXPECT_THAT(Refusal("{\n  \"user\": \"ada\"\n}\n"), HasSubstr(absl::StrCat("jq -c . ", path_)));
}

TEST_F(ImportCheckTest, AsksForJsonWhereThereIsNone) {
  EXPECT_THAT(Refusal("user,event,time\nada,e,1\n"),
              AllOf(HasSubstr("not JSON"), Not(HasSubstr("--user-field"))));
}

TEST_F(ImportCheckTest, AnOnlyLineThatIsStillBeingWrittenPasses) {
  const std::string half = std::string(kCheckedLine).substr(0, 20);
  EXPECT_EQ(Refusal(half), "");
  EXPECT_THAT(Refusal(half + "\n"), HasSubstr("not JSON"));
}

TEST_F(ImportCheckTest, LooksAtAThousandLines) {
  std::string text;
  for (size_t i = 1; i < kMaxPeekedRecords; ++i) absl::StrAppend(&text, "no\n");
  EXPECT_EQ(Refusal(absl::StrCat(text, kCheckedLine, "\n")), "");
  EXPECT_THAT(Refusal(absl::StrCat(text, "no\n", kCheckedLine, "\n")), HasSubstr("its first 1,000 lines"));
}

}  // namespace
}  // namespace donut::cli
