// What events leave in their users' properties, on a real PostgreSQL.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/limits.h"
#include "tests/collector/sink_on_database.h"
#include "tests/support/random_seed.h"

namespace donut::collector {
namespace {

using nlohmann::json;
using testing::NamedEvent;
using testing::StreamPiece;
using testing::UnaryPiece;

// 2024-01-01 00:00:00 UTC and so many seconds.
v1::Event Setting(const std::string& user, int second, const json& properties) {
  const json event = {{"name", "a"}, {"userId", user}, {"userProperties", properties}};
  v1::Event parsed = testing::EventFromJson(event.dump());
  parsed.mutable_event_time()->set_seconds(1'704'067'200 + second);
  return parsed;
}

class PostgresUserPropertiesTest : public SinkOnDatabase {
 protected:
  json PropertiesOf(const std::string& user) {
    return json::parse(Query(absl::StrCat("SELECT properties FROM users WHERE distinct_id = '", user, "'")));
  }
  void Send(const v1::Event& event) {
    const auto results = Commit({UnaryPiece({event})});
    ASSERT_EQ(results[0].stored_count, 1) << results[0].status;
  }
};

TEST_F(PostgresUserPropertiesTest, MergesKeyByKeyAndLeavesTheOthers) {
  Send(Setting("ada", 1, {{"plan", "free"}, {"seats", 1.5}, {"quoted \" key \\", "a\"b\\c\n{},NULL ü"}}));
  Send(Setting("ada", 2, {{"plan", "pro"}, {"admin", true}}));
  Send(Setting("bob", 2, {{"plan", "team"}}));
  EXPECT_EQ(
      PropertiesOf("ada"),
      json({{"plan", "pro"}, {"seats", 1.5}, {"admin", true}, {"quoted \" key \\", "a\"b\\c\n{},NULL ü"}}));
  EXPECT_EQ(PropertiesOf("bob"), json({{"plan", "team"}}));
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events WHERE properties IS NULL"), "3");
}

TEST_F(PostgresUserPropertiesTest, ReplacesObjectsAndListsAsAWhole) {
  Send(Setting("u", 1, {{"address", {{"city", "Berlin"}, {"zip", "10115"}}}, {"tags", {"a", "b"}}}));
  Send(Setting("u", 2, {{"address", {{"city", "Bonn"}, {"street", nullptr}}}, {"tags", {"c", nullptr}}}));
  EXPECT_EQ(PropertiesOf("u"),
            json({{"address", {{"city", "Bonn"}, {"street", nullptr}}}, {"tags", {"c", nullptr}}}));
}

TEST_F(PostgresUserPropertiesTest, ALateEventChangesOnlyWhatNoLaterOneSet) {
  Send(Setting("u", 10, {{"plan", "pro"}}));
  Send(Setting("u", 5, {{"plan", "free"}, {"source", "ad"}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "pro"}, {"source", "ad"}}));
}

TEST_F(PostgresUserPropertiesTest, ALateEventDoesNotBringBackWhatWasRemoved) {
  Send(Setting("u", 1, {{"plan", "pro"}, {"seats", 5}}));
  Send(Setting("u", 9, {{"plan", nullptr}, {"never there", nullptr}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"seats", 5}}));
  Send(Setting("u", 8, {{"plan", "late"}, {"never there", 1}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"seats", 5}}));
  Send(Setting("u", 10, {{"plan", "again"}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"seats", 5}, {"plan", "again"}}));
}

// docs/metrics/common.md
TEST_F(PostgresUserPropertiesTest, AnswersTheExampleOfItsPage) {
  Send(Setting("u", 1, {{"plan", "free"}, {"source", "ad"}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "free"}, {"source", "ad"}}));
  Send(Setting("u", 3, {{"plan", "pro"}, {"source", nullptr}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "pro"}}));
  Send(Setting("u", 2, {{"plan", "team"}, {"source", "mail"}, {"seats", 5}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "pro"}, {"seats", 5}}));
}

TEST_F(PostgresUserPropertiesTest, AtEqualTimesTheLaterNumberOfAProducerStands) {
  // Such as rows of a file that have dates only.
  const HelloAnswer grant = Hello("p");
  Commit(
      {StreamPiece(grant, 1, {Setting("u", 1, {{"plan", "first"}}), Setting("u", 1, {{"plan", "second"}})})});
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "second"}}));
  Commit({StreamPiece(grant, 3, {Setting("u", 1, {{"plan", "third"}})})});
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "third"}}));
}

TEST_F(PostgresUserPropertiesTest, AtEqualTimesTheLaterProducerStandsInAnyOrder) {
  const HelloAnswer first = Hello("p");
  const HelloAnswer second = Hello("q");
  ASSERT_LT(first.producer_no, second.producer_no);
  const auto of_first = [&](const std::string& user) {
    return StreamPiece(first, user == "u" ? 1 : 2, {Setting(user, 1, {{"plan", "of first"}})});
  };
  const auto of_second = [&](const std::string& user) {
    return StreamPiece(second, user == "u" ? 1 : 2, {Setting(user, 1, {{"plan", "of second"}})});
  };
  Commit({of_first("u")});
  Commit({of_second("u")});
  Commit({of_second("v")});
  Commit({of_first("v")});
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "of second"}}));
  EXPECT_EQ(PropertiesOf("v"), json({{"plan", "of second"}}));
}

TEST_F(PostgresUserPropertiesTest, WhatIsSentAgainChangesNothing) {
  const HelloAnswer grant = Hello("p");
  const StagedPiece piece = StreamPiece(grant, 1, {Setting("u", 1, {{"plan", "free"}, {"n", 1}})});
  Commit({piece});
  Commit({StreamPiece(grant, 2, {Setting("u", 1, {{"plan", "pro"}})})});
  const std::string before = Query("SELECT users::text FROM users");
  Commit({piece});
  EXPECT_EQ(Query("SELECT users::text FROM users"), before);
  v1::Event once = Setting("u", 3, {{"plan", "team"}});
  once.set_insert_id("i");
  Commit({UnaryPiece({once})});
  once = Setting("u", 4, {{"plan", "under a used insert_id"}});
  once.set_insert_id("i");
  Commit({UnaryPiece({once})});
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "team"}, {"n", 1}}));
}

TEST_F(PostgresUserPropertiesTest, ARejectedEventSetsNothing) {
  v1::Event nameless = Setting("u", 1, {{"plan", "free"}});
  nameless.clear_name();
  Commit({UnaryPiece({nameless, NamedEvent("a", "u")})});
  EXPECT_EQ(PropertiesOf("u"), json::object());
  const int64_t id = testing::TestHash().UserId(1, "ada");
  Query(absl::StrCat("INSERT INTO users VALUES (1, ", id, ", 'somebody else') RETURNING 1"));
  const auto results = Commit({UnaryPiece({Setting("ada", 1, {{"plan", "pro"}})})});
  ASSERT_EQ(results[0].rejections.size(), 1u);
  EXPECT_EQ(PropertiesOf("somebody else"), json::object());
}

TEST_F(PostgresUserPropertiesTest, PipelineEventsCarryThemToo) {
  v1::Event event = testing::EventFromJson(
      R"({"name":"pipeline_run_started","userId":"u","sessionId":"r","properties":{"pipeline":"p"},
          "userProperties":{"host":"db1"}})");
  Send(event);
  EXPECT_EQ(PropertiesOf("u"), json({{"host", "db1"}}));
  EXPECT_EQ(Query("SELECT pipeline FROM analytics_sessions"), "p");
}

TEST_F(PostgresUserPropertiesTest, WithoutATimeTheTimeOfReceptionCounts) {
  v1::Event event = Setting("u", 1, {{"plan", "now"}});
  event.clear_event_time();
  Send(event);
  Send(Setting("u", 1, {{"plan", "a month before"}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "now"}}));
}

TEST_F(PostgresUserPropertiesTest, KeepsWhatWasWrittenByHandUntilAnEventSetsIt) {
  Send(NamedEvent("a", "u"));
  Query(R"(UPDATE users SET properties = '{"plan": "by hand", "vip": true}' RETURNING 1)");
  Send(Setting("u", 1, {{"plan", "pro"}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "pro"}, {"vip", true}}));
}

TEST_F(PostgresUserPropertiesTest, MakesAKnownUserAgainWhoWasDeletedByHand) {
  Send(NamedEvent("a", "u"));
  Query("DELETE FROM users RETURNING 1");
  Send(Setting("u", 1, {{"plan", "pro"}}));
  EXPECT_EQ(PropertiesOf("u"), json({{"plan", "pro"}}));
}

json ManyKeys(const std::string& prefix, int count, const json& value) {
  json properties = json::object();
  for (int i = 0; i < count; ++i) properties[absl::StrCat(prefix, absl::Dec(i, absl::kZeroPad3))] = value;
  return properties;
}

TEST_F(PostgresUserPropertiesTest, KeepsTheKeysThatWereSetLast) {
  const int most = limits::kMaxUserProperties;
  Send(Setting("u", 5, ManyKeys("a", most, 1)));
  EXPECT_EQ(PropertiesOf("u"), ManyKeys("a", most, 1));
  Send(Setting("u", 6, {{"new", 2}}));
  json expected = ManyKeys("a", most - 1, 1);
  expected["new"] = 2;
  EXPECT_EQ(PropertiesOf("u"), expected) << "of one event the first by bytes stay";
  Send(Setting("u", 4, {{"too late", 3}}));
  EXPECT_EQ(PropertiesOf("u"), expected);
  Send(Setting("u", 7, {{"new", nullptr}, {"a000", nullptr}}));
  expected.erase("new");
  expected.erase("a000");
  EXPECT_EQ(PropertiesOf("u"), expected);
  Send(Setting("u", 8, {{"b", 1}}));
  expected.erase(absl::StrCat("a", most - 2));
  expected["b"] = 1;
  EXPECT_EQ(PropertiesOf("u"), expected) << "removed keys count, for they are remembered";
  EXPECT_EQ(Query("SELECT count(*) FROM users, jsonb_object_keys(property_versions)"), absl::StrCat(most));
}

// A slow, obvious second opinion: each key's latest event by the events' order, then the bound.
class LatestSettings {
 public:
  using Version = std::tuple<int64_t, int64_t, int64_t>;  // event time, producer, sequence

  void Add(const v1::Event& event, int producer_no, int64_t sequence) {
    auto& user = users_[event.user_id()];
    const Version version(event.event_time().seconds(), producer_no, sequence);
    for (const auto& [key, value] : event.user_properties().fields()) {
      if (user.count(key) > 0 && user[key].first > version) continue;
      user[key] = {version, value.has_number_value() ? json(value.number_value()) : json()};
    }
  }

  json Of(const std::string& name) const {
    std::vector<std::pair<Version, std::string>> order;
    const auto& user = users_.at(name);
    for (const auto& [key, latest] : user) order.emplace_back(latest.first, key);
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (order.size() > limits::kMaxUserProperties) order.resize(limits::kMaxUserProperties);
    json properties = json::object();
    for (const auto& [version, key] : order) {
      if (!user.at(key).second.is_null()) properties[key] = user.at(key).second;
    }
    return properties;
  }

 private:
  std::map<std::string, std::map<std::string, std::pair<Version, json>>> users_;
};

v1::Event RandomSetting(std::mt19937_64& random) {
  const bool is_crowded = random() % 8 == 0;
  json properties = json::object();
  for (uint64_t keys = is_crowded ? 150 : 1 + random() % 4; keys > 0; --keys) {
    const std::string key = absl::StrCat("k", random() % (is_crowded ? 400 : 5));
    if (random() % 4 == 0) {
      properties[key] = nullptr;
    } else {
      properties[key] = random() % 1000;
    }
  }
  return Setting(random() % 2 == 0 ? "u" : "v", static_cast<int>(random() % 12), properties);
}

// Two producers, each in its own order, cut into batches that arrive in any order between them, in groups of
// any size, some of them twice.
TEST_F(PostgresUserPropertiesTest, TheLatestEventsStandInAnyOrderAndGrouping) {
  const uint64_t seed = testing::RandomSeed();
  std::mt19937_64 random(seed);
  for (int round = 0; round < 15; ++round) {
    Query("DELETE FROM users RETURNING 1");
    memory_.known_users.Forget();
    LatestSettings expected;
    std::vector<std::vector<StagedPiece>> streams;
    for (const char* name : {"p", "q"}) {
      const HelloAnswer grant = Hello(absl::StrCat(name, round));
      int64_t sequence = 1;
      auto& pieces = streams.emplace_back();
      for (int batch = 0; batch < 6; ++batch) {
        std::vector<v1::Event> events(1 + random() % 4);
        const int64_t first = sequence;
        for (v1::Event& event : events) {
          event = RandomSetting(random);
          expected.Add(event, grant.producer_no, sequence++);
        }
        pieces.push_back(StreamPiece(grant, first, events));
      }
    }
    std::vector<size_t> next(streams.size(), 0);
    while (next[0] < streams[0].size() || next[1] < streams[1].size()) {
      std::vector<StagedPiece> group;
      for (size_t i = 0; i < streams.size(); ++i) {
        for (uint64_t count = random() % 3; count > 0 && next[i] < streams[i].size(); --count) {
          group.push_back(streams[i][next[i]++]);
        }
        if (next[i] > 0 && random() % 4 == 0) group.push_back(streams[i][next[i] - 1]);
      }
      if (!group.empty()) Commit(group);
    }
    for (const char* user : {"u", "v"}) {
      ASSERT_EQ(PropertiesOf(user), expected.Of(user))
          << "DONUT_RANDOM_SEED=" << seed << " round " << round << " user " << user;
    }
  }
}

// Each collector goes through the same users in an order of its own; both change every one.
TEST_F(PostgresUserPropertiesTest, TwoCollectorsNeitherDeadlockNorLoseAnything) {
  constexpr int kRounds = 30;
  constexpr int kUsers = 20;
  const auto run = [&](const std::string& key, bool is_forward) {
    SinkMemory memory(1'000, 1'000);
    const auto sink = NewSink(&memory);
    for (int round = 1; round <= kRounds; ++round) {
      std::vector<v1::Event> events;
      for (int i = 0; i < kUsers; ++i) {
        const std::string user = absl::StrCat("user ", is_forward ? i : kUsers - 1 - i);
        events.push_back(Setting(user, round, {{key, round}, {"both", absl::StrCat(key, " ", round)}}));
      }
      const auto results = Commit({UnaryPiece(events)}, sink.get());
      EXPECT_EQ(results[0].stored_count, kUsers) << results[0].status;
    }
  };
  std::thread other(run, "b", false);
  run("a", true);
  other.join();
  EXPECT_EQ(Query(absl::StrCat("SELECT count(*) FROM users WHERE properties -> 'a' = '", kRounds,
                               "' AND properties -> 'b' = '", kRounds, "'")),
            absl::StrCat(kUsers));
  EXPECT_EQ(Query("SELECT count(DISTINCT properties -> 'both') FROM users"), "1");
  EXPECT_EQ(Query("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
}

}  // namespace
}  // namespace donut::collector
