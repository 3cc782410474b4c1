#include "history/integers.h"

#include <bit>
#include <cstring>
#include <utility>

namespace donut::history {
namespace {

static_assert(std::endian::native == std::endian::little, "what is stored is little-endian");

// Loops of a fixed length inside: those the compiler turns into vector instructions at -O2.
constexpr size_t kStride = 32;

template <typename Stored, typename Out>
void CopyStored(const char* from, size_t count, Out base, Out* out) {
  size_t i = 0;
  for (; i + kStride <= count; i += kStride) {
    Stored stored[kStride];
    std::memcpy(stored, from + i * sizeof(Stored), sizeof(stored));
    for (size_t j = 0; j < kStride; ++j) out[i + j] = base + static_cast<Out>(stored[j]);
  }
  for (; i < count; ++i) {
    Stored stored;
    std::memcpy(&stored, from + i * sizeof(Stored), sizeof(stored));
    out[i] = base + static_cast<Out>(stored);
  }
}

template <typename Stored, typename Value>
void Store(std::span<const Value> values, uint64_t base, std::string& bytes) {
  bytes.resize(values.size() * sizeof(Stored));
  char* to = bytes.data();
  size_t i = 0;
  for (; i + kStride <= values.size(); i += kStride) {
    Stored stored[kStride];
    for (size_t j = 0; j < kStride; ++j) {
      stored[j] = static_cast<Stored>(static_cast<uint64_t>(values[i + j]) - base);
    }
    std::memcpy(to + i * sizeof(Stored), stored, sizeof(stored));
  }
  for (; i < values.size(); ++i) {
    const auto stored = static_cast<Stored>(static_cast<uint64_t>(values[i]) - base);
    std::memcpy(to + i * sizeof(Stored), &stored, sizeof(stored));
  }
}

// The step when each value is the one before and the same step: sums may run over, as they do when read.
template <typename Value>
bool IsProgression(std::span<const Value> values, uint64_t& step) {
  step = values.size() < 2 ? 0 : static_cast<uint64_t>(values[1]) - static_cast<uint64_t>(values[0]);
  for (size_t i = 1; i < values.size(); ++i) {
    if (static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(values[i - 1]) != step) return false;
  }
  return true;
}

// Sets all but the size; returns the base.
template <typename Value>
int64_t Choose(std::span<const Value> values, int64_t& step, int& width, std::string& bytes) {
  if (values.empty()) return 0;
  uint64_t unsigned_step = 0;
  if (IsProgression(values, unsigned_step)) {
    step = static_cast<int64_t>(unsigned_step);
    return static_cast<int64_t>(values[0]);
  }
  Value least = values[0];
  Value most = values[0];
  for (const Value value : values) {
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  const auto base = static_cast<uint64_t>(least);
  const uint64_t range = static_cast<uint64_t>(most) - base;
  if (range <= UINT8_MAX) {
    width = 1;
    Store<uint8_t>(values, base, bytes);
  } else if (range <= UINT16_MAX) {
    width = 2;
    Store<uint16_t>(values, base, bytes);
  } else if (range <= UINT32_MAX) {
    width = 4;
    Store<uint32_t>(values, base, bytes);
  } else {
    width = 8;
    Store<uint64_t>(values, base, bytes);
  }
  return static_cast<int64_t>(base);
}

// In unsigned numbers, where running over is defined.
template <typename Out>
void CopyValues(const Integers& integers, size_t begin, size_t count, Out* out) {
  const auto base = static_cast<Out>(integers.base());
  const char* const from = integers.bytes().data() + begin * static_cast<size_t>(integers.width());
  switch (integers.width()) {
    case 1:
      return CopyStored<uint8_t>(from, count, base, out);
    case 2:
      return CopyStored<uint16_t>(from, count, base, out);
    case 4:
      return CopyStored<uint32_t>(from, count, base, out);
    case 8:
      return CopyStored<uint64_t>(from, count, base, out);
    default: {
      const auto step = static_cast<Out>(integers.step());
      for (size_t i = 0; i < count; ++i) out[i] = base + static_cast<Out>(begin + i) * step;
    }
  }
}

}  // namespace

Integers::Integers(std::span<const int64_t> values) : size_(values.size()) {
  base_ = Choose(values, step_, width_, bytes_);
}

Integers::Integers(std::span<const uint32_t> values) : size_(values.size()) {
  base_ = Choose(values, step_, width_, bytes_);
}

Integers::Integers(size_t size, int64_t base, int64_t step, int width, std::string bytes)
    : size_(size), base_(base), step_(step), width_(width), bytes_(std::move(bytes)) {}

void Integers::Copy(size_t begin, size_t count, uint32_t* out) const { CopyValues(*this, begin, count, out); }

void Integers::Copy(size_t begin, size_t count, int64_t* out) const {
  CopyValues(*this, begin, count, reinterpret_cast<uint64_t*>(out));
}

}  // namespace donut::history
