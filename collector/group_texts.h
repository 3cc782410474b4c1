// The texts that a group's events name, of users or of sessions, under their 64-bit keys: which of them the
// cache knows, and what the table says of the others. Two texts with one key are a collision; whose text is
// not the stored one is refused. Refers to the texts that it is given. One object per attempt; not
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <pqxx/pqxx>
#include <set>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "collector/known_texts.h"

namespace donut::collector {

class GroupTexts {
 public:
  // The statements take arrays of projects, ids and texts: one adds rows, the other finds those that are
  // there with another text.
  GroupTexts(KnownTexts& known, const char* insert, const char* find_collisions)
      : known_(known), insert_(insert), find_collisions_(find_collisions) {}

  // False: another text of this group has the same key.
  [[nodiscard]] bool Take(int project_id, int64_t id, std::string_view text);

  // Stores those that the cache did not know. Returns whether some collide with a stored text.
  [[nodiscard]] bool Store(pqxx::transaction_base& transaction);
  // After Store: whether the stored text of this key is another one.
  bool Collides(int project_id, int64_t id, std::string_view text) const;

  // After COMMIT.
  void Remember();

 private:
  using Key = std::pair<int, int64_t>;
  // What was taken last at this place, by the low bits of the id: the events of a user come close together,
  // and the cache is large and shared.
  struct Recent {
    int project_id = 0;  // 0: nothing
    int64_t id = 0;
    std::string_view text;
  };
  static constexpr size_t kRecent = 256;

  KnownTexts& known_;
  const char* const insert_;
  const char* const find_collisions_;
  std::array<Recent, kRecent> recent_;
  // Those that the cache did not know.
  absl::flat_hash_map<Key, std::string_view> met_;
  std::set<Key> collisions_;
};

}  // namespace donut::collector
