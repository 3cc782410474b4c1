#include "collector/properties_json.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "common/limits.h"

namespace donut::collector {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using history::ValueType;

// Writes a number that has at most three decimals, as prices and durations mostly do, and moves `out` behind
// it; false for others, which std::to_chars takes five times as long for. The text is the same: with at most
// 15 digits there is only one that reads back as this double.
bool WriteShortDecimal(double number, char*& out) {
  constexpr int64_t kScale = 1'000;
  constexpr double kMost = 1e12;  // with three decimals: 15 digits
  const double size = std::abs(number);
  if (!(size < kMost)) return false;
  const int64_t scaled = std::llround(size * kScale);
  if (static_cast<double>(scaled) / kScale != size) return false;
  if (number < 0) *out++ = '-';
  out = std::to_chars(out, out + kMaxJsonNumberBytes - 1, scaled / kScale).ptr;
  int64_t decimals = scaled % kScale;
  if (decimals == 0) return true;
  *out++ = '.';
  for (int64_t unit = kScale / 10; decimals > 0; unit /= 10) {
    *out++ = static_cast<char>('0' + decimals / unit);
    decimals %= unit;
  }
  return true;
}

// Nothing for null.
std::optional<ValueType> TypeOf(const Value& value) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return ValueType::kNumber;
    case Value::kStringValue:
      return ValueType::kText;
    case Value::kBoolValue:
      return ValueType::kBool;
    case Value::kStructValue:
    case Value::kListValue:
      return ValueType::kJson;
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      break;
  }
  return std::nullopt;
}

void AppendNumber(double number, std::string& out) {
  char buffer[kMaxJsonNumberBytes];
  out.append(buffer, WriteJsonNumber(number, buffer));
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& out) {
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

void AppendJsonValue(const Value& value, std::string& out) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      AppendNumber(value.number_value(), out);
      return;
    case Value::kStringValue:
      AppendJsonText(value.string_value(), out);
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
        AppendJsonValue(element, out);
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

char* WriteJsonNumber(double number, char* out) {
  if (std::abs(number) <= limits::kMaxInteger) {
    const auto integer = static_cast<int64_t>(number);
    if (static_cast<double>(integer) == number) {
      return std::to_chars(out, out + kMaxJsonNumberBytes, integer).ptr;
    }
  }
  if (WriteShortDecimal(number, out)) return out;
  return std::to_chars(out, out + kMaxJsonNumberBytes, number).ptr;
}

void AppendJson(const Struct& properties, std::string& out) {
  char separator = '{';
  for (const auto& [key, value] : properties.fields()) {
    out += separator;
    separator = ',';
    AppendJsonText(key, out);
    out += ':';
    AppendJsonValue(value, out);
  }
  out += separator == '{' ? "{}" : "}";
}

void AppendProperties(const Struct& properties, std::string& out, PropertyTexts& texts) {
  char separator = '{';
  for (const auto& [key, value] : properties.fields()) {
    out += separator;
    separator = ',';
    AppendJsonText(key, out);
    out += ':';
    const size_t begin = out.size();
    AppendJsonValue(value, out);
    if (const std::optional<ValueType> type = TypeOf(value)) {
      texts.Add({key, *type, value.string_value(), begin, out.size()});
    }
  }
  out += separator == '{' ? "{}" : "}";
}

}  // namespace donut::collector
