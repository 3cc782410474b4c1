#include "collector/properties_json.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "common/limits.h"

namespace donut::collector {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

void AppendText(std::string_view text, std::string& out) {
  out += '"';
  size_t plain = 0;  // where the bytes begin that need no escape
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    switch (byte) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default: {
        constexpr char kHex[] = "0123456789abcdef";
        out += "\\u00";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      }
    }
  }
  out += text.substr(plain);
  out += '"';
}

void AppendNumber(double number, std::string& out) {
  char buffer[kMaxJsonNumberBytes];
  out.append(buffer, WriteJsonNumber(number, buffer));
}

void AppendValue(const Value& value, std::string& out) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      AppendNumber(value.number_value(), out);
      return;
    case Value::kStringValue:
      AppendText(value.string_value(), out);
      return;
    case Value::kBoolValue:
      out += value.bool_value() ? "true" : "false";
      return;
    case Value::kStructValue:
      AppendJson(value.struct_value(), out);
      return;
    case Value::kListValue: {
      char separator = '[';
      for (const Value& element : value.list_value().values()) {
        out += separator;
        separator = ',';
        AppendValue(element, out);
      }
      out += separator == '[' ? "[]" : "]";
      return;
    }
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      out += "null";
      return;
  }
}

}  // namespace

char* WriteJsonNumber(double number, char* out) {
  if (std::abs(number) <= limits::kMaxInteger) {
    const auto integer = static_cast<int64_t>(number);
    if (static_cast<double>(integer) == number) {
      return std::to_chars(out, out + kMaxJsonNumberBytes, integer).ptr;
    }
  }
  return std::to_chars(out, out + kMaxJsonNumberBytes, number).ptr;
}

void AppendJson(const Struct& properties, std::string& out) {
  char separator = '{';
  for (const auto& [key, value] : properties.fields()) {
    out += separator;
    separator = ',';
    AppendText(key, out);
    out += ':';
    AppendValue(value, out);
  }
  out += separator == '{' ? "{}" : "}";
}

}  // namespace donut::collector
