// The texts of sessions, as the sink keeps them.
#include "tests/collector/sink_on_database.h"

namespace donut::collector {
namespace {

using ::donut::testing::NamedEvent;
using ::donut::testing::StreamPiece;
using ::donut::testing::UnaryPiece;

v1::Event InSession(const std::string& user, const std::string& session) {
  v1::Event event = NamedEvent("a", user);
  event.set_session_id(session);
  return event;
}

class PostgresSessionsTest : public SinkOnDatabase {
 protected:
  std::string Texts() {
    return Query("SELECT coalesce(string_agg(session_text, ',' ORDER BY session_text), '') FROM sessions");
  }
  double Lookups(const std::string& result) {
    MetricPage page;
    memory_.known_sessions.AddMetrics(page);
    return page.Find("donut_collector_known_sessions_lookups_total", {{"result", result}}).value_or(-1);
  }
};

TEST_F(PostgresSessionsTest, EachTextIsStoredOnceWhoeverHasIt) {
  Commit({UnaryPiece({InSession("ada", "s1"), InSession("bob", "s1"), NamedEvent("a", "eve"),
                      InSession("ada", "ü \" \\ {}")})});
  Commit({UnaryPiece({InSession("eve", "s1"), InSession("eve", "s2")})});
  EXPECT_EQ(Texts(), "s1,s2,ü \" \\ {}");
  EXPECT_EQ(Query("SELECT count(DISTINCT user_id) || ' ' || count(DISTINCT session_id) FROM analytics_events "
                  "JOIN sessions USING (project_id, session_id) WHERE session_text = 's1'"),
            "3 1");
  EXPECT_EQ(Query("SELECT count(*) FROM analytics_events WHERE session_id IS NULL"), "1");
}

TEST_F(PostgresSessionsTest, IsAskedOfTheDatabaseOnce) {
  const HelloAnswer grant = Hello("p");
  Commit({StreamPiece(grant, 1, {InSession("ada", "s"), InSession("ada", "s")})});
  EXPECT_EQ(Lookups("hit"), 0);
  EXPECT_EQ(Lookups("miss"), 1);
  Commit({StreamPiece(grant, 3, {InSession("ada", "s"), InSession("bob", "s")})});
  EXPECT_EQ(Lookups("hit"), 1);
  EXPECT_EQ(Lookups("miss"), 1);
}

TEST_F(PostgresSessionsTest, ForgetsWhatItRemembersWhenItsConnectionBreaks) {
  Commit({UnaryPiece({InSession("ada", "s")})});
  Query("TRUNCATE sessions");
  Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sink under test'");
  Commit({UnaryPiece({InSession("ada", "s")})});
  EXPECT_EQ(Texts(), "s");
}

TEST_F(PostgresSessionsTest, RejectsASessionWhoseIdBelongsToAnotherText) {
  const int64_t id = testing::TestHash().SessionId(1, "s");
  Query(absl::StrCat("INSERT INTO sessions VALUES (1, ", id, ", 'another') RETURNING 1"));
  for (int round = 0; round < 2; ++round) {
    const auto results =
        Commit({UnaryPiece({InSession("ada", "s"), InSession("ada", "t"), NamedEvent("a", "ada")})});
    ASSERT_EQ(results[0].rejections.size(), 1u);
    EXPECT_EQ(results[0].rejections[0].reason(), v1::REJECTION_REASON_KEY_COLLISION);
    EXPECT_EQ(results[0].rejections[0].detail(), "session_id: has the 64-bit key of another session");
    EXPECT_EQ(results[0].stored_count, 2);
  }
  EXPECT_EQ(Texts(), "another,t");
}

// Two texts with one key can only be made up in a batch by hand.
TEST_F(PostgresSessionsTest, RejectsTheSecondOfTwoTextsWithOneKeyInAGroup) {
  StagedPiece piece = UnaryPiece({InSession("ada", "s"), InSession("bob", "t"), InSession("ada", "s")});
  piece.batch.events[1].session_id = piece.batch.events[0].session_id;
  const auto results = Commit({piece});
  ASSERT_EQ(results[0].rejections.size(), 1u);
  EXPECT_EQ(results[0].rejections[0].sequence(), 1);
  EXPECT_EQ(results[0].stored_count, 2);
  EXPECT_EQ(Texts(), "s");
}

TEST_F(PostgresSessionsTest, ThatOfARejectedUserIsNotStored) {
  const int64_t id = testing::TestHash().UserId(1, "ada");
  Query(absl::StrCat("INSERT INTO users VALUES (1, ", id, ", 'somebody else') RETURNING 1"));
  Commit({UnaryPiece({InSession("ada", "of ada"), InSession("bob", "of bob")})});
  EXPECT_EQ(Texts(), "of bob");
}

}  // namespace
}  // namespace donut::collector
