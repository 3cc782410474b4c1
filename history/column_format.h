// A column as bytes and back: one body of history_columns. docs/histories.md specifies it, so that somebody
// could write a second reader. A body that is damaged, or of a format that this reader does not know, is an
// error and never a wrong number. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "history/block.h"

namespace donut::history {

// The first byte of every body.
inline constexpr int kColumnFormat = 1;

enum class Compression { kNone, kZstd };

// `kZstd`: compressed where that gains.
std::string EncodeColumn(const Column& column, Compression compression);

// DATA_LOSS says what is wrong. `expected_values`: how many values the column must have. Bounds everything by
// the body's own length before it makes room for it. With kUsers the ends are made as well (`is_users`).
absl::StatusOr<Column> DecodeColumn(std::string_view body, size_t expected_values, bool is_users = false);
// The same for column `number` of a block (block.h) or of a decoded fresh row, and checks what such a column
// must hold besides: places of names and producers lie within their numbers, times within the month. Readers
// need no checks of their own after it.
absl::StatusOr<Column> DecodeBlockColumn(std::string_view body, int number, size_t event_count);

// XXH3 with 64 bits (xxhash, "XXH3_64bits"), as stored beside each body.
uint64_t Checksum(std::string_view body);

}  // namespace donut::history
