// Merges what the events of a group say about their users into one row per user, because one statement may
// touch a row only once. Of each key the latest version stands, as in sql/merge_user_properties.sql:
// merging commutes. Refers to the texts that are added. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace donut::collector {

// When a key was set: the place of the event in the order that events have everywhere.
struct PropertyVersion {
  int64_t event_time_us = 0;
  int producer_no = 0;
  int64_t sequence = 0;

  bool operator==(const PropertyVersion&) const = default;
  friend bool operator<(const PropertyVersion& a, const PropertyVersion& b) {
    return std::tie(a.event_time_us, a.producer_no, a.sequence) <
           std::tie(b.event_time_us, b.producer_no, b.sequence);
  }
};

struct UserPropertyRow {
  struct Setting {
    PropertyVersion version;
    std::string_view value_json;  // "null" removes the key
  };
  std::string_view distinct_id;
  // By the key as JSON text, which is the same for the same key.
  std::map<std::string_view, Setting> settings;
};

class UserPropertyRows {
 public:
  using Key = std::pair<int, int64_t>;  // project, user

  UserPropertyRow& RowOf(const Key& key, std::string_view distinct_id);
  static void Set(UserPropertyRow& row, std::string_view key_json, std::string_view value_json,
                  const PropertyVersion& version);

  // Sorted by key.
  const std::map<Key, UserPropertyRow>& rows() const { return rows_; }

 private:
  std::map<Key, UserPropertyRow> rows_;
};

}  // namespace donut::collector
