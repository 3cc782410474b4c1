#include "collector/postgres_event_sink.h"

#include <csignal>

#include "absl/strings/str_cat.h"
#include "common/limits.h"
#include "tests/collector/sink_on_database.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using testing::Claim;
using testing::EventFromJson;
using ::testing::HasSubstr;
using testing::NamedEvent;
using testing::StatusIs;
using testing::StreamPiece;
using testing::UnaryPiece;

using PostgresEventSinkTest = SinkOnDatabase;

TEST_F(PostgresEventSinkTest, StoresWhatAnEventSays) {
  const auto results = Commit({StreamPiece(
      Hello("p"), 1,
      {EventFromJson(
          R"({"name":"buy","userId":"ada \\ \" {} grün","sessionId":"s","eventTime":"2024-01-01T00:00:00.123456789Z",
          "properties":{"text":"a\"b\\c\n{},NULL","n":1.5,"i":9007199254740992,"l":[null,true]}})")})});
  ASSERT_TRUE(results[0].status.ok()) << results[0].status;
  EXPECT_EQ(results[0].stored_count, 1);
  EXPECT_EQ(Query("SELECT event_time FROM analytics_events"), "2024-01-01 00:00:00.123456+00");
  EXPECT_EQ(Query("SELECT received_time FROM analytics_events"), "2024-01-31 12:00:00+00");
  EXPECT_EQ(Query("SELECT properties->>'text' FROM analytics_events"), "a\"b\\c\n{},NULL");
  EXPECT_EQ(Query("SELECT properties - 'text' FROM analytics_events"),
            R"({"i": 9007199254740992, "l": [null, true], "n": 1.5})");
  EXPECT_EQ(Query("SELECT distinct_id FROM users JOIN analytics_events USING (project_id, user_id)"),
            "ada \\ \" {} grün");
  EXPECT_EQ(Query("SELECT name FROM event_names JOIN analytics_events USING (event_name_id)"), "buy");
  EXPECT_EQ(Query("SELECT session_id IS NOT NULL AND sequence = 1 AND producer_no = 1 FROM analytics_events"),
            "t");
}

TEST_F(PostgresEventSinkTest, LeavesEmptyPropertiesAndSessionsNull) {
  Commit({StreamPiece(Hello("p"), 1, {NamedEvent("a", "u")})});
  EXPECT_EQ(Query("SELECT properties IS NULL AND session_id IS NULL FROM analytics_events"), "t");
}

TEST_F(PostgresEventSinkTest, GrantsRisingEpochsAndTellsWhereToGoOn) {
  const HelloAnswer first = Hello("p");
  EXPECT_EQ(first.epoch, 1);
  StagedPiece piece = StreamPiece(first, 1, {NamedEvent("a", "u"), NamedEvent("a", "u")});
  piece.bookmark = std::string("\0\xFF mark", 7);
  Commit({piece});
  const HelloAnswer second = Hello("p", 1, "t2");
  EXPECT_EQ(second.epoch, 2);
  EXPECT_EQ(second.producer_no, first.producer_no);
  EXPECT_EQ(second.committed_sequence, 2);
  EXPECT_EQ(second.bookmark, piece.bookmark);
  EXPECT_EQ(second.bookmark_sequence, 2);
}

TEST_F(PostgresEventSinkTest, RecognisesItsOwnLostGrantAndRefusesForeignOnes) {
  Hello("p", 0, "t1");
  HelloClaim lost = Claim("p", 0, "t2");
  EXPECT_EQ(sink_->Grant(lost)->verdict, HelloVerdict::kForeignEpoch);
  lost.earlier_tokens = {Claim("", 0, "t1").token};
  EXPECT_EQ(sink_->Grant(lost)->epoch, 2);
  EXPECT_EQ(sink_->Grant(Claim("p", 1, "t3"))->verdict, HelloVerdict::kForeignEpoch);
  EXPECT_EQ(sink_->Grant(Claim("never seen", 5, "t"))->verdict, HelloVerdict::kUnknownProducer);
  HelloClaim durable = Claim("p", 0, "t4");
  durable.durable = true;
  EXPECT_EQ(sink_->Grant(durable)->epoch, 3);
}

TEST_F(PostgresEventSinkTest, PassesOverWhatIsCommittedAndNeverNamesItAgain) {
  const HelloAnswer grant = Hello("p");
  Commit({StreamPiece(grant, 1, {NamedEvent("a", "u"), NamedEvent("", "u"), NamedEvent("a", "u")})});
  const auto again =
      Commit({StreamPiece(grant, 1, {NamedEvent("a", "u"), NamedEvent("", "u"), NamedEvent("a", "u")}),
              StreamPiece(grant, 3, {NamedEvent("a", "u"), NamedEvent("a", "u")})});
  EXPECT_EQ(again[0].verdict, PieceVerdict::kAlreadyCommitted);
  EXPECT_TRUE(again[0].rejections.empty());
  EXPECT_EQ(again[1].stored_count, 1);
  EXPECT_EQ(Sequences(), "1,3,4");
  EXPECT_EQ(Query("SELECT count(*) FROM rejected_events"), "1");
}

TEST_F(PostgresEventSinkTest, LeavesFencedAndGappedPiecesOutAndCommitsTheOthers) {
  const HelloAnswer old = Hello("p");
  const HelloAnswer fresh = Hello("p", 1, "t2");
  const HelloAnswer other = Hello("q");
  const auto results =
      Commit({StreamPiece(old, 1, {NamedEvent("a", "u")}), StreamPiece(other, 5, {NamedEvent("a", "u")}),
              StreamPiece(fresh, 1, {NamedEvent("a", "u")}), StreamPiece(other, 1, {NamedEvent("a", "u")})});
  EXPECT_EQ(results[0].verdict, PieceVerdict::kFenced);
  EXPECT_EQ(results[1].verdict, PieceVerdict::kGap);
  EXPECT_EQ(results[2].verdict, PieceVerdict::kMoves);
  EXPECT_EQ(results[3].verdict, PieceVerdict::kMoves);
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), "2");
}

TEST_F(PostgresEventSinkTest, KeepsRejectedUnparsedAndSkipped) {
  const HelloAnswer grant = Hello("p");
  StagedPiece skipped;
  skipped.project_id = 1;
  skipped.producer_no = grant.producer_no;
  skipped.epoch = grant.epoch;
  skipped.token = grant.token;
  StagedPiece unparsed = skipped;
  StagedPiece close = skipped;
  skipped.first = 3;
  skipped.last = 9;
  skipped.skip_reason = v1::SKIP_REASON_QUEUE_FULL;
  unparsed.first = unparsed.last = 10;
  unparsed.batch.rejected.push_back(
      {10, v1::REJECTION_REASON_UNPARSED, "bad \"line\" \\", std::string("\0\xFF", 2)});
  close.close = true;
  const auto results =
      Commit({StreamPiece(grant, 1, {NamedEvent("", "u"), NamedEvent("a", "u")}), skipped, unparsed, close});
  ASSERT_EQ(results[0].rejections.size(), 1u);
  EXPECT_EQ(results[0].rejections[0].sequence(), 1);
  ASSERT_EQ(results[2].rejections.size(), 1u);
  EXPECT_EQ(
      Query("SELECT string_agg(concat_ws('|', sequence, reason, detail, payload), ';' ORDER BY sequence) "
            "FROM rejected_events WHERE sequence = 10"),
      "10|UNPARSED|bad \"line\" \\|\\x00ff");
  EXPECT_EQ(Query("SELECT payload FROM rejected_events WHERE sequence = 1"), "\\x120175");
  EXPECT_EQ(Query("SELECT concat_ws('|', first_sequence, last_sequence, reason) FROM skipped_ranges"),
            "3|9|QUEUE_FULL");
  EXPECT_EQ(Query("SELECT last_sequence = 10 AND closed_at IS NOT NULL FROM producers"), "t");
  Hello("p", 1, "t2");
  EXPECT_EQ(Query("SELECT closed_at IS NULL FROM producers"), "t");
}

TEST_F(PostgresEventSinkTest, RejectsAUserWhoseIdBelongsToAnotherText) {
  const int64_t id = testing::TestHash().UserId(1, "ada");
  Query(absl::StrCat("INSERT INTO users VALUES (1, ", id, ", 'somebody else') RETURNING 1"));
  for (int round = 0; round < 2; ++round) {
    const auto results = Commit({UnaryPiece({NamedEvent("a", "ada"), NamedEvent("a", "bob")})});
    ASSERT_EQ(results[0].rejections.size(), 1u);
    EXPECT_EQ(results[0].rejections[0].reason(), v1::REJECTION_REASON_KEY_COLLISION);
    EXPECT_EQ(results[0].stored_count, 1);
  }
}

TEST_F(PostgresEventSinkTest, CapsTheEventNamesOfAProject) {
  Query(absl::StrCat("INSERT INTO event_names (project_id, name) SELECT 1, 'n' || i FROM generate_series(1, ",
                     limits::kMaxEventNames - 2, ") i RETURNING 1"));
  const auto results =
      Commit({UnaryPiece({NamedEvent("z3", "u"), NamedEvent("z1", "u"), NamedEvent("n7", "u"),
                          NamedEvent("z2", "u"), NamedEvent("z1", "u")})});
  ASSERT_EQ(results[0].rejections.size(), 1u);
  EXPECT_EQ(results[0].rejections[0].reason(), v1::REJECTION_REASON_TOO_MANY_EVENT_NAMES);
  EXPECT_EQ(results[0].rejections[0].sequence(), 0);
  EXPECT_EQ(results[0].stored_count, 4);
  EXPECT_EQ(Query("SELECT count(*) FROM event_names"), absl::StrCat(limits::kMaxEventNames));
  // A name that another collector has added is known all the same.
  SinkMemory other_memory(10, 10);
  EXPECT_EQ(
      Commit({UnaryPiece({NamedEvent("z1", "u"), NamedEvent("new", "u")})}, NewSink(&other_memory).get())[0]
          .stored_count,
      1);
}

TEST_F(PostgresEventSinkTest, StoresAnInsertIdOnce) {
  v1::Event event = NamedEvent("buy", "u");
  event.set_insert_id("order \"1\"");
  auto results = Commit({UnaryPiece({event, event, NamedEvent("buy", "u")}), UnaryPiece({event})});
  EXPECT_EQ(results[0].stored_count, 2);
  EXPECT_EQ(results[0].duplicate_count, 1);
  EXPECT_EQ(results[1].stored_count, 0);
  EXPECT_EQ(results[1].duplicate_count, 1);
  SinkMemory other_memory(10, 10);
  results = Commit({UnaryPiece({event})}, NewSink(&other_memory).get());
  EXPECT_EQ(results[0].duplicate_count, 1);
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), "2");
}

TEST_F(PostgresEventSinkTest, DoesNotTakeTheInsertIdOfARejectedEvent) {
  v1::Event event = NamedEvent("", "u");
  event.set_insert_id("i");
  EXPECT_EQ(Commit({UnaryPiece({event})})[0].rejections.size(), 1u);
  event.set_name("mended");
  EXPECT_EQ(Commit({UnaryPiece({event})})[0].stored_count, 1);
}

TEST_F(PostgresEventSinkTest, IgnoresInsertIdsOnStreams) {
  v1::Event event = NamedEvent("buy", "u");
  event.set_insert_id("i");
  EXPECT_EQ(Commit({StreamPiece(Hello("p"), 1, {event, event})})[0].stored_count, 2);
}

TEST_F(PostgresEventSinkTest, NumbersUnaryEventsUnderItsOwnProducerWithoutHoles) {
  v1::Event twice = NamedEvent("buy", "u");
  twice.set_insert_id("i");
  Commit({UnaryPiece({twice, twice, NamedEvent("", "u"), NamedEvent("a", "u")}),
          UnaryPiece({NamedEvent("a", "u")})});
  EXPECT_EQ(Query("SELECT string_agg(sequence::text, ',' ORDER BY sequence) FROM "
                  "(SELECT sequence FROM analytics_events UNION ALL SELECT sequence FROM rejected_events) s"),
            "1,2,3,4");
  EXPECT_EQ(Query("SELECT last_sequence FROM producers"), "4");
  sink_->Close();
  EXPECT_EQ(Query("SELECT closed_at IS NOT NULL FROM producers"), "t");
}

TEST_F(PostgresEventSinkTest, MakesANewProducerOfItsOwnWhenTheOldOneWasDeletedByAge) {
  Commit({UnaryPiece({NamedEvent("a", "u")})});
  Query("DELETE FROM producers RETURNING 1");
  EXPECT_EQ(Commit({UnaryPiece({NamedEvent("a", "u")})})[0].stored_count, 1);
  EXPECT_EQ(Query("SELECT count(DISTINCT producer_no) FROM analytics_events"), "2");
}

TEST_F(PostgresEventSinkTest, DeadLettersTheOneRowThatPostgresRefuses) {
  // A rule of the table that the collector does not know stands for what nobody thought of.
  Query("ALTER TABLE analytics_events ADD CONSTRAINT no_bad CHECK (properties->>'bad' IS NULL)");
  std::vector<v1::Event> events;
  for (int i = 0; i < 300; ++i) events.push_back(NamedEvent("a", absl::StrCat("u", i % 7)));
  events[123] = EventFromJson(R"({"name":"a","userId":"u","properties":{"bad":1}})");
  const HelloAnswer grant = Hello("p");
  const HelloAnswer other = Hello("q");
  const auto results = Commit(
      {StreamPiece(other, 1, {NamedEvent("a", "u")}), StreamPiece(grant, 1, events), UnaryPiece(events)});
  EXPECT_EQ(results[0].stored_count, 1);
  for (const int i : {1, 2}) {
    EXPECT_EQ(results[i].stored_count, 299);
    ASSERT_EQ(results[i].rejections.size(), 1u);
    EXPECT_EQ(results[i].rejections[0].reason(), v1::REJECTION_REASON_REFUSED_BY_DATABASE);
    EXPECT_THAT(results[i].rejections[0].detail(), HasSubstr("23514"));
  }
  EXPECT_EQ(results[1].rejections[0].sequence(), 124);
  EXPECT_EQ(results[2].rejections[0].sequence(), 123);
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events"), "599");
  EXPECT_EQ(Query("SELECT string_agg(DISTINCT reason, ',') FROM rejected_events"), "REFUSED_BY_DATABASE");
  v1::Event kept;
  pqxx::work look(database_.owner());
  const auto row =
      look.exec1("SELECT payload FROM rejected_events WHERE sequence = 124 ORDER BY producer_no LIMIT 1");
  ASSERT_TRUE(kept.ParseFromString(pqxx::binarystring(row[0]).str()));
  EXPECT_EQ(kept.SerializeAsString(), events[123].SerializeAsString());
}

TEST_F(PostgresEventSinkTest, GoesOnWithANewConnectionWhenItsOwnWasKilled) {
  const HelloAnswer grant = Hello("p");
  const std::string kill =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'sink under "
      "test'";
  EXPECT_EQ(Query(kill), "1");
  EXPECT_EQ(Commit({StreamPiece(grant, 1, {NamedEvent("a", "u")})})[0].stored_count, 1);
  EXPECT_EQ(Query(kill), "1");
  EXPECT_EQ(Hello("p", 1, "t2").epoch, 2);
}

// Lets some transactions through, then fails as a process that dies.
class DyingSink : public EventSink {
 public:
  DyingSink(EventSink* sink, int commits) : sink_(sink), commits_(commits) {}
  absl::StatusOr<HelloAnswer> Grant(const HelloClaim& claim) override { return sink_->Grant(claim); }
  absl::Status Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) override {
    outcome = postgres::Outcome::kRolledBack;
    if (commits_ == 0) return absl::InternalError("died");
    const absl::Status status = sink_->Commit(spans, outcome);
    if (status.ok()) --commits_;
    return status;
  }

 private:
  EventSink* const sink_;
  int commits_;
};

// What is found out at COMMIT only names no row: the batch is taken apart.
TEST_F(PostgresEventSinkTest, ABatchThatDiedInItsMiddleLeavesTheBookmarkBeforeIt) {
  Query(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'no' USING ERRCODE = '23514'; END $$");
  Query(
      "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON analytics_events DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW WHEN (NEW.properties ? 'bad') EXECUTE FUNCTION refuse()");
  std::vector<v1::Event> events(10, NamedEvent("a", "u"));
  events[8] = EventFromJson(R"({"name":"a","userId":"u","properties":{"bad":1}})");
  const HelloAnswer first = Hello("p");
  StagedPiece before = StreamPiece(first, 1, {events.begin(), events.begin() + 2});
  before.bookmark = "after 2";
  Commit({before});
  StagedPiece piece = StreamPiece(first, 3, {events.begin() + 2, events.end()});
  piece.bookmark = "after 10";
  DyingSink dying(sink_.get(), 1);
  EXPECT_FALSE(Commit({piece}, &dying)[0].status.ok());

  const HelloAnswer second = Hello("p", 1, "t2");
  const int64_t committed = second.committed_sequence;
  ASSERT_GT(committed, 2);
  ASSERT_LT(committed, 10);
  EXPECT_EQ(second.bookmark, "after 2");
  EXPECT_EQ(second.bookmark_sequence, 2);

  // The next process goes on behind what is committed.
  StagedPiece rest = StreamPiece(second, committed + 1, {events.begin() + committed, events.end()});
  rest.bookmark = "after 10";
  EXPECT_EQ(Commit({rest})[0].rejections.size(), 1u);
  const HelloAnswer third = Hello("p", 2, "t3");
  EXPECT_EQ(third.committed_sequence, 10);
  EXPECT_EQ(third.bookmark, "after 10");
  EXPECT_EQ(third.bookmark_sequence, 10);
  EXPECT_EQ(Sequences(), "1,2,3,4,5,6,7,8,10");
}

TEST_F(PostgresEventSinkTest, SkippedNumbersLeaveTheBookmarkAtItsOwn) {
  const HelloAnswer grant = Hello("p");
  StagedPiece piece = StreamPiece(grant, 1, {NamedEvent("a", "u"), NamedEvent("a", "u")});
  piece.bookmark = "after 2";
  StagedPiece skipped = StreamPiece(grant, 3, {});
  skipped.last = 5;
  skipped.skip_reason = v1::SKIP_REASON_POISONOUS;
  Commit({piece, skipped});
  const HelloAnswer next = Hello("p", 1, "t2");
  EXPECT_EQ(next.committed_sequence, 5);
  EXPECT_EQ(next.bookmark, "after 2");
  EXPECT_EQ(next.bookmark_sequence, 2);
}

// A backend that froze keeps no statement_timeout.
TEST_F(PostgresEventSinkTest, GivesUpABackendThatSaysNothing) {
  const HelloAnswer grant = Hello("p");
  PostgresEventSink sink = SinkWithSilenceLimit(absl::Milliseconds(300));
  EXPECT_EQ(Commit({StreamPiece(grant, 1, {NamedEvent("a", "u")})}, &sink)[0].stored_count, 1);
  const int pid = std::stoi(Query("SELECT pid FROM pg_stat_activity WHERE application_name = 'silent sink'"));
  testing::TestCluster::Shared().Signal(pid, SIGSTOP);
  const auto results = Commit({StreamPiece(grant, 2, {NamedEvent("a", "u")})}, &sink);
  testing::TestCluster::Shared().Signal(pid, SIGCONT);
  EXPECT_TRUE(results[0].status.ok()) << results[0].status;
  EXPECT_EQ(Sequences(), "1,2");
}

// What is remembered of one database is not true of another, such as one restored from a backup.
TEST_F(PostgresEventSinkTest, ForgetsWhatItRemembersWhenItsConnectionBreaks) {
  const HelloAnswer grant = Hello("p");
  Commit({StreamPiece(grant, 1, {NamedEvent("a", "ada")})});
  Query("TRUNCATE analytics_events, users, event_names");
  Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sink under test'");
  EXPECT_EQ(Commit({StreamPiece(grant, 2, {NamedEvent("a", "ada")})})[0].stored_count, 1);
  EXPECT_EQ(
      Query("SELECT u.distinct_id || ' ' || n.name FROM analytics_events JOIN users u USING (project_id, "
            "user_id) JOIN event_names n USING (event_name_id)"),
      "ada a");
}

// The backend dies inside COMMIT, in a deferred trigger: the client cannot know what became of it.
TEST_F(PostgresEventSinkTest, StoresOnceWhenItsBackendDiesInsideCommit) {
  const HelloAnswer grant = Hello("p");
  Query("CREATE SEQUENCE kills; GRANT USAGE ON SEQUENCE kills TO donut_collector; SELECT 1");
  Query(
      "CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
      "IF nextval('kills') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END "
      "$$");
  Query(
      "CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON producers DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION die_once()");
  const StagedPiece piece = StreamPiece(grant, 1, {NamedEvent("a", "u"), NamedEvent("", "u")});
  std::vector<PieceSpan> spans(1);
  spans[0].piece = &piece;
  spans[0].first = 1;
  spans[0].last = 2;
  postgres::Outcome outcome = postgres::Outcome::kCommitted;
  EXPECT_THAT(sink_->Commit(spans, outcome), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(outcome, postgres::Outcome::kUnknown);
  const auto results = Commit({piece});
  EXPECT_TRUE(results[0].status.ok()) << results[0].status;
  EXPECT_EQ(Sequences(), "1");
  EXPECT_EQ(Query("SELECT count(*) FROM rejected_events"), "1");
}

TEST_F(PostgresEventSinkTest, TwoSinksMoveOneProducerWithoutStoringTwice) {
  const HelloAnswer old = Hello("p");
  SinkMemory other_memory(10, 10);
  auto other = NewSink(&other_memory);
  Commit({StreamPiece(old, 1, {NamedEvent("a", "u")})});
  const auto fresh = other->Grant(Claim("p", 1, "t2"));
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(fresh->committed_sequence, 1);
  EXPECT_EQ(Commit({StreamPiece(old, 2, {NamedEvent("a", "u")})})[0].verdict, PieceVerdict::kFenced);
  EXPECT_EQ(Commit({StreamPiece(*fresh, 2, {NamedEvent("a", "u")})}, other.get())[0].verdict,
            PieceVerdict::kMoves);
  EXPECT_EQ(Sequences(), "1,2");
}

}  // namespace
}  // namespace donut::collector
