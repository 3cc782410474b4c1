// `donut import` against real services: once however often, whatever is killed.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"

namespace donut::testing {
namespace {

constexpr char kNoDoubles[] =
    "SELECT count(*) FROM (SELECT FROM analytics_events GROUP BY producer_no, sequence HAVING count(*) > 1) "
    "x";

std::string Line(int number) {
  return absl::StrFormat(
      R"({"user":"user-%d","event":"step-%d","time":"2024-03-%02dT10:00:00Z","properties":{"line":%d}})"
      "\n",
      number % 97, number % 7, 1 + number % 28, number);
}

std::string Lines(int count) {
  std::string text;
  for (int number = 1; number <= count; ++number) text += Line(number);
  return text;
}

TEST(ImportTest, StoresEachLineOnceHoweverOftenItIsImported) {
  Deployment deployment;
  const std::string file = deployment.folder() + "/events.ndjson";
  WriteFile(file, Lines(5000));
  for (int round = 1; round <= 3; ++round) {
    const Deployment::Result result = deployment.Donut({"import", file});
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "5000") << "after round " << round;
  }
  EXPECT_EQ(deployment.Sql("SELECT count(DISTINCT (properties->>'line')::int) FROM analytics_events"),
            "5000");
}

TEST(ImportTest, AppendedLogAddsOnlyWhatIsNew) {
  Deployment deployment;
  const std::string file = deployment.folder() + "/events.ndjson";
  WriteFile(file, Lines(1000));
  EXPECT_EQ(deployment.Donut({"import", file}).exit_code, 0);
  WriteFile(file, Lines(1500));
  EXPECT_EQ(deployment.Donut({"import", file}).exit_code, 0);
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "1500");
  EXPECT_EQ(deployment.Sql(kNoDoubles), "0");
}

TEST(ImportTest, BadLinesAreReportedByNumberAndDoNotStopTheRest) {
  Deployment deployment;
  const std::string file = deployment.folder() + "/events.ndjson";
  WriteFile(file, Lines(2) + "{this is not JSON\n" + Line(4) +
                      R"({"event":"no user","time":"2024-03-01T10:00:00Z"})"
                      "\n\n" +
                      Line(7));
  const Deployment::Result result = deployment.Donut({"import", file});
  EXPECT_EQ(result.exit_code, 3) << result.out << result.err;
  EXPECT_NE(result.err.find("line 3"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("line 5"), std::string::npos) << result.err;
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "4");
  EXPECT_EQ(deployment.Sql("SELECT string_agg(sequence::text, ',' ORDER BY sequence) FROM rejected_events"),
            "3,5");
}

TEST(ImportTest, EndsWithEveryEventStoredOnceAfterTheCollectorWasKilled) {
  Deployment deployment;
  constexpr int kLines = 150000;
  const std::string file = deployment.folder() + "/events.ndjson";
  WriteFile(file, Lines(kLines));
  const std::unique_ptr<Process> import = deployment.Begin({Program("donut"), "import", file});
  for (int kill_after : {kLines / 10, kLines / 3}) {
    ASSERT_TRUE(Eventually([&] {
      return std::stoi(deployment.Sql("SELECT coalesce(max(last_sequence), 0) FROM producers")) >= kill_after;
    })) << import->err();
    ASSERT_TRUE(import->running()) << "the import ended before the kill: it needs more lines\n"
                                   << import->out();
    deployment.KillCollector();
    deployment.StartCollector();
  }
  EXPECT_EQ(import->Wait(), 0) << import->out() << import->err();
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), absl::StrCat(kLines));
  EXPECT_EQ(deployment.Sql("SELECT count(DISTINCT (properties->>'line')::int) FROM analytics_events"),
            absl::StrCat(kLines));
  EXPECT_EQ(deployment.Sql(kNoDoubles), "0");
}

TEST(ImportTest, ResumesAfterItWasKilledItself) {
  Deployment deployment;
  constexpr int kLines = 100000;
  const std::string file = deployment.folder() + "/events.ndjson";
  WriteFile(file, Lines(kLines));
  {
    const std::unique_ptr<Process> import = deployment.Begin({Program("donut"), "import", file});
    ASSERT_TRUE(Eventually([&] {
      return std::stoi(deployment.Sql("SELECT coalesce(max(last_sequence), 0) FROM producers")) > 0;
    })) << import->err();
    import->Signal(SIGKILL);
    import->Wait();
  }
  EXPECT_LT(std::stoi(deployment.Sql("SELECT max(last_sequence) FROM producers")), kLines)
      << "killed too late";
  const Deployment::Result result = deployment.Donut({"import", file});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), absl::StrCat(kLines));
  EXPECT_EQ(deployment.Sql(kNoDoubles), "0");
}

}  // namespace
}  // namespace donut::testing
