#include "collector/sql_array.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace donut::collector {

void SqlArray::Separate() {
  if (text_.size() > 1) text_ += ',';
}

void SqlArray::Add(int64_t integer) {
  Separate();
  absl::StrAppend(&text_, integer);
}

void SqlArray::Add(std::optional<int64_t> integer) {
  if (integer) {
    Add(*integer);
  } else {
    AddNull();
  }
}

void SqlArray::AddBool(bool value) {
  Separate();
  text_ += value ? 't' : 'f';
}

void SqlArray::AddText(std::string_view text) {
  Separate();
  text_ += '"';
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\\') continue;
    text_ += text.substr(plain, i - plain);
    text_ += '\\';
    plain = i;
  }
  text_ += text.substr(plain);
  text_ += '"';
}

void SqlArray::AddText(const std::optional<std::string>& text) {
  if (text) {
    AddText(std::string_view(*text));
  } else {
    AddNull();
  }
}

void SqlArray::AddBytes(std::string_view bytes) { AddText(std::string_view(ByteaLiteral(bytes))); }

void SqlArray::AddNull() {
  Separate();
  text_ += "NULL";
}

std::string SqlArray::Take() {
  text_ += '}';
  return std::move(text_);
}

std::string ByteaLiteral(std::string_view bytes) {
  return absl::StrCat("\\x", absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size())));
}

}  // namespace donut::collector
