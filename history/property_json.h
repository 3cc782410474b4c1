// JSON texts of properties as values of a dictionary, normalised as PostgreSQL's jsonb prints them: keys of
// objects sorted by length and then by bytes, of equal keys the last, numbers as decimals without exponent,
// escapes resolved, ", " and ": " between. So what the collector packs equals what a block made from the
// table has. Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "history/dictionary.h"

namespace donut::history {

// A value that owns its text.
struct OwnedValue {
  ValueType type = ValueType::kText;
  std::string text;
  ValueView view() const { return {type, text}; }
  friend bool operator==(const OwnedValue&, const OwnedValue&) = default;
};

// Calls `take` for each key of a JSON object, in any order, with its value normalised; not for those whose
// value is null. Of a key that comes twice both are given, in order. INVALID_ARGUMENT: not an object, or no
// JSON.
absl::Status ReadProperties(std::string_view json,
                            const std::function<void(std::string_view key, ValueView value)>& take);

// The value of a JSON text; nothing for null. INVALID_ARGUMENT: no JSON.
absl::StatusOr<std::optional<OwnedValue>> ReadValue(std::string_view json);

// A JSON number, such as 1e-7 or -0.0, as jsonb prints it: 0.0000001, 0.0.
std::string NormalizeNumber(std::string_view number);

// The order of keys in jsonb's objects: by length in bytes, then by bytes.
bool IsKeyBefore(std::string_view a, std::string_view b);

// A text in quotes, escaped as jsonb escapes it.
void AppendQuoted(std::string_view text, std::string& json);

// Further into an object by keys, as jsonb's -> does: nothing where `value` is no object or lacks the key,
// and for null.
std::optional<OwnedValue> Lookup(ValueView value, std::span<const std::string> keys);

}  // namespace donut::history
