// Numbers as PostgreSQL's binary COPY has them: big-endian. Pure functions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace donut::collector {

static_assert(std::endian::native == std::endian::little, "the format is big-endian");

inline void PutBigEndian(char* at, int16_t number) {
  const auto swapped = __builtin_bswap16(static_cast<uint16_t>(number));
  std::memcpy(at, &swapped, sizeof(swapped));
}
inline void PutBigEndian(char* at, int32_t number) {
  const auto swapped = __builtin_bswap32(static_cast<uint32_t>(number));
  std::memcpy(at, &swapped, sizeof(swapped));
}
inline void PutBigEndian(char* at, int64_t number) {
  const auto swapped = __builtin_bswap64(static_cast<uint64_t>(number));
  std::memcpy(at, &swapped, sizeof(swapped));
}

inline int64_t BigEndianAt(const char* at) {
  uint64_t swapped;
  std::memcpy(&swapped, at, sizeof(swapped));
  return static_cast<int64_t>(__builtin_bswap64(swapped));
}

}  // namespace donut::collector
