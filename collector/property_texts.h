// The properties of one event beside their JSON: each key, and its value's type and text, for the histories.
// Refers to the event's bytes or its parsed message, and to places in the JSON. One object serves many
// events, one after the other. Not thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "history/dictionary.h"

namespace donut::collector {

struct PropertyText {
  std::string_view key;
  history::ValueType type = history::ValueType::kText;
  std::string_view text;  // of kText
  // Of others: where their JSON stands, in the string that the event's JSON was appended to.
  size_t json_begin = 0;
  size_t json_end = 0;
};

class PropertyTexts {
 public:
  void Clear() { all_.clear(); }
  // Of a key that comes twice the last one counts, as jsonb has it.
  void Add(const PropertyText& property) { all_.push_back(property); }
  // The key's value is null, which is the same as none.
  void AddNull(std::string_view key) {
    std::erase_if(all_, [&](const PropertyText& property) { return property.key == key; });
  }

  const std::vector<PropertyText>& all() const { return all_; }

 private:
  std::vector<PropertyText> all_;
};

}  // namespace donut::collector
