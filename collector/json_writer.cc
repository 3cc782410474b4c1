#include "collector/json_writer.h"

#include <algorithm>

#include "collector/properties_json.h"
#include "collector/text_word.h"
#include "common/utf8.h"
#include "google/protobuf/io/coded_stream.h"

namespace donut::collector {

bool JsonWriter::WriteText(std::string_view text) {
  Write('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    MakeRoom();
    const size_t count = std::min(static_cast<size_t>(end - at), kTextWordBytes);
    const TextWord word = LoadTextWord(at, count);
    // All eight are written, and those that do not count are written over.
    google::protobuf::io::CodedOutputStream::WriteLittleEndian64ToArray(word,
                                                                        reinterpret_cast<uint8_t*>(at_));
    const TextWord special = NotPlainJson(word);
    const size_t plain = special == 0 ? count : FirstMarked(special);
    at += plain;
    at_ += plain;
    if (special != 0 && !WriteSpecial(at, end)) return false;
  }
  Write('"');
  return true;
}

bool JsonWriter::WriteSpecial(const char*& at, const char* end) {
  const auto first = static_cast<unsigned char>(*at);
  if (first < 0x80) {
    ++at;
    if (first == 0) return false;
    WriteEscaped(first);
    return true;
  }
  const size_t length = Utf8CharacterBytes({at, static_cast<size_t>(end - at)});
  if (length == 0) return false;
  for (size_t i = 0; i < length; ++i) *at_++ = *at++;
  return true;
}

void JsonWriter::WriteEscaped(unsigned char byte) {
  switch (byte) {
    case '"':
      return Write("\\\"");
    case '\\':
      return Write("\\\\");
    case '\n':
      return Write("\\n");
    case '\r':
      return Write("\\r");
    case '\t':
      return Write("\\t");
    default: {
      constexpr char kHex[] = "0123456789abcdef";
      Write("\\u00");
      Write(kHex[byte >> 4]);
      Write(kHex[byte & 15]);
    }
  }
}

void JsonWriter::WriteNumber(double number) {
  static_assert(kMaxJsonNumberBytes <= kRoom);
  MakeRoom();
  at_ = WriteJsonNumber(number, at_);
}

}  // namespace donut::collector
