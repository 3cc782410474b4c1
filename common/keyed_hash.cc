#include "common/keyed_hash.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/limits.h"

namespace donut {
namespace {

constexpr char kCanaryText[] = "donut installation canary";

// What is hashed starts with a letter for its kind, and the text is preceded by its length.
class HashedParts {
 public:
  HashedParts(char kind, int project_id, std::string_view text) {
    const size_t most = 1 + 2 * kNumberBytes + text.size();
    if (most > sizeof(usual_)) {
      large_ = std::make_unique<char[]>(most);
      start_ = at_ = large_.get();
    }
    *at_++ = kind;
    AddNumber(static_cast<uint32_t>(project_id));
    AddNumber(static_cast<uint32_t>(text.size()));
    at_ = std::copy(text.begin(), text.end(), at_);
  }
  HashedParts(const HashedParts&) = delete;
  HashedParts& operator=(const HashedParts&) = delete;

  std::string_view bytes() const { return {start_, static_cast<size_t>(at_ - start_)}; }

 private:
  static constexpr size_t kNumberBytes = sizeof(uint32_t);

  void AddNumber(uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) *at_++ = static_cast<char>((number >> shift) & 0xff);
  }

  // Room for any text that is within the limits; a hash for each event should not allocate.
  char usual_[1 + 2 * kNumberBytes + std::max(limits::kMaxUserIdBytes, limits::kMaxSessionIdBytes)];
  std::unique_ptr<char[]> large_;
  char* start_ = usual_;
  char* at_ = usual_;
};

}  // namespace

static_assert(KeyedHash::kKeyBytes == crypto_shorthash_KEYBYTES);
static_assert(sizeof(int64_t) == crypto_shorthash_BYTES);

absl::StatusOr<KeyedHash> KeyedHash::Create(const std::string& key) {
  if (key.size() != kKeyBytes) return absl::InvalidArgumentError("a hash key has 16 bytes");
  std::array<unsigned char, kKeyBytes> bytes;
  std::copy(key.begin(), key.end(), bytes.begin());
  return KeyedHash(bytes);
}

int64_t KeyedHash::HashOf(std::string_view bytes) const {
  unsigned char hash[crypto_shorthash_BYTES];
  crypto_shorthash(hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), key_.data());
  uint64_t number = 0;
  for (int i = 7; i >= 0; --i) number = number << 8 | hash[i];
  return static_cast<int64_t>(number);
}

int64_t KeyedHash::UserId(int project_id, std::string_view distinct_id) const {
  return HashOf(HashedParts('u', project_id, distinct_id).bytes());
}

int64_t KeyedHash::SessionId(int project_id, std::string_view session_text) const {
  return HashOf(HashedParts('s', project_id, session_text).bytes());
}

int64_t KeyedHash::Canary() const { return HashOf(kCanaryText); }

}  // namespace donut
