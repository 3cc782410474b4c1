// `donut import` of CSV as a program: what it stores, tells and remembers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/command.h"
#include "cli/record_reader.h"
#include "tests/cli/import_program.h"

namespace donut::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHeader[] = "user,event,time,plan\n";

std::string Row(int number) { return absl::StrCat("ada,e", number, ",2024-03-01T10:00:00Z,", number, "\n"); }

class ImportCsvTest : public ::donut::testing::ImportProgram {
 protected:
  ImportCsvTest() { SetEnding(".csv"); }
};

TEST_F(ImportCsvTest, StoresEachRowOnce) {
  const Result first = Import(absl::StrCat(kHeader, Row(1), Row(2)));
  EXPECT_EQ(first.exit_code, kExitDone) << first.text;
  EXPECT_THAT(first.text, HasSubstr("2 rows: 2 stored, 0 rejected, 0 unreadable"));
  ASSERT_EQ(collector_.events().size(), 2);
  EXPECT_EQ(collector_.events()[1].name(), "e2");
  EXPECT_EQ(collector_.events()[1].properties().fields().at("plan").number_value(), 2);
  const Result again = Import(absl::StrCat(kHeader, Row(1), Row(2)));
  EXPECT_EQ(again.exit_code, kExitDone);
  EXPECT_THAT(again.text, HasSubstr("already imported, nothing new: 2 rows"));
  const Result grown = Import(absl::StrCat(kHeader, Row(1), Row(2), Row(3)));
  EXPECT_THAT(grown.text, HasSubstr("3 rows: 1 stored, 2 already there"));
  EXPECT_EQ(collector_.events().size(), 3);
}

TEST_F(ImportCsvTest, TheEndingOrTheOptionSaysTheFormat) {
  const std::string tabs = "user\tevent\ttime\nada\te\t1706677200\n";
  for (const char* ending : {".tsv", ".tsv.gz", ".TSV"}) {
    SetEnding(ending);
    EXPECT_EQ(Import(tabs).exit_code, kExitDone) << ending;
  }
  SetEnding(".csv.gz");
  EXPECT_EQ(Import(absl::StrCat(kHeader, Row(1))).exit_code, kExitDone);
  SetEnding(".txt");
  EXPECT_THAT(Import(absl::StrCat(kHeader, Row(2))).text, HasSubstr("--format csv"));
  EXPECT_EQ(Import(absl::StrCat(kHeader, Row(2)), "--format csv").exit_code, kExitDone);
  EXPECT_EQ(Run(absl::StrCat("--format csv - <", path())).exit_code, kExitDone);
  // The three files of tabs are one source, and so are the last two.
  EXPECT_EQ(collector_.events().size(), 3);
}

TEST_F(ImportCsvTest, AnotherMappingIsAnotherImport) {
  const std::string text = "user,owner,event,time\nada,bob,e,1706677200\n";
  EXPECT_EQ(Import(text).exit_code, kExitDone);
  EXPECT_EQ(Import(text, "--user-column owner").exit_code, kExitDone);
  EXPECT_THAT(Import(text, "--user-column user").text, HasSubstr("nothing new")) << "as it was guessed";
  EXPECT_EQ(collector_.producers(), 2);
  ASSERT_EQ(collector_.events().size(), 2);
  EXPECT_EQ(collector_.events()[1].user_id(), "bob");
}

TEST_F(ImportCsvTest, FilesOfOneHeaderAreKeptApartByTheirFirstRow) {
  EXPECT_EQ(Import(absl::StrCat(kHeader, Row(1), Row(2), Row(3))).exit_code, kExitDone);
  const Result other = Import(absl::StrCat(kHeader, Row(4)));
  EXPECT_EQ(other.exit_code, kExitDone);
  EXPECT_THAT(other.text, Not(HasSubstr("begins alike")));
  EXPECT_EQ(collector_.producers(), 2);
}

TEST_F(ImportCsvTest, ReadsAFileWithoutAHeaderRow) {
  const Result result =
      Import("1706677200,ada,12.5\n",
             "--columns when,who,price --time-column when --user-column who --event-name order");
  EXPECT_EQ(result.exit_code, kExitDone) << result.text;
  ASSERT_EQ(collector_.events().size(), 1);
  EXPECT_EQ(collector_.events()[0].name(), "order");
  EXPECT_EQ(collector_.events()[0].properties().fields().at("price").number_value(), 12.5);
}

TEST_F(ImportCsvTest, TellsRefusedRowsByTheLineTheyBeginOn) {
  collector_.Reject("bad", "name: must not be bad");
  const Result result = Import(absl::StrCat(kHeader, "ada,e,2024-03-01T10:00:00Z,\"two\nlines\"\n", "ada,e\n",
                                            "ada,bad,2024-03-01T10:00:00Z,\n", "ada,e,yesterday,\n", Row(7)));
  EXPECT_EQ(result.exit_code, kExitRefused);
  EXPECT_THAT(result.text, AllOf(HasSubstr(absl::StrCat(path(), ":4: unreadable: 2 fields, not 4")),
                                 HasSubstr(absl::StrCat(path(), ":5: rejected: name: must not be bad")),
                                 HasSubstr(absl::StrCat(path(), ":6: unreadable: time: not a time")),
                                 HasSubstr("5 rows: 2 stored, 1 rejected, 2 unreadable")));
  ASSERT_EQ(collector_.unparsed().size(), 2);
  EXPECT_EQ(collector_.unparsed()[0].payload(), "ada,e");
  EXPECT_EQ(collector_.unparsed()[0].reason(), "line 4: 2 fields, not 4");
}

TEST_F(ImportCsvTest, AnOpenQuoteCostsOneRowOfALargeFile) {
  std::string text = absl::StrCat(kHeader, Row(1), "ada,\"open,2024-03-01T10:00:00Z,\n");
  int rows = 2;
  while (text.size() < 2 * kMaxRecordBytes) text += Row(++rows);
  const Result result = Import(text);
  EXPECT_EQ(result.exit_code, kExitRefused);
  EXPECT_THAT(result.text, HasSubstr(absl::StrCat(path(), ":3: unreadable: event: the quote is not closed")));
  EXPECT_EQ(collector_.events().size(), rows - 1);
  EXPECT_EQ(collector_.unparsed().size(), 1);
}

TEST_F(ImportCsvTest, ALastRowWithoutNewlineIsStoredAndMayGetOne) {
  const std::string text = absl::StrCat(kHeader, Row(1), Row(2));
  EXPECT_EQ(Import(text.substr(0, text.size() - 1)).exit_code, kExitDone);
  EXPECT_EQ(collector_.events().size(), 2);
  EXPECT_THAT(Import(text).text, HasSubstr("nothing new"));
  EXPECT_THAT(Import(absl::StrCat(text, Row(3))).text, HasSubstr("3 rows: 1 stored, 2 already there"));
  EXPECT_EQ(collector_.producers(), 1);
}

TEST_F(ImportCsvTest, ALastRowThatIsNotCompleteIsLeft) {
  const std::string text = absl::StrCat(kHeader, Row(1), Row(2));
  for (const size_t missing : {8, 15, 25}) {
    const Result half = Import(text.substr(0, text.size() - missing));
    EXPECT_EQ(half.exit_code, kExitRefused) << missing;
    EXPECT_THAT(half.text,
                HasSubstr(absl::StrCat(path(), ":3: the last row has no newline and cannot be read")));
  }
  EXPECT_EQ(collector_.events().size(), 1);
  EXPECT_EQ(Import(text).exit_code, kExitDone);
  EXPECT_EQ(collector_.events().size(), 2);
  EXPECT_EQ(collector_.producers(), 1);
}

// Cut within its last field, it looks complete.
TEST_F(ImportCsvTest, ALastRowThatGrowsStaysTheSameImport) {
  const std::string start = absl::StrCat(kHeader, Row(1), "ada,e,2024-03-01T10:00:00Z,");
  EXPECT_EQ(Import(absl::StrCat(start, "12")).exit_code, kExitDone);
  const Result grown = Import(absl::StrCat(start, "125\n", Row(3)));
  EXPECT_EQ(grown.exit_code, kExitDone);
  EXPECT_THAT(grown.text, AllOf(HasSubstr(absl::StrCat(path(), ":3: had no newline when it was imported")),
                                HasSubstr("3 rows: 1 stored, 2 already there")));
  EXPECT_EQ(collector_.producers(), 1);
  EXPECT_EQ(collector_.events().size(), 3);
  EXPECT_THAT(Import(absl::StrCat(start, "125\n", Row(3), Row(4))).text, HasSubstr("4 rows: 1 stored"));
}

// Read as lines while a quote was open, and then somebody wrote the rest: nothing is stored twice for that.
TEST_F(ImportCsvTest, AnEndThatBecameAnotherIsToldAndNotStoredAgain) {
  const std::string open = absl::StrCat(kHeader, Row(1), "ada,e,2024-03-01T10:00:00Z,\"two\n", Row(2));
  EXPECT_EQ(Import(open).exit_code, kExitRefused);
  EXPECT_EQ(collector_.events().size(), 2);
  EXPECT_THAT(Import(open).text, HasSubstr("nothing new"));
  const Result closed = Import(absl::StrCat(open, "lines\"\n", Row(3)));
  EXPECT_EQ(closed.exit_code, kExitFailed);
  EXPECT_THAT(closed.text, AllOf(HasSubstr(absl::StrCat(path(), ":3: the quote that opens here")),
                                 HasSubstr("--as NAME")));
  EXPECT_EQ(collector_.events().size(), 2);
}

TEST_F(ImportCsvTest, StoresNothingWhereItCannotTellTheColumns) {
  for (const auto& [text, reason] :
       {std::pair("who,event,time\nada,e,1706677200\n", "no column holds the user"),
        std::pair("user;event;time\nada;e;1706677200\n", "--delimiter semicolon"),
        std::pair("user,event,time\nada,e,yesterday\n", "its only row cannot be read as an event"),
        std::pair("user,event,time\nada,e,2024-01-01 00:00:00\nada,e,2024-01-02 00:00:00\n", "--time-zone"),
        std::pair("\xFF\xFEu\n", "bytes that are not UTF-8"), std::pair("\"user,event\n", "header row")}) {
    const Result result = Import(text);
    EXPECT_EQ(result.exit_code, kExitFailed) << text;
    EXPECT_THAT(result.text, HasSubstr(reason)) << text;
  }
  EXPECT_EQ(collector_.committed(), 0);
}

TEST_F(ImportCsvTest, AHeaderAloneIsNothingToImport) {
  for (const char* text : {"", "\n\n", kHeader, "user,event,time"}) {
    const Result result = Import(text);
    EXPECT_EQ(result.exit_code, kExitDone) << text;
    EXPECT_THAT(result.text, HasSubstr("nothing to import")) << text;
  }
}

TEST_F(ImportCsvTest, SaysWhichOptionIsWrong) {
  for (const auto& [options, reason] : {std::pair("--delimiter ab", "--delimiter: must be"),
                                        std::pair("--time-zone Mars", "--time-zone: Mars is not known"),
                                        std::pair("--time-format '%d.%m.'", "--time-zone, such as UTC"),
                                        std::pair("--types maybe", "--types")}) {
    const Result result = Import(absl::StrCat(kHeader, Row(1)), options);
    EXPECT_EQ(result.exit_code, kExitUsage) << options;
    EXPECT_THAT(result.text, HasSubstr(reason)) << options;
  }
  EXPECT_EQ(collector_.committed(), 0);
}

TEST_F(ImportCsvTest, AGzipFileThatHasGrownAddsWhatIsNew) {
  SetEnding(".csv.gz");
  std::string text = kHeader;
  const auto add_rows = [&text](int first, int last) {
    for (int row = first; row <= last; ++row)
      absl::StrAppend(&text, "ada,e", row, ",1706677200,\"", row, "\n\"\n");
  };
  add_rows(1, 1'000);
  EXPECT_EQ(Import(text).exit_code, kExitDone);
  add_rows(1'001, 1'500);
  EXPECT_THAT(Import(text).text, HasSubstr("1,500 rows: 500 stored, 1,000 already there"));
  EXPECT_EQ(collector_.events().size(), 1'500);
  // The same bytes unpacked are the same source.
  SetEnding(".csv");
  EXPECT_THAT(Import(text).text, HasSubstr("nothing new"));
}

}  // namespace
}  // namespace donut::cli
