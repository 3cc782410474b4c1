#include "tests/history/random_json.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string_view>

namespace donut::history {
namespace {

constexpr int kMaxDepth = 6;

std::string Escaped(uint32_t unit, bool capitals) {
  char text[8];
  std::snprintf(text, sizeof(text), capitals ? "\\u%04X" : "\\u%04x", unit);
  return text;
}

}  // namespace

std::string RandomJson::Space() {
  static constexpr std::string_view kSpaces[] = {" ", "\n", "\t", "\r", "  "};
  return OneIn(4) ? std::string(kSpaces[Below(std::size(kSpaces))]) : "";
}

std::string RandomJson::Number() {
  static constexpr std::string_view kOdd[] = {"0",
                                              "-0",
                                              "0.0",
                                              "-0.0",
                                              "1.0",
                                              "1.50",
                                              "12.500",
                                              "1e5",
                                              "1E5",
                                              "1e+05",
                                              "1e-7",
                                              "1.5e1",
                                              "-2.50E-3",
                                              "0e10",
                                              "0.00e-2",
                                              "-0e5",
                                              "1e-300",
                                              "5e-324",
                                              "1.7976931348623157e+308",
                                              "9007199254740992",
                                              "9007199254740993",
                                              "123456789012345678901234567890",
                                              "0.1234567890123456789012345678901234567890",
                                              "100e-2",
                                              "0.001e3",
                                              "0.0010e3",
                                              "1.e1",
                                              "00.5",
                                              "-1e-400",
                                              "10000e-4",
                                              "3.14159e0",
                                              "1e0",
                                              "-0.00e1",
                                              "-0.00e2",
                                              "0.10e1",
                                              "99e20"};
  switch (Below(6)) {
    case 0:
    case 1: {
      std::string number(kOdd[Below(std::size(kOdd))]);
      // Two are no JSON.
      return number == "1.e1" || number == "00.5" ? "7" : number;
    }
    case 2:
      return std::to_string(static_cast<int64_t>(random_()) >> Below(64));
    case 3: {
      double number = std::bit_cast<double>(random_());
      if (!std::isfinite(number)) number = 1;
      char text[32];
      return {text, std::to_chars(text, text + sizeof(text), number).ptr};
    }
    case 4: {
      char text[32];
      return {text,
              std::to_chars(text, text + sizeof(text), static_cast<double>(Below(100'000)) / 1'000).ptr};
    }
    default: {
      std::string number = OneIn(2) ? "-" : "";
      number += OneIn(3) ? "0" : std::to_string(1 + Below(1'000));
      if (OneIn(2)) {
        number += '.';
        for (size_t digits = 1 + Below(5); digits > 0; --digits)
          number += static_cast<char>('0' + (OneIn(2) ? 0 : Below(10)));
      }
      if (OneIn(2)) {
        number += OneIn(2) ? 'e' : 'E';
        static constexpr std::string_view kSigns[] = {"", "+", "-"};
        number += kSigns[Below(3)];
        if (OneIn(3)) number += '0';
        number += std::to_string(Below(30));
      }
      return number;
    }
  }
}

std::string RandomJson::Key() {
  static const std::string kKeys[] = {"",         "a",
                                      "b",        "B",
                                      "aa",       "ab",
                                      "\xC3\xA4", "key",
                                      "a b",      "q\"",
                                      "\\",       "\n",
                                      "zzzz",     "\xF0\x9F\x90\xA2",
                                      "null",     "long-key-long-key"};
  return kKeys[Below(std::size(kKeys))];
}

std::string RandomJson::Text() {
  static const std::string kPieces[] = {"a",
                                        "plain",
                                        "\"",
                                        "\\",
                                        "/",
                                        "\b",
                                        "\f",
                                        "\n",
                                        "\r",
                                        "\t",
                                        "\x01",
                                        "\x1f",
                                        "\x7f",
                                        "\xC3\xBC",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x90\xA2",
                                        "null",
                                        "{\"a\": 1}",
                                        " ",
                                        "\\u0041",
                                        "\xEF\xBF\xBF",
                                        "\xC2\x80",
                                        "1.0"};
  std::string text;
  for (size_t count = Below(6); count > 0; --count) text += kPieces[Below(std::size(kPieces))];
  return text;
}

// Each character as it is, where that may be, or in one of its escapes.
std::string RandomJson::Quoted(const std::string& text) {
  std::string json = "\"";
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const size_t length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    uint32_t code = length == 1 ? byte : byte & (0xff >> (length + 1));
    for (size_t j = 1; j < length; ++j) code = code << 6 | (static_cast<uint8_t>(text[i + j]) & 0x3f);
    static constexpr std::string_view kShort = "\"\\/\b\f\n\r\t";
    const size_t which = length == 1 ? kShort.find(text[i]) : std::string_view::npos;
    const bool must = byte < 0x20 || byte == '"' || byte == '\\';
    if (which != std::string_view::npos && (must ? !OneIn(4) : OneIn(2))) {
      json += '\\';
      json += "\"\\/bfnrt"[which];
    } else if (must || OneIn(6)) {
      const bool capitals = OneIn(2);
      if (code >= 0x10000) {
        json += Escaped(0xd800 + ((code - 0x10000) >> 10), capitals);
        json += Escaped(0xdc00 + ((code - 0x10000) & 0x3ff), capitals);
      } else {
        json += Escaped(code, capitals);
      }
    } else {
      json += text.substr(i, length);
    }
    i += length;
  }
  return json + '"';
}

std::string RandomJson::Value(int depth) {
  switch (Below(depth < kMaxDepth ? 10 : 8)) {
    case 0:
      return "null";
    case 1:
      return OneIn(2) ? "true" : "false";
    case 2:
    case 3:
    case 4:
      return Number();
    case 8:
      return Object(depth + 1);
    case 9:
      return List(depth + 1);
    default:
      return Quoted(Text());
  }
}

std::string RandomJson::List(int depth) {
  std::string json = "[" + Space();
  for (size_t count = Below(5), i = 0; i < count; ++i) {
    if (i > 0) json += "," + Space();
    json += Value(depth) + Space();
  }
  return json + "]";
}

std::string RandomJson::Object(int depth) {
  std::string json = "{" + Space();
  for (size_t count = Below(8), i = 0; i < count; ++i) {
    if (i > 0) json += "," + Space();
    json += Quoted(Key()) + Space() + ":" + Space() + Value(depth) + Space();
  }
  return json + "}";
}

std::string RandomJson::Damaged(std::string json) {
  static constexpr std::string_view kBytes = "{}[]\",:0123456789.eE+-\\u ntrfalsd\n\x01";
  for (size_t count = 1 + Below(3); count > 0; --count) {
    const size_t place = Below(json.size());
    if (static_cast<uint8_t>(json[place]) >= 0x80) continue;
    switch (Below(3)) {
      case 0:
        json[place] = kBytes[Below(kBytes.size())];
        break;
      case 1:
        json.insert(place, 1, kBytes[Below(kBytes.size())]);
        break;
      default:
        if (json.size() > 1) json.erase(place, 1);
    }
  }
  return json;
}

}  // namespace donut::history
