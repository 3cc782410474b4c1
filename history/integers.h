// An immutable list of integers in as few bytes as their range needs: a constant takes none, codes of a small
// dictionary one byte each. Every column of a block is made of these. In memory and on disk the same, but for
// compression (column_format.h). Thread-safe once made.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace donut::history {

class Integers {
 public:
  Integers() = default;
  // The narrowest form that holds them.
  explicit Integers(std::span<const int64_t> values);
  explicit Integers(std::span<const uint32_t> values);

  // As stored: value i is base + i * step + the unsigned little-endian number of `width` bytes at place i.
  // width is 0, 1, 2, 4 or 8; step is 0 unless width is 0. `bytes` has size * width bytes.
  Integers(size_t size, int64_t base, int64_t step, int width, std::string bytes);

  size_t size() const { return size_; }
  int64_t base() const { return base_; }
  int64_t step() const { return step_; }
  int width() const { return width_; }
  const std::string& bytes() const { return bytes_; }
  // What it holds in memory.
  size_t MemoryBytes() const { return bytes_.capacity(); }

  int64_t At(size_t i) const {
    const auto base = static_cast<uint64_t>(base_);
    switch (width_) {
      case 1:
        return static_cast<int64_t>(base + Stored<uint8_t>(i));
      case 2:
        return static_cast<int64_t>(base + Stored<uint16_t>(i));
      case 4:
        return static_cast<int64_t>(base + Stored<uint32_t>(i));
      case 8:
        return static_cast<int64_t>(base + Stored<uint64_t>(i));
      default:
        return static_cast<int64_t>(base + static_cast<uint64_t>(step_) * i);
    }
  }

  // Values [begin, begin + count) to `out`. Values must fit the type: codes, counts, quarters and
  // microseconds fit 32 bits.
  void Copy(size_t begin, size_t count, uint32_t* out) const;
  void Copy(size_t begin, size_t count, int64_t* out) const;

  // Whether all are this value, told without looking at them.
  bool IsConstant() const { return width_ == 0 && step_ == 0; }

 private:
  // A string's bytes lie anywhere.
  template <typename Number>
  uint64_t Stored(size_t i) const {
    Number number;
    std::memcpy(&number, bytes_.data() + i * sizeof(Number), sizeof(Number));
    return number;
  }

  size_t size_ = 0;
  int64_t base_ = 0;
  int64_t step_ = 0;
  int width_ = 0;
  std::string bytes_;
};

}  // namespace donut::history
