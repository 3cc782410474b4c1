#include "tests/reference/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace donut::testing {
namespace {

using nlohmann::json;

// 1e+15 as 1000000000000000 and 1e-07 as 0.0000001: a numeric has no exponent.
std::string NumberText(const json& number) {
  std::string text = number.dump();
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  const size_t e = text.find('e');
  if (e != std::string::npos) {
    int exponent = std::stoi(text.substr(e + 1));
    std::string digits = text.substr(0, e);
    const size_t point = digits.find('.');
    if (point != std::string::npos) {
      exponent -= static_cast<int>(digits.size() - point - 1);
      digits.erase(point, 1);
    }
    if (exponent >= 0) {
      text = digits + std::string(exponent, '0');
    } else {
      const size_t places = static_cast<size_t>(-exponent);
      if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
      text = digits.insert(digits.size() - places, ".");
    }
  }
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  return negative && !is_zero ? "-" + text : text;
}

std::string Text(const json& value) {
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const json& one : value) parts.push_back(Text(one));
    return absl::StrCat("[", absl::StrJoin(parts, ", "), "]");
  }
  if (!value.is_object()) return value.is_number() ? NumberText(value) : value.dump();
  std::vector<std::string> keys;
  for (const auto& [key, one] : value.items()) keys.push_back(key);
  // As jsonb keeps them: shorter ones first.
  std::sort(keys.begin(), keys.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  for (const std::string& key : keys) parts.push_back(absl::StrCat(json(key).dump(), ": ", Text(value[key])));
  return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
}

}  // namespace

std::optional<std::string> JsonText(const std::map<std::string, std::string>& properties,
                                    const std::string& key, const std::vector<std::string>& nested_keys) {
  const auto found = properties.find(key);
  if (found == properties.end()) return std::nullopt;
  json value = json::parse(found->second);
  for (const std::string& nested : nested_keys) {
    if (!value.is_object() || !value.contains(nested)) return std::nullopt;
    value = json(value[nested]);
  }
  if (value.is_null()) return std::nullopt;
  return value.is_string() ? value.get<std::string>() : Text(value);
}

}  // namespace donut::testing
