// Reads a row of PostgreSQL's binary COPY back, column by column, without knowing how it was written. No
// state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace donut::testing {

inline int64_t BigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return static_cast<int64_t>(number);
}

// The values of the columns, nullopt: NULL. Empty when the bytes are not exactly one row.
inline std::vector<std::optional<std::string>> ReadRow(std::string_view row) {
  if (row.size() < 2) return {};
  const int64_t columns = BigEndian(row.substr(0, 2));
  row.remove_prefix(2);
  std::vector<std::optional<std::string>> values;
  for (int64_t i = 0; i < columns; ++i) {
    if (row.size() < 4) return {};
    const auto size = static_cast<int32_t>(BigEndian(row.substr(0, 4)));
    row.remove_prefix(4);
    if (size > static_cast<int32_t>(row.size())) return {};
    if (size < 0) {
      values.emplace_back();
      continue;
    }
    values.emplace_back(row.substr(0, static_cast<size_t>(size)));
    row.remove_prefix(static_cast<size_t>(size));
  }
  return row.empty() ? values : std::vector<std::optional<std::string>>();
}

}  // namespace donut::testing
