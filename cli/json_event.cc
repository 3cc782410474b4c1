#include "cli/json_event.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/limits.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

using simdjson::dom::element_type;

constexpr int64_t kMaxExactInteger = static_cast<int64_t>(limits::kMaxInteger);

absl::Status Wrong(const JsonPlace& at, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(at.name(), ": ", rule));
}

absl::Status Deeper(const JsonPlace& at, int depth) {
  if (depth <= limits::kMaxPropertyNesting) return absl::OkStatus();
  return Wrong(at, absl::StrCat("nested deeper than ", limits::kMaxPropertyNesting, " levels"));
}

absl::Status TooBig(const JsonPlace& at) { return Wrong(at, "an integer beyond 2^53: write it as a string"); }

// As JSON writes it: without zeros in front.
bool IsInteger(const std::string& text) {
  const size_t first = text.starts_with('-') ? 1 : 0;
  return first < text.size() && text[first] >= '1' && text[first] <= '9' &&
         text.find_first_not_of("0123456789", first) == std::string::npos;
}

// `depth` is that of `object` itself.
absl::Status WriteMembers(simdjson::dom::object object, const JsonPlace& at, int depth,
                          const std::vector<JsonPath>& left_out, EventBytes& out) {
  for (const simdjson::dom::key_value_pair member : object) {
    const JsonPlace place{&at, member.key};
    const bool skip = std::any_of(left_out.begin(), left_out.end(),
                                  [&place](const JsonPath& path) { return place.Is(path); });
    if (skip) continue;
    out.OpenMember(member.key);
    RETURN_IF_ERROR(WriteValue(member.value, place, depth, left_out, out));
    out.CloseMember();
  }
  return absl::OkStatus();
}

absl::Status WriteList(simdjson::dom::array items, const JsonPlace& at, int depth, EventBytes& out) {
  out.OpenList();
  for (const simdjson::dom::element item : items) {
    out.OpenElement();
    RETURN_IF_ERROR(WriteValue(item, at, depth, {}, out));
    out.CloseElement();
  }
  out.CloseList();
  return absl::OkStatus();
}

}  // namespace

std::string JsonPlace::name() const {
  const std::string end(key);
  return above == nullptr || above->key.empty() ? end : absl::StrCat(above->name(), ".", end);
}

bool JsonPlace::Is(const JsonPath& path) const {
  const JsonPlace* place = this;
  for (size_t i = path.size(); i > 0; --i, place = place->above) {
    if (place == nullptr || place->key != path[i - 1]) return false;
  }
  return place == nullptr || (place->above == nullptr && place->key.empty());
}

absl::Status WriteValue(simdjson::dom::element element, const JsonPlace& at, int depth,
                        const std::vector<JsonPath>& left_out, EventBytes& out) {
  switch (element.type()) {
    case element_type::NULL_VALUE:
      out.Null();
      return absl::OkStatus();
    case element_type::BOOL:
      out.Bool(element.get_bool().value_unsafe());
      return absl::OkStatus();
    case element_type::DOUBLE:
      out.Number(element.get_double().value_unsafe());
      return absl::OkStatus();
    case element_type::INT64: {
      const int64_t number = element.get_int64().value_unsafe();
      if (number > kMaxExactInteger || number < -kMaxExactInteger) return TooBig(at);
      out.Number(static_cast<double>(number));
      return absl::OkStatus();
    }
    case element_type::UINT64:
      return TooBig(at);  // simdjson uses it only beyond int64
    case element_type::STRING:
      out.Text(element.get_string().value_unsafe());
      return absl::OkStatus();
    case element_type::OBJECT:
      RETURN_IF_ERROR(Deeper(at, depth + 1));
      out.OpenObject();
      RETURN_IF_ERROR(WriteMembers(element.get_object().value_unsafe(), at, depth + 1, left_out, out));
      out.CloseObject();
      return absl::OkStatus();
    case element_type::ARRAY:
      RETURN_IF_ERROR(Deeper(at, depth + 1));
      return WriteList(element.get_array().value_unsafe(), at, depth + 1, out);
  }
  return Wrong(at, "not a JSON value");
}

absl::Status AddJsonProperties(const std::string& json, google::protobuf::Struct& properties) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get_object().get(object) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("not a JSON object such as {\"plan\": \"pro\"}");
  }
  EventBytes bytes;
  RETURN_IF_ERROR(WriteMembers(object, {}, 1, {}, bytes));
  properties.MergeFromString(bytes.bytes());
  return absl::OkStatus();
}

absl::Status AddProperty(const std::string& assignment, google::protobuf::Struct& properties) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(absl::StrCat(assignment, ": must be key=value"));
  }
  const std::string key = assignment.substr(0, equals);
  const std::string text = assignment.substr(equals + 1);
  const JsonPlace at{nullptr, key};
  if (properties.fields().contains(key)) return Wrong(at, "the property is there twice");
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const simdjson::error_code error = parser.parse(text).get(element);
  if (error == simdjson::NUMBER_ERROR && IsInteger(text)) return TooBig(at);
  if (error != simdjson::SUCCESS) {
    (*properties.mutable_fields())[key].set_string_value(text);
    return absl::OkStatus();
  }
  EventBytes bytes;
  RETURN_IF_ERROR(WriteValue(element, at, 1, {}, bytes));
  (*properties.mutable_fields())[key].ParseFromString(bytes.bytes());
  return absl::OkStatus();
}

}  // namespace donut::cli
