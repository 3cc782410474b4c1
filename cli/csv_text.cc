#include "cli/csv_text.h"

namespace donut::cli {
namespace {

constexpr char kQuote = '"';
constexpr size_t kNowhere = std::string_view::npos;

}  // namespace

CsvRecordEnd::Found CsvRecordEnd::Look(std::string_view text) {
  if (at_ == 0) {
    // Most records have no quotes.
    const size_t newline = text.find('\n');
    if (newline != kNowhere && text.substr(0, newline).find(kQuote) == kNowhere) {
      at_ = newline;
      return Found::kEnd;
    }
  }
  for (; at_ < text.size(); ++at_) {
    const char c = text[at_];
    switch (state_) {
      case State::kFieldStart:
      case State::kBare:
        if (c == '\n') return Found::kEnd;
        if (c == delimiter_) {
          state_ = State::kFieldStart;
        } else if (c != kQuote) {
          state_ = State::kBare;
        } else if (state_ == State::kFieldStart) {
          state_ = State::kQuoted;
        } else {
          return Found::kFlaw;
        }
        break;
      case State::kQuoted: {
        const size_t quote = text.find(kQuote, at_);
        if (quote == kNowhere) {
          at_ = text.size();
          return Found::kMore;
        }
        at_ = quote;
        state_ = State::kQuoteSeen;
        break;
      }
      case State::kQuoteSeen:
        if (c == '\n') return Found::kEnd;
        if (c == kQuote) {
          state_ = State::kQuoted;
        } else if (c == delimiter_) {
          state_ = State::kFieldStart;
        } else if (c == '\r') {
          state_ = State::kReturnSeen;
        } else {
          return Found::kFlaw;
        }
        break;
      case State::kReturnSeen:
        return c == '\n' ? Found::kEnd : Found::kFlaw;
    }
  }
  return Found::kMore;
}

CsvFlaw CsvFields::Split(std::string_view record) {
  fields_.clear();
  unescaped_.clear();
  unescaped_.reserve(record.size());  // so that fields stay where they are
  const bool any_quotes = dialect_.quotes && record.find(kQuote) != kNowhere;
  size_t at = 0;
  while (true) {
    if (!any_quotes || at >= record.size() || record[at] != kQuote) {
      const std::string_view rest = record.substr(at);
      const std::string_view field = rest.substr(0, rest.find(dialect_.delimiter));
      if (any_quotes && field.find(kQuote) != kNowhere) return CsvFlaw::kQuoteInside;
      fields_.push_back(field);
      at += field.size();
    } else {
      const size_t own = unescaped_.size();
      size_t from = ++at;
      while (true) {
        at = record.find(kQuote, at);
        if (at == kNowhere) return CsvFlaw::kUnclosedQuote;
        if (at + 1 == record.size() || record[at + 1] != kQuote) break;
        unescaped_.append(record, from, at + 1 - from);
        from = at += 2;
      }
      if (unescaped_.size() == own) {
        fields_.push_back(record.substr(from, at - from));
      } else {
        unescaped_.append(record, from, at - from);
        fields_.push_back(std::string_view(unescaped_).substr(own));
      }
      ++at;
    }
    if (at == record.size()) return CsvFlaw::kNone;
    if (record[at] != dialect_.delimiter) {
      fields_.pop_back();
      return CsvFlaw::kTextBehindQuote;
    }
    ++at;
  }
}

}  // namespace donut::cli
