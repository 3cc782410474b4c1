// Gives the keys and values of a batch's properties numbers while its rows are written, so that whoever packs
// the events (fresh_rows.h) looks at most distinct values once. Equal texts mostly share a number, numbers
// only while they stay the same. Refers to the batch, and writes to it. One per batch; not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "collector/prepared_batch.h"
#include "collector/property_texts.h"

namespace donut::collector {

class PropertyCoder {
 public:
  explicit PropertyCoder(PreparedBatch& batch) : batch_(batch) {}

  // Adds those of the batch's last event, whose JSON stands in its rows. Texts within `payload`, which was
  // appended to the batch's text as `kept`, are referred to there; others are copied.
  void Add(const PropertyTexts& properties, std::string_view payload, TextRef kept);

 private:
  struct Run {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  // Where the texts of an event are.
  struct Source {
    std::string_view payload;
    TextRef kept;
  };

  std::string_view KeyText(uint32_t key) const { return batch_.Text(batch_.property_keys[key]); }
  std::string_view TextOf(const PropertyText& property) const;
  bool IsValue(uint32_t value, uint32_t key, history::ValueType type, std::string_view text) const;
  uint32_t KeyOf(std::string_view key, const Source& source);
  uint32_t ValueOf(uint32_t key, const PropertyText& property, std::string_view text, const Source& source);
  TextRef Keep(std::string_view text, const Source& source);

  PreparedBatch& batch_;
  // The codes of the last event of each name: the next one has the same keys, and often the same values.
  std::vector<Run> last_of_name_;
  // By a hash of the text. Of two that share one the second gets a new number each time.
  absl::flat_hash_map<uint64_t, uint32_t> keys_;
  absl::flat_hash_map<uint64_t, uint32_t> values_;
};

}  // namespace donut::collector
