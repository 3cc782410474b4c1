#include "history/column_format.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "history/byte_reader.h"
#include "history/month.h"
#include "xxhash.h"

namespace donut::history {
namespace {

constexpr uint8_t kZstdFlag = 1;
constexpr int kZstdLevel = 1;
// A frame is kept where it saves at least 1 of so many bytes.
constexpr size_t kLeastGain = 8;
// Below, a frame's own bytes eat the gain.
constexpr size_t kLeastCompressedBytes = 64;
constexpr uint64_t kMaxRawBytes = 1 << 30;
// Many times what a block or a fresh row ever has.
constexpr size_t kMaxValues = 1 << 24;
// A month has 31 days of 96 quarters of an hour.
constexpr int64_t kMaxQuarters = 31 * 96;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("a column is damaged: ", absl::string_view(what.data(), what.size())));
}

void AppendIntegers(const Integers& integers, std::string& out) {
  AppendVarint(integers.size(), out);
  if (integers.size() == 0) return;
  AppendZigzag(integers.base(), out);
  AppendZigzag(integers.step(), out);
  out += static_cast<char>(integers.width());
  out += integers.bytes();
}

// At most `max_size` of them.
absl::StatusOr<Integers> ReadIntegers(ByteReader& reader, size_t max_size) {
  const uint64_t size = reader.Varint();
  if (reader.ok() && size == 0) return Integers();
  const int64_t base = reader.Zigzag();
  const int64_t step = reader.Zigzag();
  const int width = reader.Byte();
  if (!reader.ok()) return Damaged("it ends within a list of integers");
  if (size > max_size) return Damaged("a list of integers is longer than it can be");
  if (width != 0 && width != 1 && width != 2 && width != 4 && width != 8) {
    return Damaged("integers of an unknown width");
  }
  if (step != 0 && width != 0) return Damaged("integers with a step and a width");
  const std::string_view bytes = reader.Bytes(size * static_cast<uint64_t>(width));
  if (!reader.ok()) return Damaged("a list of integers is longer than its column");
  return Integers(size, base, step, width, std::string(bytes));
}

// Calls `take` with a few values after the other, until it says false.
template <typename Take>
bool ForEachPart(const Integers& integers, Take take) {
  std::array<int64_t, 512> part;
  for (size_t begin = 0; begin < integers.size(); begin += part.size()) {
    const size_t count = std::min(part.size(), integers.size() - begin);
    integers.Copy(begin, count, part.data());
    if (!take(std::span<const int64_t>(part.data(), count))) return false;
  }
  return true;
}

// Whether every value is from `least` to `most`.
bool AreWithin(const Integers& integers, int64_t least, int64_t most) {
  if (integers.size() == 0) return true;
  if (integers.IsConstant()) return integers.base() >= least && integers.base() <= most;
  if (integers.width() == 1 && integers.base() >= least && integers.base() <= most - UINT8_MAX) return true;
  if (integers.width() == 2 && integers.base() >= least && integers.base() <= most - UINT16_MAX) return true;
  return ForEachPart(integers, [&](std::span<const int64_t> part) {
    bool within = true;
    for (const int64_t value : part) within &= value >= least && value <= most;
    return within;
  });
}

absl::StatusOr<Dictionary> ReadTexts(ByteReader& reader, size_t max_size) {
  ASSIGN_OR_RETURN(const Integers lengths, ReadIntegers(reader, max_size));
  const std::string_view types = reader.Bytes(lengths.size());
  if (!reader.ok()) return Damaged("the types of its values are not all there");
  for (const char type : types) {
    if (static_cast<uint8_t>(type) > static_cast<uint8_t>(ValueType::kJson)) {
      return Damaged("a value of an unknown type");
    }
  }
  const std::string_view text = reader.Bytes(reader.left());
  std::vector<uint32_t> ends;
  ends.reserve(lengths.size() + 1);
  ends.push_back(0);
  uint64_t end = 0;
  const bool fits = ForEachPart(lengths, [&](std::span<const int64_t> part) {
    for (const int64_t length : part) {
      if (length < 0 || static_cast<uint64_t>(length) > text.size() - end) return false;
      end += static_cast<uint64_t>(length);
      ends.push_back(static_cast<uint32_t>(end));
    }
    return true;
  });
  if (!fits || end != text.size()) return Damaged("the lengths of its texts do not add up");
  return Dictionary(std::string(types), std::move(ends), std::string(text));
}

// The ends of the users' events, out of their counts.
absl::Status MakeEnds(size_t event_count, Column& users) {
  if (users.numbers.size() != users.values.size())
    return Damaged("users without a count, or counts without user");
  for (size_t i = 1; i < users.numbers.size(); ++i) {
    if (users.numbers[i - 1] >= users.numbers[i]) return Damaged("users out of order");
  }
  users.ends.reserve(users.values.size() + 1);
  users.ends.push_back(0);
  uint64_t end = 0;
  const bool fits = ForEachPart(users.values, [&](std::span<const int64_t> part) {
    for (const int64_t count : part) {
      if (count <= 0 || static_cast<uint64_t>(count) > event_count - end) return false;
      end += static_cast<uint64_t>(count);
      users.ends.push_back(static_cast<uint32_t>(end));
    }
    return true;
  });
  if (!fits || end != event_count) return Damaged("the users' events do not add up");
  return absl::OkStatus();
}

// Numbers and texts are codes' dictionaries: that no code leads out of them.
absl::Status CheckCodes(const Column& column) {
  const size_t size = std::max(column.numbers.size(), column.texts.size());
  if (size == 0) return absl::OkStatus();
  if (!AreWithin(column.values, 0, static_cast<int64_t>(size))) return Damaged("a code out of range");
  return absl::OkStatus();
}

absl::StatusOr<Column> ReadPayload(std::string_view payload, size_t expected_values, bool is_users) {
  ByteReader reader(payload);
  Column column;
  ASSIGN_OR_RETURN(column.values, ReadIntegers(reader, expected_values));
  if (!is_users && column.values.size() != expected_values)
    return Damaged("it has other events than its block");
  ASSIGN_OR_RETURN(const Integers numbers, ReadIntegers(reader, column.values.size()));
  column.numbers.resize(numbers.size());
  numbers.Copy(0, numbers.size(), column.numbers.data());
  ASSIGN_OR_RETURN(column.texts, ReadTexts(reader, column.values.size()));
  RETURN_IF_ERROR(is_users ? MakeEnds(expected_values, column) : CheckCodes(column));
  return column;
}

absl::StatusOr<std::string> Decompress(std::string_view frame, uint64_t raw_bytes) {
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != raw_bytes)
    return Damaged("its frame is of another size");
  const size_t frame_bytes = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(frame_bytes) || frame_bytes != frame.size()) return Damaged("it is not one frame");
  std::string raw(raw_bytes, '\0');
  const size_t written = ZSTD_decompress(raw.data(), raw.size(), frame.data(), frame.size());
  if (ZSTD_isError(written) || written != raw_bytes) return Damaged("its frame cannot be read");
  return raw;
}

// What a column of this number has besides codes of its dictionary.
absl::Status CheckMeaning(const Column& column, int number) {
  const auto size = static_cast<int64_t>(column.numbers.size());
  if (number != kUsers && number != kNames && number != kSessions && number != kProducers && size > 0) {
    return Damaged("numbers where there are none");
  }
  if (number < kRest && column.texts.size() > 0) return Damaged("texts where there are none");
  switch (number) {
    case kUsers:
      return absl::OkStatus();
    case kNames:
    case kProducers:
      for (const int64_t of : column.numbers) {
        if (of < INT32_MIN || of > INT32_MAX) return Damaged("a number of more than 32 bits");
      }
      return AreWithin(column.values, 0, size - 1) ? absl::OkStatus() : Damaged("a place out of range");
    case kQuarters:
      return AreWithin(column.values, 0, kMaxQuarters - 1) ? absl::OkStatus()
                                                           : Damaged("a time out of its month");
    case kMicros:
      return AreWithin(column.values, 0, kQuarterUs - 1) ? absl::OkStatus()
                                                         : Damaged("a time out of its quarter");
    case kSequences:
      return absl::OkStatus();
    case kSessions:
      return AreWithin(column.values, 0, size) ? absl::OkStatus() : Damaged("a session out of range");
    default:
      return AreWithin(column.values, 0, static_cast<int64_t>(column.texts.size()))
                 ? absl::OkStatus()
                 : Damaged("a code out of range");
  }
}

}  // namespace

std::string EncodeColumn(const Column& column, Compression compression) {
  std::string payload;
  AppendIntegers(column.values, payload);
  AppendIntegers(Integers(std::span<const int64_t>(column.numbers)), payload);
  const std::vector<uint32_t>& ends = column.texts.ends();
  std::vector<uint32_t> lengths(column.texts.size());
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] = ends[i + 1] - ends[i];
  AppendIntegers(Integers(std::span<const uint32_t>(lengths)), payload);
  payload += column.texts.types();
  payload += column.texts.text();

  std::string frame;
  if (compression == Compression::kZstd && payload.size() >= kLeastCompressedBytes) {
    frame.resize(ZSTD_compressBound(payload.size()));
    const size_t bytes =
        ZSTD_compress(frame.data(), frame.size(), payload.data(), payload.size(), kZstdLevel);
    frame.resize(ZSTD_isError(bytes) ? 0 : bytes);
    if (frame.size() > payload.size() - payload.size() / kLeastGain) frame.clear();
  }
  std::string body;
  body += static_cast<char>(kColumnFormat);
  body += static_cast<char>(frame.empty() ? 0 : kZstdFlag);
  AppendVarint(payload.size(), body);
  body += frame.empty() ? payload : frame;
  return body;
}

absl::StatusOr<Column> DecodeColumn(std::string_view body, size_t expected_values, bool is_users) {
  if (expected_values > kMaxValues) return Damaged("more events than a block has");
  ByteReader reader(body);
  const int format = reader.Byte();
  const int flags = reader.Byte();
  const uint64_t raw_bytes = reader.Varint();
  if (body.empty()) return Damaged("it is empty");
  if (format != kColumnFormat) {
    return absl::DataLossError(
        absl::StrCat("a column has format ", format, "; this program reads format ", kColumnFormat));
  }
  if (!reader.ok()) return Damaged("it ends within its first bytes");
  if ((flags & ~kZstdFlag) != 0) return Damaged("unknown flags");
  if (raw_bytes > kMaxRawBytes) return Damaged("it is too large");
  const std::string_view payload = reader.Bytes(reader.left());
  if ((flags & kZstdFlag) == 0) {
    if (payload.size() != raw_bytes) return Damaged("it is of another size");
    return ReadPayload(payload, expected_values, is_users);
  }
  ASSIGN_OR_RETURN(const std::string raw, Decompress(payload, raw_bytes));
  return ReadPayload(raw, expected_values, is_users);
}

absl::StatusOr<Column> DecodeBlockColumn(std::string_view body, int number, size_t event_count) {
  ASSIGN_OR_RETURN(Column column, DecodeColumn(body, event_count, number == kUsers));
  RETURN_IF_ERROR(CheckMeaning(column, number));
  return column;
}

uint64_t Checksum(std::string_view body) { return XXH3_64bits(body.data(), body.size()); }

}  // namespace donut::history
