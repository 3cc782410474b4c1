#include "common/keyed_hash.h"

#include <sodium.h>

#include <algorithm>

namespace donut {
namespace {

constexpr char kCanaryText[] = "donut installation canary";

// What is hashed starts with a letter for its kind, and every text is preceded by its length: no two
// different lists of parts give the same bytes.
void AppendNumber(std::string& bytes, uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>((number >> shift) & 0xff));
}

void AppendText(std::string& bytes, const std::string& text) {
  AppendNumber(bytes, static_cast<uint32_t>(text.size()));
  bytes += text;
}

}  // namespace

static_assert(KeyedHash::kKeyBytes == crypto_shorthash_KEYBYTES);
static_assert(sizeof(int64_t) == crypto_shorthash_BYTES);

absl::StatusOr<KeyedHash> KeyedHash::Create(const std::string& key) {
  if (key.size() != kKeyBytes) return absl::InvalidArgumentError("a hash key has 16 bytes");
  std::array<unsigned char, kKeyBytes> bytes;
  std::copy(key.begin(), key.end(), bytes.begin());
  return KeyedHash(bytes);
}

int64_t KeyedHash::HashOf(const std::string& bytes) const {
  unsigned char hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), key_.data());
  uint64_t number = 0;
  for (int i = 7; i >= 0; --i) number = number << 8 | hash[i];
  return static_cast<int64_t>(number);
}

int64_t KeyedHash::UserId(int project_id, const std::string& distinct_id) const {
  std::string bytes = "u";
  bytes.reserve(9 + distinct_id.size());
  AppendNumber(bytes, static_cast<uint32_t>(project_id));
  AppendText(bytes, distinct_id);
  return HashOf(bytes);
}

int64_t KeyedHash::SessionId(int project_id, const std::string& distinct_id,
                             const std::string& session_text) const {
  std::string bytes = "s";
  bytes.reserve(13 + distinct_id.size() + session_text.size());
  AppendNumber(bytes, static_cast<uint32_t>(project_id));
  AppendText(bytes, distinct_id);
  AppendText(bytes, session_text);
  return HashOf(bytes);
}

int64_t KeyedHash::Canary() const { return HashOf(kCanaryText); }

}  // namespace donut
