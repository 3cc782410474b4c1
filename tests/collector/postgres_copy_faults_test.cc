// What goes wrong in the middle of a COPY, through the sink as a lane uses it: backends that die there, and
// rows that PostgreSQL refuses there, in groups of many pieces.
#include <iostream>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/collector/sink_on_database.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using testing::EventFromJson;
using testing::NamedEvent;
using testing::StatusIs;
using testing::StreamPiece;
using testing::UnaryPiece;

constexpr char kStoredTwice[] =
    "SELECT count(*) FROM (SELECT FROM analytics_events GROUP BY producer_no, sequence HAVING count(*) > 1) "
    "x";

class PostgresCopyFaultsTest : public SinkOnDatabase {
 protected:
  // From now on each row that says so in its properties is refused.
  void RefuseBadRows() {
    Query("ALTER TABLE analytics_events ADD CONSTRAINT no_bad CHECK (properties->>'bad' IS NULL)");
  }

  // From now on the backend that stores this sequence dies, once.
  void KillAtSequence(int64_t sequence) {
    Query("CREATE SEQUENCE IF NOT EXISTS kills; GRANT USAGE ON SEQUENCE kills TO donut_collector");
    // A sequence is not rolled back: the next attempt gets through.
    Query(absl::StrCat(
        "CREATE OR REPLACE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
        "IF NEW.sequence = ",
        sequence,
        " AND nextval('kills') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; "
        "END $$"));
    Query(
        "CREATE OR REPLACE TRIGGER die BEFORE INSERT ON analytics_events FOR EACH ROW EXECUTE FUNCTION "
        "die_once()");
    Query("ALTER SEQUENCE kills RESTART");
  }
};

std::vector<v1::Event> Events(int count) {
  const std::string text(100, 'x');
  std::vector<v1::Event> events;
  for (int i = 0; i < count; ++i) {
    events.push_back(EventFromJson(
        absl::StrCat(R"({"name":"a","userId":"u)", i % 10, R"(","properties":{"text":")", text, "\"}}")));
  }
  return events;
}

v1::Event Bad(const std::string& user) {
  return EventFromJson(absl::StrCat(R"({"name":"a","userId":")", user, R"(","properties":{"bad":1}})"));
}

// The first row, one in the middle of what is sent, and the last one, which the server looks at when all has
// been sent.
TEST_F(PostgresCopyFaultsTest, ABackendThatDiesInTheMiddleStoresNothingAndTheNextOneStoresAll) {
  const HelloAnswer grant = Hello("p");
  constexpr int kEvents = 2'000;
  int64_t first = 1;
  for (const int64_t dies_at : {int64_t{1}, int64_t{kEvents / 2}, int64_t{kEvents}}) {
    KillAtSequence(first - 1 + dies_at);
    const StagedPiece piece = StreamPiece(grant, first, Events(kEvents));
    std::vector<PieceSpan> spans(1);
    spans[0].piece = &piece;
    spans[0].first = piece.first;
    spans[0].last = piece.last;
    postgres::Outcome outcome = postgres::Outcome::kCommitted;
    EXPECT_THAT(sink_->Commit(spans, outcome), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(outcome, postgres::Outcome::kRolledBack) << "nothing is in doubt before COMMIT";
    EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), absl::StrCat(first - 1));
    EXPECT_EQ(Commit({piece})[0].stored_count, kEvents);
    first += kEvents;
  }
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), absl::StrCat(first - 1));
  EXPECT_EQ(Query(kStoredTwice), "0");
}

TEST_F(PostgresCopyFaultsTest, TheCommitterRepeatsAGroupOfManyPiecesWhoseBackendDied) {
  std::vector<StagedPiece> pieces;
  for (int producer = 0; producer < 10; ++producer) {
    const HelloAnswer grant = Hello(absl::StrCat("p", producer));
    for (int64_t first = 1; first <= 100; first += 50)
      pieces.push_back(StreamPiece(grant, first, Events(50)));
  }
  pieces.push_back(UnaryPiece(Events(50)));
  KillAtSequence(77);
  for (const PieceResult& result : Commit(pieces)) {
    EXPECT_OK(result.status);
    EXPECT_EQ(result.verdict, PieceVerdict::kMoves);
    EXPECT_EQ(result.stored_count, 50);
  }
  EXPECT_EQ(Query("SELECT last_value FROM kills"), "11") << "the first of ten producers, then all ten";
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), "1050");
  EXPECT_EQ(Query(kStoredTwice), "0");
}

// More than are left out one by one, so that pieces are also taken alone.
TEST_F(PostgresCopyFaultsTest, RefusedRowsOfManyPiecesAreDeadLetteredAndNoOthers) {
  RefuseBadRows();
  constexpr int kProducers = 30;
  std::vector<StagedPiece> pieces;
  for (int producer = 0; producer < kProducers; ++producer) {
    std::vector<v1::Event> events = Events(100);
    if (producer % 3 != 0) events[static_cast<size_t>(producer * 3)] = Bad("u");
    if (producer % 3 == 2) events[99] = Bad("u");
    pieces.push_back(StreamPiece(Hello(absl::StrCat("p", producer)), 1, events));
  }
  const std::vector<PieceResult> results = Commit(pieces);
  for (int producer = 0; producer < kProducers; ++producer) {
    const PieceResult& result = results[static_cast<size_t>(producer)];
    EXPECT_OK(result.status);
    EXPECT_EQ(result.stored_count, 100 - producer % 3) << "producer " << producer;
    ASSERT_EQ(result.rejections.size(), static_cast<size_t>(producer % 3)) << "producer " << producer;
    if (producer % 3 == 0) continue;
    EXPECT_EQ(result.rejections[0].sequence(), producer * 3 + 1);
    EXPECT_EQ(result.rejections[0].reason(), v1::REJECTION_REASON_REFUSED_BY_DATABASE);
  }
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), "2970");
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events WHERE properties ? 'bad'"), "0");
  EXPECT_EQ(Query("SELECT count(*) FROM rejected_events"), "30");
  EXPECT_EQ(Query(kStoredTwice), "0");
}

// The server counts the rows it was sent; events that were left out for other reasons are not among them.
TEST_F(PostgresCopyFaultsTest, NamesTheRefusedEventAlsoBehindOnesThatWereNeverSent) {
  RefuseBadRows();
  Query(absl::StrCat("INSERT INTO users VALUES (1, ", testing::TestHash().UserId(1, "ada"),
                     ", 'somebody else') RETURNING 1"));
  const uint64_t seed = testing::RandomSeed();
  std::cout << "DONUT_RANDOM_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);
  std::vector<StagedPiece> pieces;
  std::vector<std::set<int64_t>> bad;
  std::set<std::string> insert_ids;
  int64_t expected_stored = 0;
  for (int number = 0; number < 12; ++number) {
    const bool unary = number % 3 == 2;
    std::vector<v1::Event> events;
    std::set<int64_t>& bad_here = bad.emplace_back();
    for (int64_t i = 0; i < 60; ++i) {
      switch (random() % 8) {
        case 0:
          events.push_back(NamedEvent("", "u"));  // invalid
          break;
        case 1:
          events.push_back(NamedEvent("a", "ada"));  // collides
          break;
        case 2:
          events.push_back(NamedEvent("a", "u"));
          events.back().set_insert_id(absl::StrCat("i", random() % 20));
          // On streams insert_ids mean nothing.
          if (!unary || insert_ids.insert(events.back().insert_id()).second) ++expected_stored;
          break;
        case 3:
          if (random() % 4 == 0) {
            events.push_back(Bad("u"));
            bad_here.insert(unary ? i : i + 1);
            break;
          }
          [[fallthrough]];
        default:
          events.push_back(NamedEvent("a", absl::StrCat("u", i)));
          ++expected_stored;
      }
    }
    pieces.push_back(unary ? UnaryPiece(events) : StreamPiece(Hello(absl::StrCat("p", number)), 1, events));
  }
  const std::vector<PieceResult> results = Commit(pieces);
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_OK(results[i].status) << "seed " << seed;
    std::set<int64_t> refused;
    for (const v1::Rejection& rejection : results[i].rejections) {
      if (rejection.reason() == v1::REJECTION_REASON_REFUSED_BY_DATABASE)
        refused.insert(rejection.sequence());
    }
    EXPECT_EQ(refused, bad[i]) << "piece " << i << ", seed " << seed;
  }
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), absl::StrCat(expected_stored)) << "seed " << seed;
  EXPECT_EQ(Query(kStoredTwice), "0") << "seed " << seed;
}

}  // namespace
}  // namespace donut::collector
