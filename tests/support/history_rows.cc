#include "tests/support/history_rows.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "history/column_format.h"
#include "history/fresh_format.h"
#include "history/month.h"
#include "history/property_json.h"

namespace donut::testing {
namespace {

using history::Block;
using history::Column;

constexpr char kInsertEvents[] = R"(
  INSERT INTO analytics_events (event_time, received_time, user_id, session_id, sequence, project_id, event_name_id,
                                producer_no, properties)
  SELECT '1970-01-01 00:00+00'::timestamptz + make_interval(secs => us / 1000000) + us % 1000000 * interval '1 us',
         now(), u, s, sequence, project, n, producer, p
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::int[], $7::int[], $8::jsonb[])
    AS e (us, u, s, sequence, project, n, producer, p))";

constexpr char kInsertFresh[] = R"(
  INSERT INTO history_fresh (project_id, month, event_count, first_time_us, last_time_us, checksum, body)
  VALUES ($1, $2, $3, $4, $5, $6, $7))";

constexpr char kReadEvents[] = R"(
  SELECT project_id, user_id, (extract(epoch FROM event_time) * 1000000)::bigint, event_name_id,
         coalesce(session_id::text, '-'), producer_no, sequence,
         coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(properties) WHERE value <> 'null')::text, '{}')
  FROM analytics_events)";

// Of one column of all events.
template <typename Text>
std::string Array(const std::vector<StoredEvent>& events, const Text& text) {
  return absl::StrCat("{",
                      absl::StrJoin(events, ",",
                                    [&text](std::string* out, const StoredEvent& event) {
                                      absl::StrAppend(out, text(event));
                                    }),
                      "}");
}

std::string QuotedElement(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

void InsertFresh(pqxx::transaction_base& transaction, int project_id, int month,
                 const std::vector<const StoredEvent*>& events) {
  history::BlockBuilder builder(month);
  int64_t first = events.front()->key.time_us;
  int64_t last = first;
  for (const StoredEvent* event : events) {
    first = std::min(first, event->key.time_us);
    last = std::max(last, event->key.time_us);
    builder.Add(event->key);
    if (event->properties.empty()) continue;
    const absl::Status read = history::ReadProperties(
        event->properties,
        [&](std::string_view key, history::ValueView value) { builder.AddProperty(key, value); });
    if (!read.ok()) throw std::runtime_error(read.ToString());
  }
  const std::string body = builder.FinishFresh();
  transaction.exec_params0(kInsertFresh, project_id, month, events.size(), first, last,
                           static_cast<int64_t>(history::Checksum(body)), pqxx::binarystring(body));
}

std::string JsonOf(history::ValueView value) {
  if (value.type != history::ValueType::kText) return std::string(value.text);
  std::string properties_json;
  history::AppendQuoted(value.text, properties_json);
  return properties_json;
}

// The properties of one event, as jsonb prints them without its nulls.
std::string PropertiesOf(const Block& block, size_t place) {
  std::map<std::pair<size_t, std::string>, std::string> values;
  for (size_t i = 0; i < block.summary.keys.size(); ++i) {
    const Column& column = block.at(history::kFirstProperty + static_cast<int>(i));
    const auto code = static_cast<uint32_t>(column.values.At(place));
    const std::string& key = block.summary.keys[i];
    if (code > 0) values[{key.size(), key}] = JsonOf(column.texts.At(code));
  }
  const Column& rest = block.at(history::kRest);
  if (const auto code = static_cast<uint32_t>(rest.values.At(place)); code > 0) {
    const absl::Status read = history::ReadProperties(
        rest.texts.At(code).text, [&](std::string_view key, history::ValueView value) {
          values[{key.size(), std::string(key)}] = JsonOf(value);
        });
    if (!read.ok()) throw std::runtime_error(read.ToString());
  }
  std::string properties_json = "{";
  for (const auto& [key, value] : values) {
    if (properties_json.size() > 1) properties_json += ", ";
    history::AppendQuoted(key.second, properties_json);
    absl::StrAppend(&properties_json, ": ", value);
  }
  return properties_json + "}";
}

void AppendLines(int project_id, const Block& block, std::vector<std::string>& lines) {
  using Order = std::tuple<int64_t, int64_t, int64_t, int64_t>;
  const Column& users = block.at(history::kUsers);
  const Column& names = block.at(history::kNames);
  const Column& sessions = block.at(history::kSessions);
  const Column& producers = block.at(history::kProducers);
  Order before{INT64_MIN, 0, 0, 0};
  for (size_t user = 0; user < users.numbers.size(); ++user) {
    for (size_t place = users.ends[user]; place < users.ends[user + 1]; ++place) {
      const int64_t time = history::MonthStartUs(block.summary.month) +
                           block.at(history::kQuarters).values.At(place) * history::kQuarterUs +
                           block.at(history::kMicros).values.At(place);
      const int64_t producer = producers.numbers[static_cast<size_t>(producers.values.At(place))];
      const int64_t sequence = block.at(history::kSequences).values.At(place);
      const Order order{users.numbers[user], time, producer, sequence};
      if (order < before) throw std::runtime_error("a block is not sorted");
      before = order;
      const auto session = static_cast<size_t>(sessions.values.At(place));
      lines.push_back(absl::StrCat(project_id, "|", users.numbers[user], "|", time, "|",
                                   names.numbers[static_cast<size_t>(names.values.At(place))], "|",
                                   session == 0 ? "-" : absl::StrCat(sessions.numbers[session - 1]), "|",
                                   producer, "|", sequence, "|", PropertiesOf(block, place)));
    }
  }
}

void Check(bool right, const std::string& what) {
  if (!right) throw std::runtime_error(what);
}

std::string_view CheckedBytes(const pqxx::binarystring& bytes, int64_t checksum) {
  const std::string_view body(bytes.get(), bytes.size());
  Check(static_cast<int64_t>(history::Checksum(body)) == checksum, "a checksum does not fit");
  return body;
}

void AppendFreshLines(pqxx::transaction_base& transaction, std::vector<std::string>& lines) {
  for (const pqxx::row& row :
       transaction.exec("SELECT project_id, month, event_count, checksum, body FROM history_fresh")) {
    const pqxx::binarystring bytes(row[4]);
    const auto block = history::DecodeFresh(CheckedBytes(bytes, row[3].as<int64_t>()), row[1].as<int>());
    Check(block.ok(), block.status().ToString());
    Check(block->summary.event_count == row[2].as<uint32_t>(), "a fresh row has another number of events");
    AppendLines(row[0].as<int>(), *block, lines);
  }
}

Block ReadStoredBlock(pqxx::transaction_base& transaction, const pqxx::row& row) {
  Block block;
  block.summary.month = row[2].as<int>();
  block.summary.event_count = row[3].as<uint32_t>();
  pqxx::array_parser keys = row[6].as_array();
  for (auto item = keys.get_next(); item.first != pqxx::array_parser::juncture::done;
       item = keys.get_next()) {
    if (item.first == pqxx::array_parser::juncture::string_value) block.summary.keys.push_back(item.second);
  }
  for (const pqxx::row& column : transaction.exec_params(
           "SELECT column_no, checksum, body FROM history_columns WHERE block_id = $1", row[0].c_str())) {
    const pqxx::binarystring bytes(column[2]);
    const int number = column[0].as<int>();
    auto decoded = history::DecodeBlockColumn(CheckedBytes(bytes, column[1].as<int64_t>()), number,
                                              block.summary.event_count);
    Check(decoded.ok(), decoded.status().ToString());
    block.columns[number] = std::make_shared<const Column>(*std::move(decoded));
  }
  Check(block.columns.size() == history::kFirstProperty + block.summary.keys.size(),
        "a block lacks a column");
  const std::vector<int64_t>& users = block.at(history::kUsers).numbers;
  Check(users.front() == row[4].as<int64_t>() && users.back() == row[5].as<int64_t>(),
        "a block has other users than it says");
  return block;
}

}  // namespace

void StoreEvents(pqxx::transaction_base& transaction, const std::vector<StoredEvent>& events) {
  if (events.empty()) return;
  using Event = StoredEvent;
  transaction.exec_params0(
      kInsertEvents, Array(events, [](const Event& event) { return event.key.time_us; }),
      Array(events, [](const Event& event) { return event.key.user_id; }),
      Array(events,
            [](const Event& event) {
              return event.key.session_id ? absl::StrCat(*event.key.session_id) : std::string("NULL");
            }),
      Array(events, [](const Event& event) { return event.key.sequence; }),
      Array(events, [](const Event& event) { return event.project_id; }),
      Array(events, [](const Event& event) { return event.key.event_name_id; }),
      Array(events, [](const Event& event) { return event.key.producer_no; }),
      Array(events, [](const Event& event) {
        return event.properties.empty() ? std::string("NULL") : QuotedElement(event.properties);
      }));
  std::map<std::pair<int, int>, std::vector<const Event*>> months;
  for (const Event& event : events) {
    months[{event.project_id, history::MonthOf(event.key.time_us)}].push_back(&event);
  }
  for (const auto& [month, its] : months) InsertFresh(transaction, month.first, month.second, its);
}

void CommitEvents(pqxx::connection_base& collector, const std::vector<StoredEvent>& events) {
  pqxx::transaction<> transaction(collector);
  StoreEvents(transaction, events);
  transaction.commit();
}

std::vector<std::string> EventsOfTable(pqxx::transaction_base& transaction) {
  std::vector<std::string> lines;
  for (const pqxx::row& row : transaction.exec(kReadEvents)) {
    std::vector<std::string> fields;
    for (const pqxx::field& field : row) fields.emplace_back(field.c_str());
    lines.push_back(absl::StrJoin(fields, "|"));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> EventsOfHistories(pqxx::transaction_base& transaction) {
  std::vector<std::string> lines;
  AppendFreshLines(transaction, lines);
  for (const pqxx::row& row : transaction.exec("SELECT block_id, project_id, month, event_count, first_user, "
                                               "last_user, keys FROM history_blocks")) {
    AppendLines(row[1].as<int>(), ReadStoredBlock(transaction, row), lines);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace donut::testing
