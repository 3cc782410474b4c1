// Walks the wire bytes of one protobuf message that nobody parses as a whole, because building the message
// costs more than all else that is done with it. As strict as protobuf's own parser about varints and
// lengths; what the fields mean is the caller's business. Refers to the bytes; a value, not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace donut::collector {

class WireCursor {
 public:
  explicit WireCursor(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool AtEnd() const { return at_ == end_; }
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }
  // At most rest().size().
  void Skip(size_t bytes) { at_ += bytes; }

  // One byte, which is the whole tag of a field numbered 1 to 15. Not at the end.
  uint8_t ReadByte() { return static_cast<uint8_t>(*at_++); }

  // A tag of any size; false when it is damaged. As protobuf, takes the 32 bits that may count.
  bool ReadTag(uint32_t& tag) {
    uint64_t value;
    if (!ReadVarintOf(kMaxTagBytes, value)) return false;
    tag = static_cast<uint32_t>(value);
    return true;
  }

  // The next byte is `byte`; it is taken if so.
  bool Take(uint8_t byte) {
    if (AtEnd() || static_cast<uint8_t>(*at_) != byte) return false;
    ++at_;
    return true;
  }

  // False when it does not end, in the message or after ten bytes.
  bool ReadVarint(uint64_t& value) { return ReadVarintOf(kMaxVarintBytes, value); }

  // A length and as many bytes; false when there are not so many.
  bool ReadBytes(std::string_view& bytes) {
    uint64_t length;
    if (!ReadVarintOf(kMaxLengthBytes, length) || length > static_cast<size_t>(end_ - at_)) return false;
    bytes = {at_, static_cast<size_t>(length)};
    at_ += length;
    return true;
  }

 private:
  static constexpr int kMaxVarintBytes = 10;
  static constexpr int kMaxLengthBytes = 5;
  static constexpr int kMaxTagBytes = 5;

  bool ReadVarintOf(int most_bytes, uint64_t& value) {
    if (AtEnd()) return false;
    value = ReadByte();
    if (value < 0x80) return true;
    value &= 0x7f;
    for (int i = 1; i < most_bytes && !AtEnd(); ++i) {
      const uint64_t byte = ReadByte();
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return true;
    }
    return false;
  }

  const char* at_;
  const char* end_;
};

}  // namespace donut::collector
