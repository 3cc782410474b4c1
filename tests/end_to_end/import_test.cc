// `donut import` against real services: once however often, whatever is killed.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"

namespace donut::testing {
namespace {

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
  EXPECT_NE(result.err.find("events.ndjson:3: unreadable: not JSON"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("events.ndjson:5: unreadable: no user"), std::string::npos) << result.err;
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "4");
  EXPECT_EQ(deployment.Sql("SELECT string_agg(sequence::text, ',' ORDER BY sequence) FROM rejected_events"),
            "3,5");
}

TEST(ImportTest, EndsWithEveryEventStoredOnceAfterTheCollectorWasKilled) {
  Deployment deployment;
  constexpr int kLines = 500000;
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
  constexpr int kLines = 500000;
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

// A row of two lines, with what CSV has to quote.
std::string Row(int number) {
  return absl::StrFormat("user-%d,step-%d,2024-03-%02d 10:00:00,%d,\"said \"\"%d\"\",\nand left\"\n",
                         number % 97, number % 7, 1 + number % 28, number, number);
}

std::string Rows(int count) {
  std::string text = "user,event,time,row,note\n";
  for (int number = 1; number <= count; ++number) text += Row(number);
  return text;
}

void WriteGzip(Deployment& deployment, const std::string& file, const std::string& text) {
  WriteFile(file, text);
  ASSERT_EQ(deployment.Run({"gzip", "--fast", "--force", file}).exit_code, 0);
}

TEST(ImportTest, CsvResumesAfterItWasKilledAndAddsWhatIsNew) {
  Deployment deployment;
  constexpr int kRows = 400000;
  const std::string file = deployment.folder() + "/events.csv";
  WriteGzip(deployment, file, Rows(kRows));
  const std::vector<std::string> command = {"import", file + ".gz", "--time-zone", "Europe/Berlin"};
  {
    std::vector<std::string> program = {Program("donut")};
    program.insert(program.end(), command.begin(), command.end());
    const std::unique_ptr<Process> import = deployment.Begin(program);
    ASSERT_TRUE(Eventually([&] {
      return std::stoi(deployment.Sql("SELECT coalesce(max(last_sequence), 0) FROM producers")) > 1;
    })) << import->err();
    import->Signal(SIGKILL);
    import->Wait();
  }
  EXPECT_LT(std::stoi(deployment.Sql("SELECT max(last_sequence) FROM producers")), kRows)
      << "killed too late";
  Deployment::Result result = deployment.Donut(command);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), absl::StrCat(kRows));
  EXPECT_EQ(deployment.Sql(kNoDoubles), "0");

  WriteGzip(deployment, file, Rows(kRows + 500));
  result = deployment.Donut(command);
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("400,500 rows: 500 stored, 400,000 already there"), std::string::npos)
      << result.out;
  EXPECT_EQ(deployment.Sql("SELECT count(DISTINCT (properties->>'row')::int) FROM analytics_events"),
            absl::StrCat(kRows + 500));
  EXPECT_EQ(deployment.Sql("SELECT properties->>'note' || ' at ' || event_time FROM analytics_events "
                           "WHERE (properties->>'row')::int = 7"),
            "said \"7\",\nand left at 2024-03-08 09:00:00+00");
}

TEST(ImportTest, CsvRowsThatCannotBeReadAreKeptWithTheirLine) {
  Deployment deployment;
  const std::string file = deployment.folder() + "/events.csv";
  WriteFile(file, Rows(2) + "user-1,step-1\n" + "user-1,\"step-1,2024-03-01 10:00:00,4,\n" + Row(5) +
                      "user-1,,2024-03-01 10:00:00,6,\n");
  const Deployment::Result result = deployment.Donut({"import", file, "--time-zone", "UTC"});
  EXPECT_EQ(result.exit_code, 3) << result.out << result.err;
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "3");
  EXPECT_EQ(deployment.Sql("SELECT string_agg(detail, '; ' ORDER BY sequence) FROM rejected_events"),
            "line 6: 2 fields, not 5; line 7: event: the quote is not closed; line 10: event: is empty");
}

TEST(ImportTest, SetsPropertiesOfUsersOnceAndByTheTimeOfTheirEvents) {
  Deployment deployment;
  const std::string lines = deployment.folder() + "/events.ndjson";
  WriteFile(lines,
            R"({"user":"ann","event":"e","time":"2024-03-02T10:00:00Z","user_properties":{"plan":"pro","n":1}}
{"user":"ann","event":"e","time":"2024-03-01T10:00:00Z","user_properties":{"plan":"free","source":"ad"}}
)");
  const std::string rows = deployment.folder() + "/events.csv";
  WriteFile(
      rows,
      "user,event,time,plan,seats\nann,e,2024-03-03T10:00:00Z,team,\nbob,e,2024-03-01T10:00:00Z,free,3\n");
  for (int round = 1; round <= 2; ++round) {
    EXPECT_EQ(deployment.Donut({"import", lines}).exit_code, 0);
    EXPECT_EQ(deployment.Donut({"import", rows, "--user-properties", "plan,seats"}).exit_code, 0);
    EXPECT_EQ(deployment.Sql("SELECT properties FROM users WHERE distinct_id = 'ann'"),
              R"({"n": 1, "plan": "team", "source": "ad"})");
    EXPECT_EQ(deployment.Sql("SELECT properties FROM users WHERE distinct_id = 'bob'"),
              R"({"plan": "free", "seats": 3})");
  }
  EXPECT_EQ(
      deployment.Donut({"track", "e", "--user", "ann", "--set", "n=null", "--set", "vip=true"}).exit_code, 0);
  EXPECT_EQ(deployment.Sql("SELECT properties FROM users WHERE distinct_id = 'ann'"),
            R"({"vip": true, "plan": "team", "source": "ad"})");
  EXPECT_EQ(deployment.Donut({"track", "e", "--user", "ann", "--set", "n"}).exit_code, 2);
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events WHERE properties IS NOT NULL"), "0");
}

}  // namespace
}  // namespace donut::testing
