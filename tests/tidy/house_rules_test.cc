// That each rule finds what it is for, and leaves alone what is right.
#include "tests/tidy/house_rules.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace donut::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Includes(const std::string& path, const std::string& header) {
  return CheckIncludes({path, "// x\n#include \"" + header + "\"\n"});
}

TEST(IncludeRuleTest, LetsEachFolderSeeWhatIsBelowIt) {
  EXPECT_THAT(Includes("common/a.cc", "donut/analytics/v1/event.pb.h"), IsEmpty());
  EXPECT_THAT(Includes("collector/a.cc", "common/log.h"), IsEmpty());
  EXPECT_THAT(Includes("collector/a.cc", "collector/b.h"), IsEmpty());
  EXPECT_THAT(Includes("client_lib/a.cc", "donut/client.h"), IsEmpty());
  EXPECT_THAT(Includes("cli/a.cc", "donut/client.h"), IsEmpty());
  EXPECT_THAT(Includes("tests/cli/a.cc", "cli/b.h"), IsEmpty());
  EXPECT_THAT(Includes("common/a.cc", "absl/status/status.h"), IsEmpty());
}

TEST(IncludeRuleTest, FindsEveryStepAsideOrUp) {
  EXPECT_THAT(Includes("common/a.cc", "collector/b.h"),
              ElementsAre(HasSubstr("common/a.cc:2: includes collector/b.h")));
  EXPECT_THAT(Includes("collector/a.cc", "query_service/b.h"), SizeIs(1));
  EXPECT_THAT(Includes("query_service/a.cc", "client_lib/b.h"), SizeIs(1));
  EXPECT_THAT(Includes("collector/a.cc", "donut/client.h"), SizeIs(1));
  EXPECT_THAT(Includes("client_lib/a.cc", "common/postgres/migrations.h"), ElementsAre(HasSubstr("libpq")));
  EXPECT_THAT(Includes("client_lib/a.cc", "tests/support/fake_clock.h"), SizeIs(1));
  EXPECT_THAT(Includes("cli/a.cc", "collector/b.h"), SizeIs(1));
}

TEST(LibraryRuleTest, KeepsPqxxWhereSqlIsSpoken) {
  EXPECT_THAT(CheckLibrariesStayInPlace({"collector/lane_queue.h", "pqxx::work w;\n"}), SizeIs(1));
  EXPECT_THAT(CheckLibrariesStayInPlace({"client_lib/a.cc", "#include <pqxx/pqxx>\n"}), SizeIs(1));
  EXPECT_THAT(CheckLibrariesStayInPlace({"query_service/metrics/a.cc", "pqxx::result r;\n"}), IsEmpty());
  EXPECT_THAT(CheckLibrariesStayInPlace({"collector/lane_queue.h", "// not pqxx\n"}), IsEmpty());
}

TEST(LibraryRuleTest, KeepsItsExceptionsInOneFile) {
  const std::string text = "} catch (const pqxx::sql_error& e) {\n";
  EXPECT_THAT(CheckLibrariesStayInPlace({"query_service/metrics/a.cc", text}), SizeIs(1));
  EXPECT_THAT(CheckLibrariesStayInPlace({"common/postgres/transaction.cc", text}), IsEmpty());
}

TEST(LibraryRuleTest, KeepsGrpcStatusAtTheEdges) {
  EXPECT_THAT(CheckLibrariesStayInPlace({"query_service/metrics/a.cc", "grpc::Status F();\n"}), SizeIs(1));
  EXPECT_THAT(CheckLibrariesStayInPlace({"query_service/query_service.cc", "grpc::Status F();\n"}),
              IsEmpty());
  EXPECT_THAT(CheckLibrariesStayInPlace({"collector/a.cc", "grpc::StatusCode c;\n"}), IsEmpty());
}

TEST(LengthRuleTest, StandsAtFourHundredLines) {
  EXPECT_THAT(CheckLength({"a.cc", std::string(400, '\n')}), IsEmpty());
  EXPECT_THAT(CheckLength({"a.cc", std::string(401, '\n')}), ElementsAre(HasSubstr("has 401 lines")));
}

TEST(HeaderRuleTest, WantsACommentAndOneInclusion) {
  EXPECT_THAT(CheckHeaderOpening({"a.h", "// What it is.\n#pragma once\n"}), IsEmpty());
  EXPECT_THAT(CheckHeaderOpening({"a.h", "#pragma once\n"}), SizeIs(2));
  EXPECT_THAT(CheckHeaderOpening({"a.h", "// What it is.\n"}), SizeIs(1));
  EXPECT_THAT(CheckHeaderOpening({"a.cc", "#include <string>\n"}), IsEmpty());
}

TEST(SqlRuleTest, WantsEveryParameterNamed) {
  EXPECT_THAT(CheckSqlComment({"a.sql", "-- Reads.\n-- $1 int: n.\nSELECT $1;\n"}), IsEmpty());
  EXPECT_THAT(CheckSqlComment({"a.sql", "-- Reads.\n-- $1 int: n.\nSELECT $1, $2, $10, $2;\n"}), SizeIs(2));
  EXPECT_THAT(CheckSqlComment({"a.sql", "-- Reads.\n-- $12 int: n.\nSELECT $1;\n"}), SizeIs(1));
  EXPECT_THAT(CheckSqlComment({"a.sql", "SELECT 1;\n"}), ElementsAre(HasSubstr("without a comment")));
  EXPECT_THAT(CheckSqlComment({"migrations/0001_a.sql", "DO $$ BEGIN END $$;\n"}), IsEmpty());
}

TEST(WordRuleTest, FindsNamesThatSayNothing) {
  EXPECT_THAT(CheckWords({"a.h", "class QueueManager {\n"}), ElementsAre(HasSubstr("QueueManager")));
  EXPECT_THAT(CheckWords({"a.h", "struct EventData {\n"}), SizeIs(1));
  EXPECT_THAT(CheckWords({"a.h", "class Database {\nclass Basement {\nclass SomeLibraryBase;\n"}), IsEmpty());
}

TEST(WordRuleTest, FindsSleeping) {
  EXPECT_THAT(CheckWords({"tests/a.cc", "  absl::SleepFor(absl::Seconds(1));\n"}), SizeIs(1));
  EXPECT_THAT(CheckWords({"tests/a.cc", "  // no SleepFor here\n"}), IsEmpty());
}

TEST(MetricWordTest, IsTheRpcWithoutItsVerb) {
  EXPECT_EQ(MetricWordOf("GetActiveUsers"), "active_users");
  EXPECT_EQ(MetricWordOf("ListEventNames"), "event_names");
  EXPECT_EQ(MetricWordOf("GetRetention"), "retention");
}

}  // namespace
}  // namespace donut::tidy
