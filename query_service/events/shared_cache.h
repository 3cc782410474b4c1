// What questions have read and others will read again, by its id, within a number of bytes: what was not used
// for longest goes first. Two questions never load the same thing at the same time: the second one waits for
// the first. What is in use stays in memory for as long as it is held, beyond the cache's bytes. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/mutex.h"

namespace donut::query {

struct CacheFigures {
  size_t bytes = 0;
  size_t entries = 0;
  int64_t hits = 0;
  int64_t misses = 0;
  int64_t evictions = 0;
};

// Value has MemoryBytes().
template <typename Value>
class SharedCache {
 public:
  using Pointer = std::shared_ptr<const Value>;

  explicit SharedCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // What a question wants: those that are there, and those that it now has to load and to Put or GiveUp,
  // each.
  struct Found {
    std::vector<Pointer> values;   // one per key; null: to be loaded, or being loaded by another
    std::vector<size_t> to_load;   // places in keys
    std::vector<size_t> to_await;  // places in keys
  };
  Found Find(const std::vector<std::string>& keys) {
    Found found;
    found.values.resize(keys.size());
    MutexLock lock(mutex_);
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto [place, is_new] = entries_.try_emplace(keys[i]);
      Entry& entry = place->second;
      if (is_new) {
        ++figures_.misses;
        entry.loading = true;
        found.to_load.push_back(i);
      } else if (entry.loading) {
        ++figures_.hits;
        found.to_await.push_back(i);
      } else {
        ++figures_.hits;
        found.values[i] = entry.value;
        used_.splice(used_.begin(), used_, entry.used);
      }
    }
    return found;
  }

  // What a question has to load: put, or given up when the question ends some other way.
  class Claims {
   public:
    Claims(SharedCache* cache, std::vector<std::string> keys) : cache_(cache), keys_(std::move(keys)) {}
    ~Claims() {
      for (const std::string& key : keys_) cache_->GiveUp(key);
    }
    Claims(const Claims&) = delete;
    Claims& operator=(const Claims&) = delete;
    const std::vector<std::string>& keys() const { return keys_; }
    // One value for each key.
    void Put(const std::vector<Pointer>& values) {
      for (size_t i = 0; i < keys_.size(); ++i) cache_->Put(keys_[i], values[i]);
      keys_.clear();
    }

   private:
    SharedCache* const cache_;
    std::vector<std::string> keys_;
  };

  // What was to be loaded is here.
  void Put(const std::string& key, Pointer value) {
    MutexLock lock(mutex_);
    Entry& entry = entries_[key];
    entry.loading = false;
    entry.value = std::move(value);
    entry.bytes = entry.value->MemoryBytes() + kEntryBytes;
    used_.push_front(key);
    entry.used = used_.begin();
    figures_.bytes += entry.bytes;
    Evict();
    loaded_.NotifyAll();
  }

  // What was to be loaded could not be.
  void GiveUp(const std::string& key) {
    MutexLock lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.loading) entries_.erase(found);
    loaded_.NotifyAll();
  }

  // Waits for what another question loads. Null when that one gave up, or when it is gone again: load it.
  Pointer Await(const std::string& key) {
    MutexLock lock(mutex_);
    for (;;) {
      const auto found = entries_.find(key);
      if (found == entries_.end()) return nullptr;
      if (!found->second.loading) return found->second.value;
      loaded_.Wait(mutex_);
    }
  }

  CacheFigures figures() const {
    MutexLock lock(mutex_);
    CacheFigures figures = figures_;
    figures.entries = entries_.size();
    return figures;
  }

 private:
  // Of an entry beside its value: key twice, list and map nodes.
  static constexpr size_t kEntryBytes = 256;

  struct Entry {
    Pointer value;
    size_t bytes = 0;
    bool loading = false;
    std::list<std::string>::iterator used;
  };

  void Evict() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    while (figures_.bytes > max_bytes_ && !used_.empty()) {
      const auto last = entries_.find(used_.back());
      figures_.bytes -= last->second.bytes;
      ++figures_.evictions;
      entries_.erase(last);
      used_.pop_back();
    }
  }

  const size_t max_bytes_;
  mutable Mutex mutex_;
  ConditionVariable loaded_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::list<std::string> used_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  CacheFigures figures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::query
