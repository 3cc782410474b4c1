#include "cli/record_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

using ::testing::ElementsAre;

// Hands out a text in pieces.
class Pieces : public ByteSource {
 public:
  Pieces(std::string text, std::function<size_t()> next_size)
      : text_(std::move(text)), next_size_(std::move(next_size)) {}
  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    const size_t count = std::min({size, next_size_(), text_.size() - at_});
    std::copy_n(text_.data() + at_, count, to);
    at_ += count;
    return count;
  }
  int64_t position() const override { return static_cast<int64_t>(at_); }
  int64_t size() const override { return 0; }

 private:
  const std::string text_;
  const std::function<size_t()> next_size_;
  size_t at_ = 0;
};

// "number@line text", and marks: $ without newline, ! cut, ? may change.
std::string Shown(const Record& record) {
  return absl::StrCat(record.number, "@", record.line, " ", std::string(record.text),
                      record.terminated ? "" : "$", record.cut ? "!" : "", record.may_change ? "?" : "");
}

std::vector<std::string> AllRecords(RecordReader& reader) {
  std::vector<std::string> records;
  Record record;
  while (reader.Next(record).value()) records.push_back(Shown(record));
  return records;
}

std::vector<std::string> Split(const std::string& text, const std::optional<CsvDialect>& csv,
                               const std::function<size_t()>& next_size) {
  RecordReader reader(std::make_unique<Pieces>(text, next_size), csv);
  return AllRecords(reader);
}

std::vector<std::string> Rows(const std::string& text, const CsvDialect& dialect = {}) {
  return Split(text, dialect, [] { return SIZE_MAX; });
}

std::vector<std::string> Lines(const std::string& text) {
  return Split(text, std::nullopt, [] { return SIZE_MAX; });
}

TEST(RecordReaderTest, NumbersEveryLineEmptyOnesToo) {
  EXPECT_THAT(Lines("one\n\n  \nfour\n"), ElementsAre("1@1 one", "2@2 ", "3@3 ", "4@4 four"));
}

TEST(RecordReaderTest, TakesALastLineWithoutNewlineAndSaysSo) {
  EXPECT_THAT(Lines("one\ntwo"), ElementsAre("1@1 one", "2@2 two$"));
  EXPECT_THAT(Lines("one\n  "), ElementsAre("1@1 one"));
  EXPECT_THAT(Lines(""), ElementsAre());
}

TEST(RecordReaderTest, DropsCarriageReturnsAndTheByteOrderMark) {
  EXPECT_THAT(Lines("\xEF\xBB\xBFone\r\ntwo\r\n"), ElementsAre("1@1 one", "2@2 two"));
  EXPECT_THAT(Rows("\xEF\xBB\xBF\"one\"\r\ntwo\r\n"), ElementsAre("1@1 \"one\"", "2@2 two"));
  EXPECT_THAT(Lines("\xEF\xBB\xBF"), ElementsAre());
  EXPECT_THAT(Lines("\xEF\xBB"), ElementsAre("1@1 \xEF\xBB$"));
}

TEST(RecordReaderTest, KeepsTheBeginningOfALineThatIsTooLong) {
  const std::string fits(kMaxRecordBytes, 'x');
  const std::string too_long(3 * kMaxRecordBytes, 'y');
  const std::string text = absl::StrCat(fits, "\n", too_long, "\nz\n", fits, "w");
  for (const auto& records : {Lines(text), Rows(text)}) {
    ASSERT_EQ(records.size(), 4);
    EXPECT_EQ(records[0], absl::StrCat("1@1 ", fits));
    EXPECT_EQ(records[1], absl::StrCat("2@2 ", too_long.substr(0, kMaxRecordBytes), "!"));
    EXPECT_EQ(records[2], "3@3 z");
    EXPECT_TRUE(records[3].starts_with("4@4 x"));
    EXPECT_TRUE(records[3].find("$!") != std::string::npos);
  }
}

TEST(RecordReaderTest, ARowGoesOverLineEndsInItsQuotes) {
  EXPECT_THAT(Rows("a,\"b\n\r\nc\",d\ne\n"), ElementsAre("1@1 a,\"b\n\r\nc\",d", "2@4 e"));
  EXPECT_THAT(Rows("\"a \"\"quoted\"\"\n word\"\r\nb"),
              ElementsAre("1@1 \"a \"\"quoted\"\"\n word\"", "2@3 b$?"));
  EXPECT_THAT(Rows("a,\n,\"\"\n\nb,\"\"\n"), ElementsAre("1@1 a,", "2@2 ,\"\"", "3@3 ", "4@4 b,\"\""));
}

TEST(RecordReaderTest, SpacesAtARowsEndBelongToItsField) {
  EXPECT_THAT(Rows("a,b \nc\t\n", {.delimiter = '\t'}), ElementsAre("1@1 a,b ", "2@2 c\t"));
}

TEST(RecordReaderTest, WithoutQuotesEveryLineIsARow) {
  EXPECT_THAT(Rows("\"a\nb\"\n", {.quotes = false}), ElementsAre("1@1 \"a", "2@2 b\""));
}

TEST(RecordReaderTest, WrongQuotesCostOneLine) {
  // Text behind the closing quote, which stands two lines below.
  EXPECT_THAT(Rows("x\na,\"b\nc,d\n\"e,f\n"), ElementsAre("1@1 x", "2@2 a,\"b", "3@3 c,d", "4@4 \"e,f?"))
      << "open";
  EXPECT_THAT(Rows("a,\"b\nc,d\n\"e\"\nf\n"), ElementsAre("1@1 a,\"b", "2@2 c,d", "3@3 \"e\"", "4@4 f"));
  // A quote within a field.
  EXPECT_THAT(Rows("a\"b\nc\n"), ElementsAre("1@1 a\"b", "2@2 c"));
  EXPECT_THAT(Rows("\"a\"b\"\nc\n"), ElementsAre("1@1 \"a\"b\"", "2@2 c"));
}

TEST(RecordReaderTest, AnOpenQuoteSwallowsNoMoreThanItsLine) {
  std::string text = "first\nbad,\"open\n";
  const std::string line(1'000, 'z');
  size_t lines = 2;
  for (; text.size() < 3 * kMaxRecordBytes; ++lines) absl::StrAppend(&text, line, "\n");
  const std::vector<std::string> rows = Rows(text);
  ASSERT_EQ(rows.size(), lines);
  EXPECT_EQ(rows[1], "2@2 bad,\"open");
  EXPECT_EQ(rows[2], absl::StrCat("3@3 ", line)) << "so far behind the end that nothing can change it";
  EXPECT_EQ(rows.back(), absl::StrCat(lines, "@", lines, " ", line));
}

TEST(RecordReaderTest, ARowOfTheLargestSizeFits) {
  const std::string row = absl::StrCat("\"", std::string(kMaxRecordBytes - 3, '\n'), "x\"");
  EXPECT_THAT(Rows(absl::StrCat(row, "\nnext\n")),
              ElementsAre(absl::StrCat("1@1 ", row), absl::StrCat("2@", kMaxRecordBytes - 1, " next")));
  const std::vector<std::string> larger = Rows(absl::StrCat("\"a\n", row.substr(1), "\nnext\n"));
  EXPECT_EQ(larger[0], "1@1 \"a");
}

// Somebody may still write the rest of it.
TEST(RecordReaderTest, SaysWhatMoreTextMayChange) {
  EXPECT_THAT(Rows("a\nb"), ElementsAre("1@1 a", "2@2 b$?"));
  EXPECT_THAT(Rows("a\nb\n"), ElementsAre("1@1 a", "2@2 b"));
  // In the middle of a quoted field: one row that is not complete.
  EXPECT_THAT(Rows("a\nb,\"c\nd"), ElementsAre("1@1 a", "2@2 b,\"c\nd$?"));
  // Whole lines: the quote is wrong, and costs its line.
  EXPECT_THAT(Rows("a\nb,\"c\nd\n"), ElementsAre("1@1 a", "2@2 b,\"c?", "3@3 d?"));
  EXPECT_THAT(Lines("a\nb"), ElementsAre("1@1 a", "2@2 b$"));
}

// Every text of quotes, delimiters and line ends, in pieces of every size, gives the same records, and all of
// its bytes are in them.
TEST(RecordReaderTest, GivesTheSameRecordsHoweverTheBytesArrive) {
  constexpr char kLetters[] = {'"', '"', ',', '\n', '\n', '\r', 'a', 'b'};
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    std::mt19937_64 random(seed);
    std::string text;
    for (size_t size = random() % 40; text.size() < size;) text += kLetters[random() % std::size(kLetters)];
    for (const std::optional<CsvDialect>& csv : {std::optional<CsvDialect>(), std::optional(CsvDialect{})}) {
      const std::vector<std::string> whole = Split(text, csv, [] { return SIZE_MAX; });
      EXPECT_EQ(Split(text, csv, [] { return 1; }), whole) << "seed " << seed;
      EXPECT_EQ(Split(text, csv, [&random] { return 1 + random() % 5; }), whole) << "seed " << seed;
      for (size_t first = 1; first < text.size(); ++first) {
        size_t next = first;
        EXPECT_EQ(Split(text, csv, [&next] { return std::exchange(next, SIZE_MAX); }), whole)
            << "seed " << seed << ", first piece of " << first;
      }
    }
    RecordReader reader(std::make_unique<Pieces>(text, [] { return SIZE_MAX; }), CsvDialect{});
    Record record;
    std::string joined;
    while (reader.Next(record).value()) {
      EXPECT_EQ(record.line, 1 + std::count(joined.begin(), joined.end(), '\n')) << "seed " << seed;
      joined += record.text;
      if (joined.size() < text.size() && text[joined.size()] == '\r') joined += '\r';
      if (record.terminated) joined += '\n';
    }
    // A last carriage return alone is no record.
    if (text.size() == joined.size() + 1 && text.ends_with('\r')) joined += '\r';
    EXPECT_EQ(joined, text) << "seed " << seed;
  }
}

class RecordReaderFileTest : public ::testing::Test {
 protected:
  ~RecordReaderFileTest() override { std::remove(path_.c_str()); }
  const std::string path_ = ::testing::TempDir() + "record_reader_test." + std::to_string(getpid());
};

TEST_F(RecordReaderFileTest, ReadsGzip) {
  const gzFile file = gzopen(path_.c_str(), "wb");
  gzputs(file, "one\ntwo\n");
  gzclose(file);
  const auto reader = RecordReader::Open(path_);
  EXPECT_THAT(AllRecords(**reader), ElementsAre("1@1 one", "2@2 two"));
}

TEST_F(RecordReaderFileTest, NoticesAGzipFileThatEndsEarly) {
  const gzFile file = gzopen(path_.c_str(), "wb");
  for (int i = 0; i < 100'000; ++i) gzprintf(file, "line %d\n", i * 7919);
  gzclose(file);
  ASSERT_EQ(truncate(path_.c_str(), 50'000), 0);
  const auto reader = RecordReader::Open(path_);
  Record record;
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = (*reader)->Next(record);
  EXPECT_EQ(more.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RecordReaderFileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(RecordReader::Open("/nonexistent/file").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(RecordReader::Open("/tmp").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(RecordReader::Open("/tmp").status().message(), "/tmp: Is a directory");
}

TEST(RecordReaderPeekTest, PeeksWithoutPassingOver) {
  RecordReader reader(std::make_unique<Pieces>("\n\nthree\nfour\n\n", [] { return 1; }), CsvDialect{});
  EXPECT_EQ(Shown(*reader.Peek(1).value()), "4@4 four");
  EXPECT_EQ(Shown(*reader.Peek(0).value()), "3@3 three");
  EXPECT_EQ(reader.Peek(2).value(), nullptr);
  EXPECT_EQ(reader.Peek(2).value(), nullptr);
  EXPECT_THAT(AllRecords(reader), ElementsAre("1@1 ", "2@2 ", "3@3 three", "4@4 four", "5@5 "));
}

TEST(RecordReaderPeekTest, LooksAsFarAheadAsItSays) {
  std::string text = "\n";
  for (size_t i = 0; i < kMaxPeekedRecords; ++i) absl::StrAppend(&text, "line ", i, "\n\n");
  text += "behind";
  RecordReader reader(std::make_unique<Pieces>(text, [] { return SIZE_MAX; }), std::nullopt);
  for (size_t i = 0; i < kMaxPeekedRecords; ++i) {
    EXPECT_EQ(reader.Peek(i).value()->text, absl::StrCat("line ", i));
  }
  EXPECT_EQ(reader.Peek(kMaxPeekedRecords).value(), nullptr);
  EXPECT_EQ(reader.Peek(0).value()->text, "line 0");
  std::string passed;
  Record record;
  while (reader.Next(record).value()) passed.append(record.text).append(record.terminated ? "\n" : "");
  EXPECT_EQ(passed, text);
}

}  // namespace
}  // namespace donut::cli
