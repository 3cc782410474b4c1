#include "cli/json_event.h"

#include <cmath>
#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/limits.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

using simdjson::dom::element_type;

constexpr double kFirstMilliseconds = 1e11;
constexpr double kMostMilliseconds = 1e14;
constexpr int64_t kMaxExactInteger = static_cast<int64_t>(limits::kMaxInteger);

absl::Status Wrong(const JsonPath& at, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(absl::StrJoin(at, "."), ": ", rule));
}

JsonPath Below(const JsonPath& at, std::string_view key) {
  JsonPath path = at;
  path.emplace_back(key);
  return path;
}

bool Contains(const std::vector<JsonPath>& paths, const JsonPath& path) {
  for (const JsonPath& candidate : paths) {
    if (candidate == path) return true;
  }
  return false;
}

absl::Status Deeper(const JsonPath& at, int depth) {
  if (depth <= limits::kMaxPropertyNesting) return absl::OkStatus();
  return Wrong(at, absl::StrCat("nested deeper than ", limits::kMaxPropertyNesting, " levels"));
}

absl::Status TooBig(const JsonPath& at) { return Wrong(at, "an integer beyond 2^53: write it as a string"); }

// As JSON writes it: without zeros in front.
bool IsInteger(const std::string& text) {
  const size_t first = text.starts_with('-') ? 1 : 0;
  return first < text.size() && text[first] >= '1' && text[first] <= '9' &&
         text.find_first_not_of("0123456789", first) == std::string::npos;
}

// `depth` is that of `object` itself.
absl::Status ConvertMembers(simdjson::dom::object object, const JsonPath& at, int depth,
                            const std::vector<JsonPath>& left_out, google::protobuf::Struct& properties);

absl::Status Convert(simdjson::dom::element element, const JsonPath& at, int depth,
                     const std::vector<JsonPath>& left_out, google::protobuf::Value& value) {
  switch (element.type()) {
    case element_type::NULL_VALUE:
      value.set_null_value(google::protobuf::NULL_VALUE);
      return absl::OkStatus();
    case element_type::BOOL:
      value.set_bool_value(element.get_bool().value_unsafe());
      return absl::OkStatus();
    case element_type::DOUBLE:
      value.set_number_value(element.get_double().value_unsafe());
      return absl::OkStatus();
    case element_type::INT64: {
      const int64_t number = element.get_int64().value_unsafe();
      if (number > kMaxExactInteger || number < -kMaxExactInteger) return TooBig(at);
      value.set_number_value(static_cast<double>(number));
      return absl::OkStatus();
    }
    case element_type::UINT64:
      return TooBig(at);  // simdjson uses it only beyond int64
    case element_type::STRING: {
      const std::string_view text = element.get_string().value_unsafe();
      value.set_string_value(text.data(), text.size());
      return absl::OkStatus();
    }
    case element_type::OBJECT:
      RETURN_IF_ERROR(Deeper(at, depth + 1));
      return ConvertMembers(element.get_object().value_unsafe(), at, depth + 1, left_out,
                            *value.mutable_struct_value());
    case element_type::ARRAY: {
      RETURN_IF_ERROR(Deeper(at, depth + 1));
      google::protobuf::ListValue& list = *value.mutable_list_value();
      const simdjson::dom::array items = element.get_array().value_unsafe();
      for (const simdjson::dom::element item : items) {
        RETURN_IF_ERROR(Convert(item, at, depth + 1, {}, *list.add_values()));
      }
      return absl::OkStatus();
    }
  }
  return Wrong(at, "not a JSON value");
}

absl::Status ConvertMembers(simdjson::dom::object object, const JsonPath& at, int depth,
                            const std::vector<JsonPath>& left_out, google::protobuf::Struct& properties) {
  for (const simdjson::dom::key_value_pair member : object) {
    const JsonPath path = Below(at, member.key);
    if (!left_out.empty() && Contains(left_out, path)) continue;
    RETURN_IF_ERROR(Convert(member.value, path, depth, left_out,
                            (*properties.mutable_fields())[std::string(member.key)]));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ToValue(simdjson::dom::element element, const JsonPath& at, int depth,
                     google::protobuf::Value& value) {
  return Convert(element, at, depth, {}, value);
}

absl::Status AddMembers(simdjson::dom::object object, const JsonPath& at,
                        const std::vector<JsonPath>& left_out, google::protobuf::Struct& properties) {
  for (const simdjson::dom::key_value_pair member : object) {
    const JsonPath path = Below(at, member.key);
    if (Contains(left_out, path)) continue;
    const std::string key(member.key);
    if (properties.fields().contains(key)) return Wrong(path, "the property is there twice, from two places");
    RETURN_IF_ERROR(Convert(member.value, path, 1, left_out, (*properties.mutable_fields())[key]));
  }
  return absl::OkStatus();
}

absl::Status AddJsonProperties(const std::string& json, google::protobuf::Struct& properties) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get_object().get(object) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("not a JSON object such as {\"plan\": \"pro\"}");
  }
  return AddMembers(object, {}, {}, properties);
}

absl::Status AddProperty(const std::string& assignment, google::protobuf::Struct& properties) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(absl::StrCat(assignment, ": must be key=value"));
  }
  const std::string key = assignment.substr(0, equals);
  const std::string text = assignment.substr(equals + 1);
  if (properties.fields().contains(key)) return Wrong({key}, "the property is there twice");
  google::protobuf::Value& value = (*properties.mutable_fields())[key];
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const simdjson::error_code error = parser.parse(text).get(element);
  if (error == simdjson::NUMBER_ERROR && IsInteger(text)) return TooBig({key});
  if (error != simdjson::SUCCESS) {
    value.set_string_value(text);
    return absl::OkStatus();
  }
  return ToValue(element, {key}, 1, value);
}

absl::StatusOr<absl::Time> ParseRfc3339(const std::string& text) {
  absl::Time time;
  const bool shape = text.size() >= 20 && text[4] == '-' && text[7] == '-';
  if (shape) {
    std::string with_t = text;
    if (with_t[10] == ' ' || with_t[10] == 't') with_t[10] = 'T';
    if (absl::ParseTime(absl::RFC3339_full, with_t, &time, nullptr)) return time;
  }
  return absl::InvalidArgumentError("not a time such as 2024-01-31T05:00:00Z (the zone is needed)");
}

absl::StatusOr<absl::Time> FromUnixNumber(double number) {
  if (!std::isfinite(number) || std::abs(number) >= kMostMilliseconds) {
    return absl::InvalidArgumentError("not a time in Unix seconds or milliseconds");
  }
  const double microseconds = std::abs(number) < kFirstMilliseconds ? number * 1e6 : number * 1e3;
  return absl::FromUnixMicros(std::llround(microseconds));
}

}  // namespace donut::cli
