#include "cli/import_identity.h"

#include <sodium.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/limits.h"

namespace donut::cli {
namespace {

constexpr size_t kRollingHashBytes = 32;

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

void RollingHash::Add(const std::string& line) {
  if (!line.empty()) value_ = Blake2b(absl::StrCat(value_, line), kRollingHashBytes);
}

// The hash has a fixed length; the number is left out when it is 0.
std::string ImportBookmark::ToText() const { return unreadable > 0 ? absl::StrCat(hash, unreadable) : hash; }

ImportBookmark ImportBookmark::FromText(const std::string& text) {
  ImportBookmark bookmark;
  bookmark.hash = text.substr(0, kRollingHashBytes);
  const std::string number = text.substr(bookmark.hash.size());
  if (!absl::SimpleAtoi(number, &bookmark.unreadable)) bookmark.unreadable = 0;
  return bookmark;
}

}  // namespace donut::cli
