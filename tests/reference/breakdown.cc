#include "tests/reference/breakdown.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace donut::testing {
namespace {

using nlohmann::json;

// As PostgreSQL writes JSON: with blanks, shorter keys first, and no exponents.
std::string TextOfJson(const json& value) {
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const json& element : value) parts.push_back(TextOfJson(element));
    return absl::StrCat("[", absl::StrJoin(parts, ", "), "]");
  }
  if (value.is_object()) {
    std::map<std::pair<size_t, std::string>, std::string> by_length;
    for (const auto& [key, element] : value.items()) by_length[{key.size(), key}] = TextOfJson(element);
    for (const auto& [key, text] : by_length) {
      parts.push_back(absl::StrCat(json(key.second).dump(), ": ", text));
    }
    return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
  }
  const std::string text = value.dump();
  if (value.is_number_float() && absl::StrContains(text, "e+")) {
    return absl::StrFormat("%.0f", value.get<double>());
  }
  return text;
}

}  // namespace

std::optional<std::string> ValueByDefinition(const v1::Breakdown& breakdown, const HistoryEvent& event,
                                             const History& history) {
  if (breakdown.event_name()) return event.name;
  const bool of_user = breakdown.subject_case() == v1::Breakdown::kUserProperty;
  const auto user = history.user_properties.find(event.user);
  if (of_user && user == history.user_properties.end()) return std::nullopt;
  const std::map<std::string, std::string>& properties = of_user ? user->second : event.properties;
  const auto found = properties.find(of_user ? breakdown.user_property() : breakdown.event_property());
  if (found == properties.end()) return std::nullopt;
  json value = json::parse(found->second);
  for (const std::string& key : breakdown.nested_keys()) {
    if (!value.is_object() || !value.contains(key)) return std::nullopt;
    value = json(value[key]);
  }
  if (value.is_null()) return std::nullopt;
  return value.is_string() ? value.get<std::string>() : TextOfJson(value);
}

std::vector<std::string> TopValuesByDefinition(const std::map<std::string, int64_t>& counts, int limit) {
  std::vector<std::string> values;
  for (const auto& [value, count] : counts) values.push_back(value);
  std::sort(values.begin(), values.end(), [&](const std::string& a, const std::string& b) {
    return counts.at(a) != counts.at(b) ? counts.at(a) > counts.at(b) : a < b;
  });
  if (values.size() > static_cast<size_t>(limit)) values.resize(limit);
  return values;
}

}  // namespace donut::testing
