#include "history/fresh_format.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "history/byte_reader.h"
#include "history/column_format.h"
#include "history/month.h"

namespace donut::history {
namespace {

// The columns that every body has, from 0 on.
constexpr int kFixedColumns = kFirstProperty;

absl::Status DamagedRow(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("a fresh row is damaged: ", what));
}

struct FreshColumns {
  size_t event_count = 0;
  std::vector<std::string> keys;
  std::vector<Column> columns;  // by number
};

absl::Status ReadFreshColumn(ByteReader& reader, FreshColumns& fresh) {
  const auto expected = static_cast<int>(fresh.columns.size());
  if (reader.Varint() != static_cast<uint64_t>(expected)) return DamagedRow("its columns are out of order");
  if (expected >= kFirstProperty) fresh.keys.emplace_back(reader.Bytes(reader.Varint()));
  const std::string_view body = reader.Bytes(reader.Varint());
  if (!reader.ok()) return DamagedRow("it ends within a column");
  if (expected != kUsers) {
    ASSIGN_OR_RETURN(Column column, DecodeBlockColumn(body, expected, fresh.event_count));
    fresh.columns.push_back(std::move(column));
    return absl::OkStatus();
  }
  // Places of users, as of names.
  ASSIGN_OR_RETURN(Column users, DecodeColumn(body, fresh.event_count));
  for (size_t i = 0; i < users.values.size(); ++i) {
    if (static_cast<uint64_t>(users.values.At(i)) >= users.numbers.size())
      return DamagedRow("an event of no user");
  }
  fresh.columns.push_back(std::move(users));
  return absl::OkStatus();
}

absl::StatusOr<FreshColumns> ReadFresh(std::string_view body) {
  ByteReader reader(body);
  const int format = reader.Byte();
  if (body.empty()) return DamagedRow("it is empty");
  if (format != kColumnFormat) {
    return absl::DataLossError(
        absl::StrCat("a fresh row has format ", format, "; this program reads format ", kColumnFormat));
  }
  FreshColumns fresh;
  const uint64_t event_count = reader.Varint();
  const uint64_t column_count = reader.Varint();
  if (!reader.ok()) return DamagedRow("it ends within its first bytes");
  if (event_count > kMaxFreshEvents) return DamagedRow("more events than a fresh row has");
  if (column_count < kFixedColumns || column_count > kFixedColumns + kMaxKeyColumns) {
    return DamagedRow("another number of columns than a fresh row has");
  }
  fresh.event_count = event_count;
  fresh.columns.reserve(column_count);
  while (fresh.columns.size() < column_count) RETURN_IF_ERROR(ReadFreshColumn(reader, fresh));
  if (reader.left() > 0) return DamagedRow("it goes on after its last column");
  return fresh;
}

struct EventPlace {
  int64_t user_id;
  int64_t time_us;
  uint32_t event;
};

// The events in the order of a block.
std::vector<EventPlace> SortedEvents(const FreshColumns& fresh, int64_t month_start_us) {
  const size_t count = fresh.event_count;
  std::vector<uint32_t> users(count), quarters(count), micros(count);
  fresh.columns[kUsers].values.Copy(0, count, users.data());
  fresh.columns[kQuarters].values.Copy(0, count, quarters.data());
  fresh.columns[kMicros].values.Copy(0, count, micros.data());
  std::vector<EventPlace> events(count);
  for (size_t i = 0; i < count; ++i) {
    events[i] = {fresh.columns[kUsers].numbers[users[i]],
                 month_start_us + int64_t{quarters[i]} * kQuarterUs + micros[i], static_cast<uint32_t>(i)};
  }
  const Column& producers = fresh.columns[kProducers];
  const Integers& sequences = fresh.columns[kSequences].values;
  std::sort(events.begin(), events.end(), [&](const EventPlace& a, const EventPlace& b) {
    if (a.user_id != b.user_id) return a.user_id < b.user_id;
    if (a.time_us != b.time_us) return a.time_us < b.time_us;
    return std::make_tuple(producers.numbers[producers.values.At(a.event)], sequences.At(a.event), a.event) <
           std::make_tuple(producers.numbers[producers.values.At(b.event)], sequences.At(b.event), b.event);
  });
  return events;
}

template <typename Stored>
std::string Permuted(const std::string& bytes, const std::vector<EventPlace>& events) {
  std::string permuted(bytes.size(), '\0');
  for (size_t i = 0; i < events.size(); ++i) {
    std::memcpy(permuted.data() + i * sizeof(Stored), bytes.data() + events[i].event * sizeof(Stored),
                sizeof(Stored));
  }
  return permuted;
}

Integers InOrder(const Integers& values, const std::vector<EventPlace>& events) {
  if (values.IsConstant()) return values;
  switch (values.width()) {
    case 1:
      return Integers(values.size(), values.base(), 0, 1, Permuted<uint8_t>(values.bytes(), events));
    case 2:
      return Integers(values.size(), values.base(), 0, 2, Permuted<uint16_t>(values.bytes(), events));
    case 4:
      return Integers(values.size(), values.base(), 0, 4, Permuted<uint32_t>(values.bytes(), events));
    case 8:
      return Integers(values.size(), values.base(), 0, 8, Permuted<uint64_t>(values.bytes(), events));
    default: {
      std::vector<int64_t> permuted(events.size());
      for (size_t i = 0; i < events.size(); ++i) permuted[i] = values.At(events[i].event);
      return Integers(std::span<const int64_t>(permuted));
    }
  }
}

Column UsersOf(const std::vector<EventPlace>& events) {
  Column users;
  std::vector<uint32_t> counts;
  users.ends.push_back(0);
  for (size_t i = 0; i < events.size(); ++i) {
    if (i == 0 || events[i].user_id != events[i - 1].user_id) {
      users.numbers.push_back(events[i].user_id);
      users.ends.push_back(users.ends.back());
      counts.push_back(0);
    }
    ++users.ends.back();
    ++counts.back();
  }
  users.values = Integers(std::span<const uint32_t>(counts));
  return users;
}

BlockSummary SummaryOf(const std::vector<EventPlace>& events, const Column& users, int month) {
  BlockSummary summary;
  summary.month = month;
  summary.event_count = static_cast<uint32_t>(events.size());
  summary.user_count = static_cast<uint32_t>(users.numbers.size());
  if (events.empty()) return summary;
  summary.first_user = users.numbers.front();
  summary.last_user = users.numbers.back();
  summary.first_time_us = summary.last_time_us = events[0].time_us;
  for (const EventPlace& event : events) {
    summary.first_time_us = std::min(summary.first_time_us, event.time_us);
    summary.last_time_us = std::max(summary.last_time_us, event.time_us);
  }
  return summary;
}

}  // namespace

absl::StatusOr<Block> DecodeFresh(std::string_view body, int month) {
  ASSIGN_OR_RETURN(FreshColumns fresh, ReadFresh(body));
  const std::vector<EventPlace> events = SortedEvents(fresh, MonthStartUs(month));
  fresh.columns[kUsers] = UsersOf(events);
  Block block;
  block.summary = SummaryOf(events, fresh.columns[kUsers], month);
  block.summary.keys = std::move(fresh.keys);
  for (size_t number = 0; number < fresh.columns.size(); ++number) {
    Column& column = fresh.columns[number];
    if (number != kUsers) column.values = InOrder(column.values, events);
    block.columns.emplace_hint(block.columns.end(), static_cast<int>(number),
                               std::make_shared<const Column>(std::move(column)));
  }
  return block;
}

std::string EncodeFresh(size_t event_count, const std::vector<std::string>& keys,
                        const std::vector<std::pair<int, Column>>& columns) {
  std::string body;
  body += static_cast<char>(kColumnFormat);
  AppendVarint(event_count, body);
  AppendVarint(columns.size(), body);
  for (const auto& [number, column] : columns) {
    AppendVarint(static_cast<uint64_t>(number), body);
    if (number >= kFirstProperty) {
      const std::string& key = keys[static_cast<size_t>(number - kFirstProperty)];
      AppendVarint(key.size(), body);
      body += key;
    }
    const std::string encoded = EncodeColumn(column, Compression::kNone);
    AppendVarint(encoded.size(), body);
    body += encoded;
  }
  return body;
}

}  // namespace donut::history
