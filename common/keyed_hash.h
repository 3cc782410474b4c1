// Turns the texts that name users and sessions into the 64-bit ids that are stored.
// Keyed (SipHash-2-4 with the installation's own key), so that nobody can make up texts that
// collide; it is not meant to hide anything. The same key gives the same ids
// in every process. Immutable, so thread-safe; cheap to copy.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace donut {

class KeyedHash {
 public:
  static constexpr int kKeyBytes = 16;

  // INVALID_ARGUMENT unless `key` has 16 bytes.
  static absl::StatusOr<KeyedHash> Create(const std::string& key);

  int64_t UserId(int project_id, std::string_view distinct_id) const;
  // Whoever's it is: that of one user is (user id, session id).
  int64_t SessionId(int project_id, std::string_view session_text) const;
  // The hash of a fixed text: tells whether this is the key that it should be.
  int64_t Canary() const;

 private:
  explicit KeyedHash(const std::array<unsigned char, kKeyBytes>& key) : key_(key) {}
  int64_t HashOf(std::string_view bytes) const;

  std::array<unsigned char, kKeyBytes> key_;
};

}  // namespace donut
