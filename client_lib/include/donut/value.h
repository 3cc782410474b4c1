// The values that an event's properties can have. A Value refers to the caller's text,
// lists and objects and owns nothing, so that Track costs no allocation: use it within
// the call, as in
//
//   client->Track("signup", user, {{"plan", "pro"}, {"seats", 5}, {"tags", Value::List({"a", "b"})}});
//
// Lists and objects that are built at run time, or kept in a variable, stand in containers of the caller
// (braces in List({...}) are gone at the end of the statement):
//
//   std::vector<donut::Value> tags = ...;
//   client->Track("signup", user, {{"tags", donut::Value::List(tags)}});
//
// Immutable; as thread-safe as what it refers to.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace donut {

struct Property;

class Value {
 public:
  enum class Kind : uint8_t { kNull, kBool, kInteger, kDouble, kString, kList, kObject };

  constexpr Value() : kind_(Kind::kNull), integer_(0) {}
  constexpr Value(std::nullptr_t) : Value() {}

  // A template, so that a pointer is never taken for a bool.
  template <std::same_as<bool> T>
  constexpr Value(T value) : kind_(Kind::kBool), bool_(value) {}

  // Integers beyond +-2^53 are refused by Track: send them as strings.
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr Value(T value)
      : kind_(Kind::kInteger), integer_(Saturated(value)) {}

  template <std::floating_point T>
  constexpr Value(T value) : kind_(Kind::kDouble), double_(static_cast<double>(value)) {}

  // A null pointer is null.
  constexpr Value(const char* text) : Value() {
    if (text != nullptr) *this = Value(std::string_view(text));
  }
  constexpr Value(std::string_view text) : kind_(Kind::kString), size_(text.size()), text_(text.data()) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}

  // The braces live until the end of the full expression: fine within a call of Track.
  static Value List(std::initializer_list<Value> values) { return {values.begin(), values.size()}; }
  static Value List(std::span<const Value> values) { return {values.data(), values.size()}; }
  static Value Object(std::initializer_list<Property> properties);
  static Value Object(std::span<const Property> properties);

  Kind kind() const { return kind_; }
  // Each only for its own kind.
  bool bool_value() const { return bool_; }
  int64_t integer() const { return integer_; }
  double double_value() const { return double_; }
  std::string_view text() const { return {text_, size_}; }
  std::span<const Value> list() const { return {list_, size_}; }
  std::span<const Property> object() const;

 private:
  constexpr Value(const Value* list, size_t size) : kind_(Kind::kList), size_(size), list_(list) {}
  constexpr Value(const Property* object, size_t size) : kind_(Kind::kObject), size_(size), object_(object) {}

  template <std::integral T>
  static constexpr int64_t Saturated(T value) {
    constexpr auto kMost = std::numeric_limits<int64_t>::max();
    if constexpr (std::unsigned_integral<T>) {
      return value > static_cast<uint64_t>(kMost) ? kMost : static_cast<int64_t>(value);
    } else {
      return value;
    }
  }

  Kind kind_;
  size_t size_ = 0;
  union {
    bool bool_;
    int64_t integer_;
    double double_;
    const char* text_;
    const Value* list_;
    const Property* object_;
  };
};

// One key and its value. Of two with the same key the later one counts.
struct Property {
  std::string_view key;
  Value value;
};

// Keys and values in braces, or those of a container of the caller. As List and Object, what stands in braces
// is gone at the end of the statement.
class PropertyList {
 public:
  constexpr PropertyList() = default;
  constexpr PropertyList(std::initializer_list<Property> properties)
      : PropertyList(std::span<const Property>(properties.begin(), properties.size())) {}
  constexpr PropertyList(std::span<const Property> properties) : properties_(properties) {}
  PropertyList(const std::vector<Property>& properties)
      : PropertyList(std::span<const Property>(properties)) {}

  constexpr std::span<const Property> span() const { return properties_; }

 private:
  std::span<const Property> properties_;
};

inline Value Value::Object(std::initializer_list<Property> properties) {
  return {properties.begin(), properties.size()};
}
inline Value Value::Object(std::span<const Property> properties) {
  return {properties.data(), properties.size()};
}
inline std::span<const Property> Value::object() const { return {object_, size_}; }

}  // namespace donut
