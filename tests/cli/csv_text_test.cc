#include "cli/csv_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace donut::cli {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Fields(const std::string& record, const CsvDialect& dialect = {}) {
  CsvFields fields(dialect);
  EXPECT_EQ(fields.Split(record), CsvFlaw::kNone) << record;
  return {fields.fields().begin(), fields.fields().end()};
}

// The flaw, and how many fields are in front of it.
std::pair<CsvFlaw, size_t> Flaw(const std::string& record) {
  CsvFields fields({});
  const CsvFlaw flaw = fields.Split(record);
  return {flaw, fields.fields().size()};
}

// RFC 4180, section 2. Its rules 1 to 3 (lines, the last line, the header) are the reader's.
TEST(CsvTextTest, Rule4FieldsAreDividedByCommasAndKeepTheirSpaces) {
  EXPECT_THAT(Fields("aaa,bbb,ccc"), ElementsAre("aaa", "bbb", "ccc"));
  EXPECT_THAT(Fields(" a , b"), ElementsAre(" a ", " b"));
  EXPECT_THAT(Fields("a,,"), ElementsAre("a", "", ""));
  EXPECT_THAT(Fields(","), ElementsAre("", ""));
  EXPECT_THAT(Fields(""), ElementsAre(""));
}

TEST(CsvTextTest, Rule5FieldsMayBeQuoted) {
  EXPECT_THAT(Fields("\"aaa\",bbb,\"\""), ElementsAre("aaa", "bbb", ""));
  EXPECT_EQ(Flaw("a,b\"c"), std::pair(CsvFlaw::kQuoteInside, size_t{1}));
  EXPECT_EQ(Flaw("a, \"b\""), std::pair(CsvFlaw::kQuoteInside, size_t{1}));
}

TEST(CsvTextTest, Rule6QuotedFieldsMayHoldLineEndsAndCommas) {
  EXPECT_THAT(Fields("\"b\r\nbb\",\"c,c\""), ElementsAre("b\r\nbb", "c,c"));
}

TEST(CsvTextTest, Rule7TwoQuotesInAQuotedFieldAreOne) {
  EXPECT_THAT(Fields(R"("b""bb","""","""a""","a""""b")"), ElementsAre("b\"bb", "\"", "\"a\"", "a\"\"b"));
}

TEST(CsvTextTest, TellsWhatIsWrongWithTheQuotes) {
  EXPECT_EQ(Flaw("a,\"b"), std::pair(CsvFlaw::kUnclosedQuote, size_t{1}));
  EXPECT_EQ(Flaw("\""), std::pair(CsvFlaw::kUnclosedQuote, size_t{0}));
  EXPECT_EQ(Flaw("\"\"\""), std::pair(CsvFlaw::kUnclosedQuote, size_t{0}));
  EXPECT_EQ(Flaw("a,b,\"c\"d"), std::pair(CsvFlaw::kTextBehindQuote, size_t{2}));
  EXPECT_EQ(Flaw("\"a\" ,b"), std::pair(CsvFlaw::kTextBehindQuote, size_t{0}));
}

TEST(CsvTextTest, OtherDelimitersAndNoQuotes) {
  EXPECT_THAT(Fields("a,b;\"c;d\"", {.delimiter = ';'}), ElementsAre("a,b", "c;d"));
  EXPECT_THAT(Fields("5\" pipe\t\"x", {.delimiter = '\t', .quotes = false}), ElementsAre("5\" pipe", "\"x"));
}

TEST(CsvTextTest, FieldsOfOneRecordStayWhileItsOthersAreUnescaped) {
  std::string record = "\"a\"\"\"";
  for (int i = 0; i < 200; ++i) record += ",\"x\"\"y\"";
  const std::vector<std::string> fields = Fields(record);
  ASSERT_EQ(fields.size(), 201);
  EXPECT_EQ(fields[0], "a\"");
  for (size_t i = 1; i < fields.size(); ++i) EXPECT_EQ(fields[i], "x\"y");
}

std::string Quoted(const std::string& field) {
  std::string text = "\"";
  for (const char c : field) text.append(c == '"' ? 2 : 1, c);
  return text + "\"";
}

// What any writer wrote comes back, at whatever byte the text is split on its way.
TEST(CsvTextTest, ReadsBackWhatWasWritten) {
  constexpr char kLetters[] = {'"', ',', '\n', '\r', 'a', ' ', ';'};
  for (uint64_t seed = 1; seed <= 2'000; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> fields(1 + random() % 5);
    std::vector<std::string> written;
    for (std::string& field : fields) {
      for (size_t size = random() % 6; field.size() < size;)
        field += kLetters[random() % std::size(kLetters)];
      const bool must_quote = field.find_first_of("\",\n\r") != std::string::npos;
      written.push_back(must_quote || random() % 2 == 0 ? Quoted(field) : field);
    }
    const std::string record = absl::StrJoin(written, ",");
    EXPECT_EQ(Fields(record), fields) << "seed " << seed;
    const std::string ending = random() % 2 == 0 ? "\n" : "\r\n";
    const std::string text = absl::StrCat(record, ending, "next\n");
    for (size_t split = 0; split <= text.size(); ++split) {
      CsvRecordEnd end(',');
      CsvRecordEnd::Found found = end.Look(std::string_view(text).substr(0, split));
      if (found == CsvRecordEnd::Found::kMore) found = end.Look(text);
      EXPECT_EQ(found, CsvRecordEnd::Found::kEnd) << "seed " << seed;
      EXPECT_EQ(end.at(), record.size() + ending.size() - 1) << "seed " << seed << " split at " << split;
    }
  }
}

// The two classes have one grammar: a record ends where the fields can be split, and else there is a flaw.
TEST(CsvTextTest, RecordsAndFieldsAgree) {
  constexpr char kLetters[] = {'"', '"', ',', '\n', 'a'};
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text;
    for (size_t size = 1 + random() % 12; text.size() < size;)
      text += kLetters[random() % std::size(kLetters)];
    text += '\n';
    CsvRecordEnd end(',');
    const CsvRecordEnd::Found found = end.Look(text);
    CsvFields fields({});
    if (found == CsvRecordEnd::Found::kEnd) {
      EXPECT_EQ(fields.Split(text.substr(0, end.at())), CsvFlaw::kNone) << "seed " << seed;
    } else if (found == CsvRecordEnd::Found::kFlaw) {
      // Nowhere does a line end that would make a record of it.
      for (size_t at = text.find('\n'); at < end.at(); at = text.find('\n', at + 1)) {
        EXPECT_NE(fields.Split(text.substr(0, at)), CsvFlaw::kNone) << "seed " << seed;
      }
      EXPECT_NE(fields.Split(text), CsvFlaw::kNone) << "seed " << seed;
    } else {
      EXPECT_TRUE(end.in_quotes()) << "seed " << seed;
      EXPECT_EQ(fields.Split(text), CsvFlaw::kUnclosedQuote) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace donut::cli
