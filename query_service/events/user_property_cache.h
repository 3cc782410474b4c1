// The properties of all users of a project, key by key, as questions have read them, kept from one to the
// next: a question of a later snapshot reads only the users whose properties changed in between, which the
// collector notes (history_user_changes). Within a number of bytes: the key that was not used for longest
// goes first. Thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/mutex.h"
#include "history/dictionary.h"

namespace donut::query {

// One key, of every user that has it.
struct UserValues {
  absl::flat_hash_map<int64_t, uint32_t> codes;
  history::DictionaryBuilder values;

  size_t MemoryBytes() const;
};

// What a snapshot sees of changes to users.
struct UserChanges {
  // Of all projects, and of this one.
  std::string global_state;
  std::string state;
  std::string previous_state;
  std::set<std::string> folded;
  std::set<std::string> changes;
};

class UserPropertyCache {
 public:
  using Key = std::pair<int, std::string>;  // project, property
  struct Known {
    UserChanges as_of;
    std::shared_ptr<const UserValues> values;
  };

  explicit UserPropertyCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // What was kept last; values is null: nothing.
  Known Find(const Key& key);
  void Put(const Key& key, Known known);
  size_t bytes() const;

 private:
  struct Entry {
    Known known;
    size_t bytes = 0;
    std::list<Key>::iterator used;
  };

  const size_t max_bytes_;
  mutable Mutex mutex_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::list<Key> used_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The changes of `now` that whoever knew the users as of `known` has yet to read. Nothing: that does not
// help, because `known` is of a later snapshot, or because too much happened in between.
std::optional<std::set<std::string>> ChangesSince(const UserChanges& known, const UserChanges& now);

}  // namespace donut::query
