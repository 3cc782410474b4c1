// Writes a PostgreSQL array literal, element by element: libpqxx 6 takes arrays only as
// text. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace donut::collector {

class SqlArray {
 public:
  void Add(int64_t integer);
  void Add(std::optional<int64_t> integer);
  void AddBool(bool value);
  // Text, or JSON: whatever the element type reads from text.
  void AddText(std::string_view text);
  void AddText(const std::optional<std::string>& text);
  void AddBytes(std::string_view bytes);
  void AddNull();

  bool empty() const { return text_.size() == 1; }
  // The literal; the array is finished then.
  std::string Take();

 private:
  void Separate();
  std::string text_ = "{";
};

// A bytea literal for a single parameter.
std::string ByteaLiteral(std::string_view bytes);

}  // namespace donut::collector
