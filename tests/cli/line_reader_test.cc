#include "cli/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <vector>

namespace donut::cli {
namespace {

using ::testing::ElementsAre;

class LineReaderTest : public ::testing::Test {
 protected:
  ~LineReaderTest() override { std::remove(path_.c_str()); }

  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

  std::vector<std::string> Lines() {
    const auto reader = LineReader::Open(path_);
    EXPECT_TRUE(reader.ok());
    std::vector<std::string> lines;
    SourceLine line;
    while ((*reader)->Next(line).value())
      lines.push_back(line.text + (line.terminated ? "" : "$") + (line.cut ? "!" : ""));
    return lines;
  }

  const std::string path_ = ::testing::TempDir() + "line_reader_test." + std::to_string(getpid());
};

TEST_F(LineReaderTest, NumbersEveryLineEmptyOnesToo) {
  Write("one\n\n  \nfour\n");
  EXPECT_THAT(Lines(), ElementsAre("one", "", "", "four"));
}

TEST_F(LineReaderTest, TakesALastLineWithoutNewlineAndSaysSo) {
  Write("one\ntwo");
  EXPECT_THAT(Lines(), ElementsAre("one", "two$"));
  Write("one\n  ");
  EXPECT_THAT(Lines(), ElementsAre("one"));
  Write("");
  EXPECT_THAT(Lines(), ElementsAre());
}

TEST_F(LineReaderTest, DropsCarriageReturnsAndTheByteOrderMark) {
  Write("\xEF\xBB\xBFone\r\ntwo\r\n");
  EXPECT_THAT(Lines(), ElementsAre("one", "two"));
}

TEST_F(LineReaderTest, KeepsTheBeginningOfALineThatIsTooLong) {
  const std::string fits(kMaxLineBytes, 'x');
  const std::string too_long(kMaxLineBytes + 1, 'y');
  Write(absl::StrCat(fits, "\n", too_long, "\nz\n"));
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(lines[0], fits);
  EXPECT_EQ(lines[1], absl::StrCat(too_long.substr(1), "!"));
  EXPECT_EQ(lines[2], "z");
}

TEST_F(LineReaderTest, ReadsGzip) {
  const gzFile file = gzopen(path_.c_str(), "wb");
  gzputs(file, "one\ntwo\n");
  gzclose(file);
  EXPECT_THAT(Lines(), ElementsAre("one", "two"));
}

TEST_F(LineReaderTest, NoticesAGzipFileThatEndsEarly) {
  const gzFile file = gzopen(path_.c_str(), "wb");
  for (int i = 0; i < 100'000; ++i) gzprintf(file, "line %d\n", i * 7919);
  gzclose(file);
  ASSERT_EQ(truncate(path_.c_str(), 50'000), 0);
  const auto reader = LineReader::Open(path_);
  SourceLine line;
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = (*reader)->Next(line);
  EXPECT_EQ(more.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LineReaderTest, PeeksWithoutPassingOver) {
  Write("\n\nthree\nfour\n");
  const auto reader = LineReader::Open(path_);
  EXPECT_EQ(*(*reader)->PeekFirst(), "three");
  std::vector<std::string> lines;
  SourceLine line;
  while ((*reader)->Next(line).value()) lines.push_back(line.text);
  EXPECT_THAT(lines, ElementsAre("", "", "three", "four"));
}

TEST_F(LineReaderTest, LooksAsFarAheadAsItSays) {
  std::string text = "\n";
  for (size_t i = 0; i < kMaxPeekedLines; ++i) absl::StrAppend(&text, "line ", i, "\n\n");
  Write(text + "behind");
  const auto reader = LineReader::Open(path_);
  for (size_t i = 0; i < kMaxPeekedLines; ++i) {
    const SourceLine* peeked = (*reader)->Peek().value();
    ASSERT_NE(peeked, nullptr);
    EXPECT_EQ(peeked->text, absl::StrCat("line ", i));
  }
  EXPECT_EQ((*reader)->Peek().value(), nullptr);
  EXPECT_EQ((*reader)->PeekFirst().value(), "line 0");
  std::string passed;
  SourceLine line;
  while ((*reader)->Next(line).value()) absl::StrAppend(&passed, line.text, line.terminated ? "\n" : "");
  EXPECT_EQ(passed, text + "behind");
}

TEST_F(LineReaderTest, PeeksToTheEndOnly) {
  Write("one\n\n\n");
  const auto reader = LineReader::Open(path_);
  ASSERT_NE((*reader)->Peek().value(), nullptr);
  EXPECT_EQ((*reader)->Peek().value(), nullptr);
  SourceLine line;
  int lines = 0;
  while ((*reader)->Next(line).value()) ++lines;
  EXPECT_EQ(lines, 3);
}

TEST_F(LineReaderTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(LineReader::Open("/nonexistent/file").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(LineReader::Open("/tmp").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(LineReader::Open("/tmp").status().message(), "/tmp: Is a directory");
}

}  // namespace
}  // namespace donut::cli
