#include "tests/collector/sink_on_database.h"

namespace donut::collector {
namespace {

using testing::NamedEvent;
using testing::StreamPiece;
using testing::UnaryPiece;

using PostgresRestoreTest = SinkOnDatabase;

// A database was restored while clients were connected: numbers and epochs begin again, for others.
TEST_F(PostgresRestoreTest, TakesNothingForAProducerWhoseNumberIsNowAnothers) {
  const HelloAnswer lost = Hello("lost");
  Commit({StreamPiece(lost, 1, {NamedEvent("a", "u")}), UnaryPiece({NamedEvent("a", "u")})});
  Query("TRUNCATE producers, analytics_events RESTART IDENTITY CASCADE");
  const HelloAnswer other = Hello("other", 0, "t2");
  const HelloAnswer third = Hello("third", 0, "t3");
  ASSERT_EQ(other.producer_no, lost.producer_no);
  ASSERT_EQ(other.epoch, lost.epoch);
  const std::vector<v1::Event> two(2, NamedEvent("a", "u"));
  const auto results = Commit({StreamPiece(lost, 1, two), StreamPiece(other, 1, two),
                               StreamPiece(third, 1, two), UnaryPiece({NamedEvent("a", "u")})});
  EXPECT_EQ(results[0].verdict, PieceVerdict::kUnknownProducer);
  EXPECT_EQ(results[1].stored_count, 2);
  EXPECT_EQ(results[2].stored_count, 2);
  EXPECT_EQ(results[3].stored_count, 1);
  EXPECT_EQ(Query("SELECT count(DISTINCT (producer_no, sequence)) FROM analytics_events"), "5");
}

}  // namespace
}  // namespace donut::collector
