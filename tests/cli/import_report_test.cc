#include "cli/import_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/render/display_text.h"

namespace donut::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ImportReportTest, ListsTheFirstLinesAndCountsTheRest) {
  ImportReport report;
  for (int line = 1; line <= 15; ++line) EXPECT_NE(report.CountUnparsed(line, "not JSON"), "");
  for (int line = 16; line <= 20; ++line) {
    EXPECT_THAT(report.CountRejected(line, "name: too long"), HasSubstr("rejected: name: too long"));
  }
  EXPECT_EQ(report.NotListed(), "");
  EXPECT_EQ(report.CountUnparsed(21, "not JSON"), "");
  EXPECT_EQ(report.CountRejected(22, "name: too long"), "");
  EXPECT_THAT(report.NotListed(), HasSubstr("and 2 more lines"));
}

TEST(ImportReportTest, NamesLineAndReasonWithoutControlCharacters) {
  ImportReport report;
  EXPECT_EQ(report.CountUnparsed(17, "no user: \x1b"), "line 17 unreadable: no user: �");
}

TEST(ImportReportTest, TheFinalLineAddsUp) {
  ImportReport report;
  for (int i = 0; i < 2000; ++i) report.CountLine();
  report.CountEmpty();
  report.CountUnparsed(3, "x");
  report.CountRejected(4, "x");
  report.CountRejected(5, "x");
  EXPECT_EQ(FinalLine(report.counts(), absl::Milliseconds(500)),
            "2,000 lines: 1,996 stored, 2 rejected, 1 unreadable, 1 empty; 500 ms, 3,992 events/s");
}

TEST(ImportReportTest, EarlierLinesAreNotCalledGoodWithoutKnowing) {
  EXPECT_EQ(EarlierLines(7, 2), "7 lines, 2 of them unreadable: the table rejected_events has them");
  EXPECT_EQ(EarlierLines(1, 0), "1 line (the table rejected_events has those that were rejected, if any)");
}

TEST(ImportReportTest, TheProgressLineShowsShareRateAndWhatIsLeft) {
  const std::string line = ProgressLine({.bytes = 500,
                                         .total_bytes = 1000,
                                         .committed_lines = 4000,
                                         .elapsed = absl::Seconds(2),
                                         .connected = true},
                                        79);
  EXPECT_EQ(line, "   50% ████████░░░░░░░░  4,000 lines stored  2,000/s  2.0 s left");
}

TEST(ImportReportTest, TheProgressLineSaysThatItWaits) {
  const std::string line = ProgressLine({.bytes = 500,
                                         .total_bytes = 1000,
                                         .committed_lines = 4000,
                                         .elapsed = absl::Seconds(2),
                                         .connected = false},
                                        79);
  EXPECT_THAT(line, HasSubstr("waiting for the collector"));
  EXPECT_LE(DisplayWidth(line), 79);
}

TEST(ImportReportTest, TheProgressLineOfAPipeHasNoBar) {
  const std::string line =
      ProgressLine({.committed_lines = 4000, .elapsed = absl::Seconds(2), .connected = true}, 79);
  EXPECT_THAT(line, Not(HasSubstr("%")));
  EXPECT_THAT(line, HasSubstr("4,000 lines"));
}

TEST(ImportReportTest, ALogGetsPlainLines) {
  EXPECT_EQ(PlainProgressLine(
                {.bytes = 500, .total_bytes = 1000, .committed_lines = 4000, .elapsed = absl::Seconds(2)}),
            "4,000 lines stored (50%), 2,000/s");
  EXPECT_EQ(PlainProgressLine({.committed_lines = 1, .elapsed = absl::Seconds(1), .connected = false}),
            "1 line stored, 1/s, waiting for the collector");
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
