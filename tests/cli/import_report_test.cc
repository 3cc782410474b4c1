#include "cli/import_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "cli/render/display_text.h"

namespace donut::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ImportReportTest, ListsTheFirstAndCountsTheRestByReason) {
  ImportReport report("f.csv", "row");
  for (int line = 1; line <= 15; ++line) EXPECT_NE(report.CountUnparsed(line, "2 fields, not 3"), "");
  for (int line = 16; line <= 20; ++line) {
    EXPECT_THAT(report.CountRejected(line, "name: too long"), HasSubstr("rejected: name: too long"));
  }
  EXPECT_EQ(report.NotListed(), "");
  EXPECT_EQ(report.CountUnparsed(21, "2 fields, not 3"), "");
  EXPECT_EQ(report.CountRejected(22, "name: too long"), "");
  EXPECT_EQ(report.NotListed(),
            "and 2 more rows: the table rejected_events has them all\n"
            "       16  unreadable: 2 fields, not 3\n"
            "        6  rejected: name: too long");
  EXPECT_EQ(report.unparsed(), 16);
  EXPECT_EQ(report.rejected(), 6);
}

TEST(ImportReportTest, KeepsABoundedNumberOfReasons) {
  ImportReport report("f", "line");
  for (size_t i = 0; i < 3 * kMaxReasons; ++i) report.CountRejected(1, absl::StrCat("reason ", i));
  EXPECT_THAT(report.NotListed(), HasSubstr("       20  for other reasons"));
}

TEST(ImportReportTest, NamesPlaceAndReasonWithoutControlCharacters) {
  ImportReport file("f.csv", "row");
  EXPECT_EQ(file.CountUnparsed(17, "no user: \x1b"), "f.csv:17: unreadable: no user: �");
  ImportReport input("-", "row");
  EXPECT_EQ(input.CountRejected(3, "x"), "standard input, line 3: rejected: x");
}

TEST(ImportReportTest, TheFinalLineAddsUp) {
  ImportCounts counts{.read = 2'002, .empty = 1, .header = 1, .unparsed = 1, .rejected = 2};
  EXPECT_EQ(FinalLine(counts, "line", absl::Milliseconds(500)),
            "2,000 lines: 1,997 stored, 2 rejected, 1 unreadable, and 1 empty line; 500 ms, 3,994 events/s");
  counts.earlier = 1'000;
  EXPECT_THAT(FinalLine(counts, "row", absl::Milliseconds(500)),
              HasSubstr("3,000 rows: 1,997 stored, 1,000 already there, 2 rejected, 1 unreadable"));
}

TEST(ImportReportTest, EarlierRecordsAreNotCalledGoodWithoutKnowing) {
  EXPECT_EQ(EarlierRecords(7, 2, "row"), "7 rows, 2 of them unreadable: the table rejected_events has them");
  EXPECT_EQ(EarlierRecords(1, 0, "line"),
            "1 line (the table rejected_events has those that were rejected, if any)");
}

TEST(ImportReportTest, TheProgressLineShowsShareRateAndWhatIsLeft) {
  const std::string line = ProgressLine(
      {.bytes = 500, .total_bytes = 1000, .committed = 4000, .elapsed = absl::Seconds(2), .connected = true},
      79);
  EXPECT_EQ(line, "   50% ████████░░░░░░░░  4,000 lines done  2,000/s  2.0 s left");
}

TEST(ImportReportTest, TheProgressLineSaysThatItWaits) {
  const std::string line = ProgressLine(
      {.bytes = 500, .total_bytes = 1000, .committed = 4000, .elapsed = absl::Seconds(2), .connected = false},
      79);
  EXPECT_THAT(line, HasSubstr("waiting for the collector"));
  EXPECT_LE(DisplayWidth(line), 79);
}

TEST(ImportReportTest, TheProgressLineOfAPipeHasNoBar) {
  const std::string line =
      ProgressLine({.committed = 4000, .elapsed = absl::Seconds(2), .connected = true}, 79);
  EXPECT_THAT(line, Not(HasSubstr("%")));
  EXPECT_THAT(line, HasSubstr("4,000 lines"));
}

TEST(ImportReportTest, ALogGetsPlainLines) {
  EXPECT_EQ(
      PlainProgressLine({.bytes = 500, .total_bytes = 1000, .committed = 4000, .elapsed = absl::Seconds(2)}),
      "4,000 lines done (50%), 2,000/s");
  EXPECT_EQ(PlainProgressLine({.committed = 1, .elapsed = absl::Seconds(1), .connected = false}),
            "1 line done, 1/s, waiting for the collector");
}

TEST(ImportReportTest, SaysOnWhichDaysTheEventsAre) {
  EventSpan span;
  EXPECT_EQ(span.Hint(), "");
  span.Add(absl::FromCivil(absl::CivilMinute(2024, 6, 29, 23, 59), absl::UTCTimeZone()));
  span.Add(absl::FromCivil(absl::CivilMinute(2024, 1, 10, 18, 10), absl::UTCTimeZone()));
  EXPECT_EQ(span.Hint(), "see them: donut view --start 2024-01-10 --end 2024-06-29");
}

}  // namespace
}  // namespace donut::cli
