#include "cli/import_identity.h"

#include <sodium.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/limits.h"

namespace donut::cli {
namespace {

constexpr size_t kRollingHashBytes = 32;
constexpr char kOpenMark[] = "?";

std::string Blake2b(const std::string& text, size_t bytes) {
  std::string hash(bytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), bytes,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return hash;
}

}  // namespace

bool StartHashing() { return sodium_init() >= 0; }

// The words in front are part of every id ever made: never change them.
std::string ProducerIdOfLines(const std::string& mapping_fingerprint, const std::string& first_line,
                              int generation) {
  return Blake2b(
      absl::StrCat("donut import of lines 1\n", generation, "\n", mapping_fingerprint, "\n", first_line),
      limits::kProducerIdBytes);
}

std::string ProducerIdOfName(const std::string& name, int generation) {
  return Blake2b(absl::StrCat("donut import by name 1\n", generation, "\n", name), limits::kProducerIdBytes);
}

void RollingHash::Add(std::string_view line) {
  if (line.empty()) return;
  input_.assign(value_).append(line);
  value_ = Blake2b(input_, kRollingHashBytes);
}

// The hashes have a fixed length; numbers that are 0 are left out.
std::string ImportBookmark::ToText() const {
  std::string text = hash;
  if (unreadable > 0) absl::StrAppend(&text, unreadable);
  if (open_from > 0) absl::StrAppend(&text, kOpenMark, open_from, kOpenMark, hash_before_open);
  return text;
}

ImportBookmark ImportBookmark::FromText(const std::string& text) {
  const auto number = [](const std::string& digits) {
    int64_t value = 0;
    return absl::SimpleAtoi(digits, &value) ? value : 0;
  };
  ImportBookmark bookmark;
  bookmark.hash = text.substr(0, kRollingHashBytes);
  const std::string rest = text.substr(bookmark.hash.size());
  const size_t first_mark = rest.find(kOpenMark);
  bookmark.unreadable = number(rest.substr(0, first_mark));
  if (first_mark == std::string::npos) return bookmark;
  const size_t second_mark = rest.find(kOpenMark, first_mark + 1);
  if (second_mark == std::string::npos) return bookmark;
  bookmark.open_from = number(rest.substr(first_mark + 1, second_mark - first_mark - 1));
  bookmark.hash_before_open = rest.substr(second_mark + 1);
  return bookmark;
}

}  // namespace donut::cli
