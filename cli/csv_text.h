// The grammar of CSV, as RFC 4180 has it: where a record ends, and which fields it has. A field that begins
// with a quote goes on to the quote that closes it, over delimiters and line ends; two quotes in it are one.
// Nothing else is guessed: a quote within a field that does not begin with one, or text behind a closing
// quote, is a flaw. Plain classes, not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace donut::cli {

// How a source's fields are written.
struct CsvDialect {
  char delimiter = ',';
  // False: a quote is a character like others, and every line is a record.
  bool quotes = true;
};

enum class CsvFlaw { kNone, kQuoteInside, kTextBehindQuote, kUnclosedQuote };

// Finds the newline that ends a record, where more of the text may come later.
class CsvRecordEnd {
 public:
  explicit CsvRecordEnd(char delimiter) : delimiter_(delimiter) {}

  enum class Found {
    kMore,  // not within `text`
    kEnd,   // a newline at at()
    kFlaw,  // the quotes are wrong: nobody can tell where the record ends
  };
  // `text` begins with the record. Looks on where the last call stopped: what that one saw must be the same.
  Found Look(std::string_view text);
  size_t at() const { return at_; }
  // What was seen so far ends within a quoted field.
  bool in_quotes() const { return state_ == State::kQuoted; }

 private:
  enum class State { kFieldStart, kBare, kQuoted, kQuoteSeen, kReturnSeen };

  const char delimiter_;
  State state_ = State::kFieldStart;
  size_t at_ = 0;
};

// Takes records apart.
class CsvFields {
 public:
  explicit CsvFields(const CsvDialect& dialect) : dialect_(dialect) {}

  // `record` without the line end. With a flaw, fields() are those before the one that has it.
  CsvFlaw Split(std::string_view record);
  // They refer to the record and to this object, until the next Split.
  const std::vector<std::string_view>& fields() const { return fields_; }

 private:
  const CsvDialect dialect_;
  std::vector<std::string_view> fields_;
  std::string unescaped_;
};

}  // namespace donut::cli
