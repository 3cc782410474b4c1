// The distinct values of one property within a block, each with a number from 1 on: 0 stands for "has none",
// which a JSON null is as well. A value is kept as its type and its text, as PostgreSQL's jsonb prints it; so
// filters and breakdowns decide once per distinct value, not once per event. The builder is not thread-safe,
// a finished dictionary is immutable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace donut::history {

enum class ValueType : uint8_t {
  kText = 0,    // the text itself, without quotes or escapes
  kNumber = 1,  // a decimal without exponent, as jsonb prints it: 12.50 and 12.5 are two
  kBool = 2,    // "true" or "false"
  kJson = 3,    // a list or an object, as jsonb prints it
};

struct ValueView {
  ValueType type = ValueType::kText;
  std::string_view text;
  friend bool operator==(const ValueView&, const ValueView&) = default;
};

class Dictionary {
 public:
  Dictionary() { ends_.push_back(0); }
  // Of its parts, which must fit each other: see the fields.
  Dictionary(std::string types, std::vector<uint32_t> ends, std::string text)
      : types_(std::move(types)), ends_(std::move(ends)), text_(std::move(text)) {}

  // How many values; their codes are 1 to size().
  size_t size() const { return types_.size(); }
  ValueView At(uint32_t code) const {
    return {static_cast<ValueType>(types_[code - 1]),
            std::string_view(text_).substr(ends_[code - 1], ends_[code] - ends_[code - 1])};
  }
  size_t MemoryBytes() const;

  // Behind the last one; returns its code. Does not look for equal ones.
  uint32_t Append(ValueView value);

  // For column_format.
  const std::string& types() const { return types_; }
  const std::vector<uint32_t>& ends() const { return ends_; }
  const std::string& text() const { return text_; }

 private:
  std::string types_;           // a byte each
  std::vector<uint32_t> ends_;  // value c is the text from ends_[c - 1] to ends_[c]
  std::string text_;
};

// A dictionary in which each value is once.
class DictionaryBuilder {
 public:
  // The code of the value, a new one if need be.
  uint32_t CodeOf(ValueView value);
  const Dictionary& dictionary() const { return dictionary_; }
  // The dictionary; empty afterwards.
  Dictionary Take();
  size_t MemoryBytes() const;

 private:
  // By a hash of type and text; those that share one are followed through next_.
  absl::flat_hash_map<uint64_t, uint32_t> codes_;
  std::vector<uint32_t> next_;
  Dictionary dictionary_;
};

}  // namespace donut::history
