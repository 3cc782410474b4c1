// Remembers which texts (of users, of sessions) are in their table already, by key and with a fingerprint of
// the text, so that most events ask the database nothing about them. Filled after COMMIT. Bounded: two
// generations; when the younger is full the older is forgotten. All are with a connection that broke: the
// next one may lead to a database restored from a backup, or to a replica. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/metric_page.h"
#include "common/mutex.h"

namespace donut::collector {

class KnownTexts {
 public:
  // `noun`: what has the texts, for the metrics: "user".
  KnownTexts(std::string noun, size_t capacity)
      : noun_(std::move(noun)), generation_capacity_(capacity / 2 + 1) {}

  // Whether (project, id) is stored with exactly this text. Another text with the same id is unknown.
  bool Contains(int project_id, int64_t id, std::string_view text) const;
  void Add(int project_id, int64_t id, std::string_view text);
  void Forget();

  void AddMetrics(MetricPage& page) const;

 private:
  using Generation = absl::flat_hash_map<std::pair<int, int64_t>, uint64_t>;

  const std::string noun_;
  const size_t generation_capacity_;
  mutable Counter hits_;
  mutable Counter misses_;
  mutable Mutex mutex_;
  Generation young_ ABSL_GUARDED_BY(mutex_);
  Generation old_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace donut::collector
