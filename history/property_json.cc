#include "history/property_json.h"

#include <tuple>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "history/json_reader.h"

namespace donut::history {
namespace {

absl::Status NoJson() { return absl::InvalidArgumentError("not valid JSON"); }

// One value into `text`, which is emptied before; false when there is none.
bool ReadTyped(JsonReader& reader, ValueType& type, std::string& text, bool& is_null) {
  text.clear();
  is_null = false;
  switch (reader.Peek()) {
    case '"':
      type = ValueType::kText;
      return reader.ReadText(text);
    case 't':
    case 'f':
      type = ValueType::kBool;
      return reader.ReadAny(text);
    case 'n':
      is_null = true;
      return reader.ReadAny(text);
    case '{':
    case '[':
      type = ValueType::kJson;
      return reader.ReadAny(text);
    default:
      type = ValueType::kNumber;
      return reader.ReadNumber(text);
  }
}

// Calls `take(key, type, text, is_null)` for each member.
template <typename Take>
absl::Status ForEachMember(std::string_view json, Take take) {
  JsonReader reader(json);
  if (!reader.Take('{')) return absl::InvalidArgumentError("not a JSON object");
  std::string key;
  std::string text;
  bool is_first = true;
  while (!reader.Take('}')) {
    if (!is_first && !reader.Take(',')) return NoJson();
    is_first = false;
    key.clear();
    ValueType type = ValueType::kText;
    bool is_null = false;
    if (!reader.ReadText(key) || !reader.Take(':') || !ReadTyped(reader, type, text, is_null))
      return NoJson();
    take(key, type, text, is_null);
  }
  return reader.AtEnd() ? absl::OkStatus() : NoJson();
}

// Of a key that is there and, further on, null, nothing may be given: so all is read before.
absl::Status ReadWithNulls(std::string_view json,
                           const std::function<void(std::string_view, ValueView)>& take) {
  struct Member {
    std::string key;
    OwnedValue value;
    bool is_null;
  };
  std::vector<Member> members;
  RETURN_IF_ERROR(
      ForEachMember(json, [&](const std::string& key, ValueType type, const std::string& text, bool is_null) {
        if (is_null) {
          std::erase_if(members, [&key](const Member& member) { return member.key == key; });
        } else {
          members.push_back({key, {type, text}, false});
        }
      }));
  for (const Member& member : members) take(member.key, member.value.view());
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadProperties(std::string_view json,
                            const std::function<void(std::string_view key, ValueView value)>& take) {
  if (json.find("null") != std::string_view::npos) return ReadWithNulls(json, take);
  return ForEachMember(json, [&](const std::string& key, ValueType type, const std::string& text, bool) {
    take(key, {type, text});
  });
}

absl::StatusOr<std::optional<OwnedValue>> ReadValue(std::string_view json) {
  JsonReader reader(json);
  OwnedValue value;
  bool is_null = false;
  if (!ReadTyped(reader, value.type, value.text, is_null) || !reader.AtEnd()) return NoJson();
  if (is_null) return std::optional<OwnedValue>();
  return std::optional<OwnedValue>(std::move(value));
}

std::string NormalizeNumber(std::string_view number) {
  std::string text;
  return AppendNormalized(number, text) ? text : std::string(number);
}

bool IsKeyBefore(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

void AppendQuoted(std::string_view text, std::string& json) {
  json += '"';
  size_t plain = 0;  // where the bytes begin that need no escape
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    json.append(text, plain, i - plain);
    plain = i + 1;
    json += '\\';
    constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
    constexpr std::string_view kEscapes = "\"\\bfnrt";
    if (const size_t which = kShort.find(text[i]); which != std::string_view::npos) {
      json += kEscapes[which];
    } else {
      constexpr char kHex[] = "0123456789abcdef";
      json += "u00";
      json += kHex[byte >> 4];
      json += kHex[byte & 15];
    }
  }
  json.append(text, plain);
  json += '"';
}

std::optional<OwnedValue> Lookup(ValueView value, std::span<const std::string> keys) {
  if (keys.empty()) return OwnedValue{value.type, std::string(value.text)};
  if (value.type != ValueType::kJson) return std::nullopt;
  JsonReader reader(value.text);
  std::string key;
  if (!reader.Take('{')) return std::nullopt;
  while (!reader.Take('}')) {
    key.clear();
    reader.Take(',');
    if (!reader.ReadText(key) || !reader.Take(':')) return std::nullopt;
    if (key != keys[0]) {
      if (!reader.SkipAny()) return std::nullopt;
      continue;
    }
    OwnedValue found;
    bool is_null = false;
    if (!ReadTyped(reader, found.type, found.text, is_null) || is_null) return std::nullopt;
    return Lookup(found.view(), keys.subspan(1));
  }
  return std::nullopt;
}

}  // namespace donut::history
