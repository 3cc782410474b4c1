#include "cli/record_lines.h"

#include <gtest/gtest.h>

namespace donut::cli {
namespace {

TEST(RecordLinesTest, KnowsOnWhichLineARecordBegins) {
  RecordLines lines;
  EXPECT_EQ(lines.LineOf(7), 7);
  for (int64_t number = 1; number <= 10; ++number) lines.Note(number, number);
  lines.Note(11, 11);  // has three lines
  lines.Note(12, 14);
  lines.Note(13, 15);  // has two
  lines.Note(14, 17);
  EXPECT_EQ(lines.LineOf(10), 10);
  EXPECT_EQ(lines.LineOf(11), 11);
  EXPECT_EQ(lines.LineOf(12), 14);
  EXPECT_EQ(lines.LineOf(13), 15);
  EXPECT_EQ(lines.LineOf(14), 17);
  EXPECT_EQ(lines.LineOf(20), 23);
}

TEST(RecordLinesTest, KeepsTheLatest) {
  RecordLines lines;
  const auto count = static_cast<int64_t>(RecordLines::kMostKept) + 10;
  for (int64_t number = 1; number <= count; ++number) lines.Note(number, 2 * number);
  EXPECT_EQ(lines.LineOf(count), 2 * count);
  EXPECT_EQ(lines.LineOf(11), 22);
  EXPECT_EQ(lines.LineOf(3), 3);
}

}  // namespace
}  // namespace donut::cli
