#include "tests/reference/history_packer.h"

#include <map>
#include <random>
#include <stdexcept>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "history/block_builder.h"
#include "history/column_format.h"
#include "history/month.h"
#include "history/property_json.h"

namespace donut::testing {
namespace {

constexpr char kReadEvents[] =
    "SELECT user_id, (extract(epoch FROM event_time) * 1000000)::bigint, event_name_id, session_id, "
    "producer_no, "
    "sequence, properties::text FROM analytics_events WHERE project_id = $1 ORDER BY user_id, event_time, "
    "producer_no, sequence";

struct PackedEvent {
  history::EventKey key;
  std::string properties;
};

std::vector<PackedEvent> ReadEvents(pqxx::transaction_base& transaction, int project_id) {
  std::vector<PackedEvent> events;
  for (const auto& row : transaction.exec_params(kReadEvents, project_id)) {
    PackedEvent& event = events.emplace_back();
    event.key.user_id = row[0].as<int64_t>();
    event.key.time_us = row[1].as<int64_t>();
    event.key.event_name_id = row[2].as<int32_t>();
    if (!row[3].is_null()) event.key.session_id = row[3].as<int64_t>();
    event.key.producer_no = row[4].as<int32_t>();
    event.key.sequence = row[5].as<int64_t>();
    if (!row[6].is_null()) event.properties = row[6].as<std::string>();
  }
  return events;
}

void Add(const PackedEvent& event, history::BlockBuilder& builder) {
  builder.Add(event.key);
  if (event.properties.empty()) return;
  const absl::Status status = history::ReadProperties(
      event.properties,
      [&](std::string_view key, history::ValueView value) { builder.AddProperty(key, value); });
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::string Hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex = "\\x";
  for (const char byte : bytes) {
    hex += kDigits[static_cast<uint8_t>(byte) >> 4];
    hex += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return hex;
}

void StoreFresh(pqxx::transaction_base& transaction, int project_id, int month,
                const std::vector<PackedEvent>& events) {
  history::BlockBuilder builder(month);
  int64_t first = events[0].key.time_us;
  int64_t last = first;
  for (const PackedEvent& event : events) {
    Add(event, builder);
    first = std::min(first, event.key.time_us);
    last = std::max(last, event.key.time_us);
  }
  const std::string body = builder.FinishFresh();
  transaction.exec_params(
      "INSERT INTO history_fresh (project_id, month, event_count, first_time_us, last_time_us, checksum, "
      "body) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7::bytea)",
      project_id, month, static_cast<int64_t>(events.size()), first, last,
      static_cast<int64_t>(history::Checksum(body)), Hex(body));
}

void StoreBlock(pqxx::transaction_base& transaction, int project_id, int month,
                const std::vector<PackedEvent>& events) {
  history::BlockBuilder builder(month);
  for (const PackedEvent& event : events) Add(event, builder);
  const history::EncodedBlock block = builder.Finish();
  const history::BlockSummary& summary = block.summary;
  pqxx::connection_base& connection = transaction.conn();
  std::vector<std::string> keys;
  for (const std::string& key : summary.keys) keys.push_back(connection.quote(key));
  const std::string id =
      transaction
          .exec_params(
              absl::StrCat("INSERT INTO history_blocks (block_id, project_id, month, level, event_count, "
                           "user_count, first_user, last_user, first_time_us, last_time_us, keys, "
                           "body_bytes) VALUES (gen_random_uuid(), $1, $2, 0, $3, $4, $5, $6, $7, $8, "
                           "ARRAY[",
                           absl::StrJoin(keys, ","), "]::text[], 0) RETURNING block_id"),
              project_id, month, static_cast<int64_t>(summary.event_count),
              static_cast<int64_t>(summary.user_count), summary.first_user, summary.last_user,
              summary.first_time_us, summary.last_time_us)[0][0]
          .as<std::string>();
  for (const history::EncodedColumn& column : block.columns) {
    transaction.exec_params("INSERT INTO history_columns VALUES ($1::uuid, $2, $3, $4::bytea)", id,
                            column.number, static_cast<int64_t>(column.checksum), Hex(column.body));
  }
}

}  // namespace

void PackHistory(pqxx::connection& owner, int project_id) {
  pqxx::work transaction(owner);
  transaction.exec_params(
      "DELETE FROM history_columns WHERE block_id IN "
      "(SELECT block_id FROM history_blocks WHERE project_id = $1)",
      project_id);
  transaction.exec_params("DELETE FROM history_blocks WHERE project_id = $1", project_id);
  transaction.exec_params("DELETE FROM history_fresh WHERE project_id = $1", project_id);
  std::mt19937_64 random(static_cast<uint64_t>(project_id));
  // Of each month some are in one of two blocks, some in one of three fresh rows.
  std::map<std::pair<int, int>, std::vector<PackedEvent>> parts;
  for (PackedEvent& event : ReadEvents(transaction, project_id)) {
    const int part = static_cast<int>(random() % 5);
    parts[{history::MonthOf(event.key.time_us), part}].push_back(std::move(event));
  }
  for (const auto& [month_and_part, events] : parts) {
    const auto [month, part] = month_and_part;
    if (part < 2) {
      StoreBlock(transaction, project_id, month, events);
    } else {
      StoreFresh(transaction, project_id, month, events);
    }
  }
  transaction.exec(
      "UPDATE history_partitions AS h SET state = 'packed', filenode = p.filenode "
      "FROM event_partitions AS p "
      "WHERE p.partition = h.partition AND (h.state <> 'packed' OR h.filenode <> p.filenode)");
  transaction.commit();
}

}  // namespace donut::testing
