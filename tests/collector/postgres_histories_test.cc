// What the collector packs for the histories, against the events that the same transactions stored.
#include <iostream>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "history/column_format.h"
#include "history/fresh_format.h"
#include "history/month.h"
#include "history/property_json.h"
#include "tests/collector/random_event.h"
#include "tests/collector/sink_on_database.h"
#include "tests/support/random_seed.h"

namespace donut::collector {
namespace {

using ::donut::testing::NamedEvent;
using ::donut::testing::RandomEvents;

// Events by all that they have but their properties, and these as JSON.
using StoredEvents = std::map<std::string, std::map<std::string, std::string>>;

std::string JsonOf(history::ValueView value) {
  if (value.type != history::ValueType::kText) return std::string(value.text);
  std::string json;
  history::AppendQuoted(value.text, json);
  return json;
}

// The events of a row of history_fresh, which `prefix` tells apart.
void AddEvents(const history::Block& block, const std::string& prefix, StoredEvents& events) {
  const history::Column& users = block.at(history::kUsers);
  for (size_t user = 0; user < users.numbers.size(); ++user) {
    for (size_t i = users.ends[user]; i < users.ends[user + 1]; ++i) {
      const auto number = [&](int column) {
        return block.at(column).numbers[static_cast<size_t>(block.at(column).values.At(i))];
      };
      const int64_t time_us = history::MonthStartUs(block.summary.month) +
                              block.at(history::kQuarters).values.At(i) * history::kQuarterUs +
                              block.at(history::kMicros).values.At(i);
      const auto session = static_cast<size_t>(block.at(history::kSessions).values.At(i));
      const std::string key =
          absl::StrCat(prefix, "|", users.numbers[user], "|", time_us, "|", number(history::kNames), "|",
                       session == 0 ? "" : absl::StrCat(block.at(history::kSessions).numbers[session - 1]),
                       "|", number(history::kProducers), "|", block.at(history::kSequences).values.At(i));
      const auto [event, is_new] = events.try_emplace(key);
      EXPECT_TRUE(is_new) << key << " is packed twice";
      for (size_t k = 0; k < block.summary.keys.size(); ++k) {
        const history::Column& column = block.at(history::kFirstProperty + static_cast<int>(k));
        const auto code = static_cast<uint32_t>(column.values.At(i));
        if (code != 0) event->second[block.summary.keys[k]] = JsonOf(column.texts.At(code));
      }
      const auto rest = static_cast<uint32_t>(block.at(history::kRest).values.At(i));
      if (rest == 0) continue;
      const absl::Status read = history::ReadProperties(block.at(history::kRest).texts.At(rest).text,
                                                        [&](std::string_view name, history::ValueView value) {
                                                          event->second[std::string(name)] = JsonOf(value);
                                                        });
      EXPECT_TRUE(read.ok()) << read;
    }
  }
}

class PostgresHistoriesTest : public SinkOnDatabase {
 protected:
  PostgresHistoriesTest() {
    Query("INSERT INTO projects (project_id, name) OVERRIDING SYSTEM VALUE VALUES (2, 'second') RETURNING 1");
  }

  // All of them, read as a reader would, with the transaction that wrote them.
  StoredEvents Packed() {
    StoredEvents events;
    pqxx::work look(database_.owner());
    for (const pqxx::row& row : look.exec("SELECT project_id, xmin, month, event_count, first_time_us, "
                                          "last_time_us, checksum, body FROM history_fresh")) {
      const std::string body = pqxx::binarystring(row["body"]).str();
      EXPECT_EQ(row["checksum"].as<int64_t>(), static_cast<int64_t>(history::Checksum(body)));
      const auto block = history::DecodeFresh(body, row["month"].as<int>());
      EXPECT_TRUE(block.ok()) << block.status();
      if (!block.ok()) continue;
      EXPECT_EQ(row["event_count"].as<uint32_t>(), block->summary.event_count);
      EXPECT_EQ(row["first_time_us"].as<int64_t>(), block->summary.first_time_us);
      EXPECT_EQ(row["last_time_us"].as<int64_t>(), block->summary.last_time_us);
      AddEvents(*block, absl::StrCat(row["project_id"].c_str(), "|", row["xmin"].c_str()), events);
    }
    return events;
  }

  StoredEvents InTable() {
    StoredEvents events;
    pqxx::work look(database_.owner());
    for (const pqxx::row& row :
         look.exec("SELECT concat_ws('|', project_id, e.xmin, user_id, (extract(epoch FROM event_time) * "
                   "1000000)::bigint, event_name_id, coalesce(session_id::text, ''), producer_no, sequence), "
                   "p.key, p.value::text FROM analytics_events AS e LEFT JOIN jsonb_each(properties) AS p ON "
                   "p.value <> 'null'")) {
      auto& properties = events[row[0].as<std::string>()];
      if (!row[1].is_null()) properties[row[1].as<std::string>()] = row[2].as<std::string>();
    }
    return events;
  }

  void ExpectPackedAsStored() {
    const StoredEvents packed = Packed();
    const StoredEvents stored = InTable();
    for (const auto& [key, properties] : stored) {
      const auto found = packed.find(key);
      ASSERT_NE(found, packed.end()) << key << " is not packed";
      ASSERT_EQ(found->second, properties) << key;
    }
    ASSERT_EQ(packed.size(), stored.size());
    EXPECT_EQ(Query("SELECT count(*) FROM history_fresh"),
              Query("SELECT count(DISTINCT (project_id, xmin::text, history_month(event_time))) FROM "
                    "analytics_events"));
  }
};

StagedPiece PieceOf(const std::vector<std::string>& events, StagedPiece piece) {
  const std::vector<std::string_view> views(events.begin(), events.end());
  auto batch = PrepareEvents(views,
                             {.project_id = piece.project_id,
                              .producer_no = piece.producer_no,
                              .first_sequence = piece.first,
                              .field = "events"},
                             testing::TestHash(), testing::kNoon);
  EXPECT_TRUE(batch.ok()) << batch.status();
  piece.last = piece.first + static_cast<int64_t>(events.size()) - 1;
  piece.batch = *std::move(batch);
  return piece;
}

// Groups by dice.
class Groups {
 public:
  explicit Groups(uint64_t seed) : dice_(seed, testing::kNoon) {}

  RandomEvents& dice() { return dice_; }

  std::string Event() {
    if (kept_.size() > 3 && dice_.OneIn(2)) return kept_[dice_.Below(kept_.size())].SerializeAsString();
    v1::Event event = dice_.Event(0);
    if (dice_.OneIn(20)) event.clear_name();  // breaks a rule
    if (!dice_.OneIn(5)) {
      // Two months that meet at noon, so that most groups have several events of each.
      event.mutable_event_time()->set_seconds(absl::ToUnixSeconds(testing::kNoon) + 43'200 - 100 +
                                              static_cast<int64_t>(dice_.Below(200)));
    }
    if (dice_.OneIn(8)) (*event.mutable_properties()->mutable_fields())["bad"].set_bool_value(true);
    if (kept_.size() < 50) kept_.push_back(event);
    if (dice_.OneIn(4)) return WithKeysTwice(event);
    return event.SerializePartialAsString();
  }

  std::vector<std::string> Events() {
    std::vector<std::string> events;
    for (size_t count = dice_.Below(12); count > 0; --count) events.push_back(Event());
    return events;
  }

 private:
  // The properties of two events in one field, as a client may write it that does not look.
  std::string WithKeysTwice(v1::Event event) {
    const v1::Event other = dice_.Event(0);
    v1::Event nulls;
    for (const auto& [key, value] : event.properties().fields()) {
      if (dice_.OneIn(3)) (*nulls.mutable_properties()->mutable_fields())[key].set_null_value({});
      if (dice_.OneIn(3)) (*nulls.mutable_properties()->mutable_fields())[key].set_number_value(7);
    }
    const std::string fields = event.properties().SerializeAsString() +
                               nulls.properties().SerializeAsString() +
                               other.properties().SerializeAsString();
    event.clear_properties();
    if (fields.size() > 10'000) return event.SerializePartialAsString();
    std::string bytes = event.SerializePartialAsString();
    bytes += static_cast<char>(v1::Event::kPropertiesFieldNumber << 3 | 2);
    for (size_t size = fields.size();; size >>= 7) {
      bytes += static_cast<char>(size < 128 ? size : (size & 127) | 128);
      if (size < 128) break;
    }
    return bytes + fields;
  }

  RandomEvents dice_;
  std::vector<v1::Event> kept_;
};

TEST_F(PostgresHistoriesTest, HoldExactlyWhatEachTransactionStored) {
  const uint64_t seed = testing::RandomSeed();
  SCOPED_TRACE(absl::StrCat("DONUT_RANDOM_SEED=", seed));
  Query("ALTER TABLE analytics_events ADD CONSTRAINT no_bad CHECK (properties->>'bad' IS NULL)");
  Groups groups(seed);
  RandomEvents& dice = groups.dice();
  std::vector<HelloAnswer> grants = {Hello("p"), Hello("q")};
  std::vector<int64_t> next(grants.size(), 1);
  std::vector<StagedPiece> sent;
  for (int round = 0; round < 60 && !HasFatalFailure(); ++round) {
    std::vector<StagedPiece> pieces;
    for (size_t count = 1 + dice.Below(4); count > 0; --count) {
      StagedPiece piece;
      piece.project_id = 1;
      const size_t producer = dice.Below(grants.size());
      if (dice.OneIn(2)) {
        piece.unary = true;
        piece.project_id = 1 + static_cast<int>(dice.Below(2));
        piece = PieceOf(groups.Events(), std::move(piece));
      } else if (!sent.empty() && dice.OneIn(4)) {
        piece = sent[dice.Below(sent.size())];  // again: the ledger leaves it out
      } else {
        piece.producer_no = grants[producer].producer_no;
        piece.epoch = grants[producer].epoch;
        piece.token = grants[producer].token;
        piece.first = next[producer];
        piece = PieceOf(groups.Events(), std::move(piece));
        next[producer] = piece.last + 1;
        sent.push_back(piece);
      }
      if (piece.last >= piece.first) pieces.push_back(std::move(piece));
    }
    if (dice.OneIn(10)) {
      Query(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'sink "
          "under test'");
    }
    for (const PieceResult& result : Commit(pieces)) EXPECT_TRUE(result.status.ok()) << result.status;
  }
  ExpectPackedAsStored();
  const auto count = [&](const std::string& table) {
    return std::atoi(Query("SELECT count(*) FROM " + table).c_str());
  };
  EXPECT_GT(count("analytics_events"), 200);
  EXPECT_GT(count("rejected_events WHERE reason = 'REFUSED_BY_DATABASE'"), 3);
  EXPECT_GT(count("analytics_events WHERE project_id = 2"), 30);
}

TEST_F(PostgresHistoriesTest, LeaveOutWhatIsNotStored) {
  v1::Event once = NamedEvent("a", "ada");
  once.set_insert_id("i");
  Commit({testing::UnaryPiece({once, once, NamedEvent("", "ada"), NamedEvent("b", "ada")})});
  Commit({testing::UnaryPiece({once})});
  ExpectPackedAsStored();
  EXPECT_EQ(Query("SELECT string_agg(event_count::text, ',') FROM history_fresh"), "2");
}

TEST_F(PostgresHistoriesTest, AGroupWithoutEventsHasNoRow) {
  Commit({testing::UnaryPiece({NamedEvent("", "ada")})});
  EXPECT_EQ(Query("SELECT count(*) FROM history_fresh"), "0");
}

// Else the table would say of each group that somebody filled it behind the histories' back.
TEST_F(PostgresHistoriesTest, StayTrustedWhicheverWayTheCollectorLogsIn) {
  Commit({testing::UnaryPiece({NamedEvent("a", "ada")})});
  postgres::ConnectionOptions options;
  options.url = database_.owner_url();
  options.role = "donut_collector";
  PostgresEventSink as_owner(options, &memory_);
  Commit({testing::UnaryPiece({NamedEvent("a", "ada")})}, &as_owner);
  EXPECT_EQ(Query("SELECT string_agg(DISTINCT state, ',') FROM history_partitions"), "packed");
  EXPECT_EQ(Query("SELECT count(*) FROM history_fresh"), "2");
  options.role = "";
  PostgresEventSink somebody_else(options, &memory_);
  Commit({testing::UnaryPiece({NamedEvent("a", "ada")})}, &somebody_else);
  EXPECT_EQ(Query("SELECT string_agg(DISTINCT state, ',') FROM history_partitions"), "sql");
}

}  // namespace
}  // namespace donut::collector
