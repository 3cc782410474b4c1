// What both services tell Prometheus, over plain HTTP, against what was sent and what the database has; and
// the pages and alert rules that speak of it.
#include <algorithm>
#include <iterator>
#include <regex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"
#include "tests/end_to_end/scrape.h"

namespace donut::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Document(const std::string& name) {
  return ReadFile(absl::StrCat(DONUT_SOURCE_FOLDER, "/docs/", name));
}

// The names in the first column of the tables.
std::set<std::string> DocumentedMetrics() {
  static const std::regex row("^\\| `([a-z_]+)` \\|");
  std::set<std::string> names;
  const std::vector<std::string> lines = absl::StrSplit(Document("prometheus.md"), '\n');
  for (const std::string& line : lines) {
    std::smatch match;
    if (!std::regex_search(line, match, row)) continue;
    EXPECT_TRUE(names.insert(match[1]).second) << "twice: " << line;
  }
  return names;
}

// What looks like a metric of ours in a text, without the endings that a histogram's series have.
std::set<std::string> MetricsNamedIn(const std::string& text) {
  static const std::regex name(
      "\\b(donut_(?:build_info|ready|collector_[a-z_]+|query_[a-z_]+)|process_[a-z_]+)\\b");
  static const std::regex ending("_(bucket|sum|count)$");
  // Roles of the database.
  const std::set<std::string> others = {"donut_collector", "donut_query"};
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) {
    const std::string found = std::regex_replace((*it)[1].str(), ending, "");
    if (others.count(found) == 0) names.insert(found);
  }
  return names;
}

std::vector<std::string> Missing(const std::set<std::string>& wanted, const std::set<std::string>& there) {
  std::vector<std::string> missing;
  std::set_difference(wanted.begin(), wanted.end(), there.begin(), there.end(), std::back_inserter(missing));
  return missing;
}

TEST(MetricsTest, AreThoseOfThePage) {
  Deployment deployment;
  std::set<std::string> told = ScrapeUrl(deployment.collector_metrics_url()).families;
  told.merge(ScrapeUrl(deployment.query_metrics_url()).families);
  told.merge(ScrapeUrl(deployment.compactor_metrics_url()).families);
  EXPECT_GT(told.size(), 30u);
  const std::set<std::string> documented = DocumentedMetrics();
  EXPECT_THAT(Missing(told, documented), IsEmpty()) << "not in docs/prometheus.md";
  EXPECT_THAT(Missing(documented, told), IsEmpty()) << "in docs/prometheus.md, and in no scrape";
}

TEST(MetricsTest, AreAllThatTheAlertsAndTheOperatorsPageSpeakOf) {
  const std::set<std::string> documented = DocumentedMetrics();
  for (const char* name : {"alerts.yml", "alerts_test.yml", "operations.md"}) {
    const std::set<std::string> named = MetricsNamedIn(Document(name));
    EXPECT_THAT(named, Contains("donut_ready")) << name;
    EXPECT_THAT(Missing(named, documented), IsEmpty()) << "docs/" << name << " names what there is not";
  }
}

TEST(MetricsTest, EveryAlertIsExplainedToTheOperator) {
  static const std::regex alert("- alert: (\\w+)");
  const std::string alerts = Document("alerts.yml");
  const std::string page = Document("operations.md");
  int found = 0;
  for (std::sregex_iterator it(alerts.begin(), alerts.end(), alert), end; it != end; ++it, ++found) {
    EXPECT_THAT(page, HasSubstr(absl::StrCat("`", (*it)[1].str(), "`")));
  }
  EXPECT_GT(found, 10);
}

TEST(MetricsTest, EqualWhatWasSentAndWhatTheDatabaseHas) {
  Deployment deployment;
  std::string lines;
  for (int number = 1; number <= 500; ++number) {
    absl::StrAppend(&lines, R"({"user":"u","event":"e","time":"2024-03-01T10:00:00Z","properties":{"n":)",
                    number, "}}\n");
  }
  absl::StrAppend(&lines, "{this is not JSON\n\n",
                  R"({"user":"u","event":"e","time":"2024-03-01T10:00:00Z"})", "\n");
  const std::string file = deployment.folder() + "/events.ndjson";
  WriteFile(file, lines);
  deployment.Donut({"import", file});
  for (int i = 0; i < 3; ++i) {
    // The second and the third are stored already.
    EXPECT_EQ(deployment.Donut({"track", "e", "--user", "u", "--insert-id", "once"}).exit_code, 0);
  }
  EXPECT_EQ(deployment.Donut({"track", "e", "--user", std::string(300, 'u')}).exit_code, 3);

  const Scrape collector = ScrapeUrl(deployment.collector_metrics_url());
  EXPECT_EQ(collector.Value("donut_collector_events_stored_total"), 502);
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "502");
  EXPECT_EQ(collector.Value("donut_collector_events_duplicate_total"), 2);
  EXPECT_EQ(collector.Value("donut_collector_events_rejected_total{reason=\"UNPARSED\"}"), 1);
  EXPECT_EQ(collector.Value("donut_collector_events_rejected_total{reason=\"TOO_LARGE\"}"), 1);
  EXPECT_EQ(collector.Sum("donut_collector_events_rejected_total"), 2);
  EXPECT_EQ(deployment.Sql("SELECT string_agg(reason, ',' ORDER BY reason) FROM rejected_events"),
            "TOO_LARGE,UNPARSED");
  EXPECT_EQ(
      absl::StrCat(collector.Sum("donut_collector_events_skipped_total")),
      deployment.Sql("SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM skipped_ranges"));
  EXPECT_EQ(collector.Value("donut_collector_calls_total{code=\"OK\"}"), 4);
  EXPECT_EQ(collector.Sum("donut_collector_calls_total"), 4);
  EXPECT_GE(collector.Value("donut_collector_hellos_total{result=\"granted\"}"), 1);
  EXPECT_EQ(collector.Value("donut_collector_commit_duration_seconds_count"),
            collector.Value("donut_collector_commits_total"));
  EXPECT_EQ(collector.Sum("donut_collector_commit_failures_total"), 0);
  EXPECT_TRUE(Eventually([&] {
    return ScrapeUrl(deployment.collector_metrics_url()).Value("donut_collector_staged_bytes") == 0;
  })) << "bytes are given back after the answer";
  EXPECT_EQ(collector.Value("donut_ready"), 1);
  EXPECT_GT(collector.Value("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(collector.Value("donut_collector_memory_bound_bytes"),
            collector.Value("donut_collector_staged_bytes_limit"));
}

TEST(MetricsTest, CountTheQuestions) {
  Deployment deployment;
  EXPECT_EQ(deployment.Donut({"track", "e", "--user", "u"}).exit_code, 0);
  EXPECT_EQ(ScrapeUrl(deployment.query_metrics_url()).Sum("donut_query_requests_total"), 0);
  EXPECT_EQ(deployment.Donut({"view"}).exit_code, 0);
  const Scrape first = ScrapeUrl(deployment.query_metrics_url());
  const double each = first.Sum("donut_query_requests_total");
  EXPECT_GT(each, 0);
  EXPECT_EQ(deployment.Donut({"view"}).exit_code, 0);
  const Scrape second = ScrapeUrl(deployment.query_metrics_url());
  EXPECT_EQ(second.Sum("donut_query_requests_total"), 2 * each);
  double answered = 0;
  for (const auto& [series, value] : second.values) {
    if (series.find("donut_query_requests_total{") == 0 && series.find("code=\"OK\"") != std::string::npos) {
      answered += value;
    }
  }
  EXPECT_EQ(answered, 2 * each) << "all went well";
  EXPECT_EQ(second.Sum("donut_query_request_duration_seconds_count"), 2 * each);
  EXPECT_EQ(second.Value("donut_query_requests_running"), 0);
  EXPECT_EQ(second.Value("donut_query_connections_in_use"), 0);
  EXPECT_EQ(second.Sum("donut_query_database_errors_total"), 0);
}

// What a user sends is no name and no label: not even a project's name.
TEST(MetricsTest, HoldNothingThatUsersSent) {
  Deployment deployment;
  EXPECT_EQ(
      deployment.Donut({"track", "secret_event", "--user", "secret_user", "-p", "secret_key=secret_value"})
          .exit_code,
      0);
  EXPECT_EQ(deployment.Donut({"view"}).exit_code, 0);
  for (const std::string& url : {deployment.collector_metrics_url(), deployment.query_metrics_url()}) {
    for (const auto& [series, value] : ScrapeUrl(url).values) {
      EXPECT_EQ(series.find("secret"), std::string::npos) << series;
      EXPECT_EQ(series.find("project"), std::string::npos) << series;
    }
  }
}

TEST(MetricsTest, SayThatTheDatabaseIsAway) {
  Deployment deployment;
  TestCluster::Shared().Stop("immediate");
  EXPECT_EQ(deployment.Donut({"track", "lost", "--user", "ann"}).exit_code, 1);
  EXPECT_EQ(deployment.Donut({"view"}).exit_code, 1);
  for (const std::string& url : {deployment.collector_metrics_url(), deployment.query_metrics_url()}) {
    EXPECT_TRUE(Eventually([&] { return ScrapeUrl(url).Value("donut_ready") == 0; })) << url;
  }
  EXPECT_GT(
      ScrapeUrl(deployment.query_metrics_url()).Value("donut_query_database_errors_total{kind=\"away\"}"), 0);
  TestCluster::Shared().Start();
  for (const std::string& url : {deployment.collector_metrics_url(), deployment.query_metrics_url()}) {
    EXPECT_TRUE(Eventually([&] { return ScrapeUrl(url).Value("donut_ready") == 1; })) << url;
  }
}

TEST(MetricsTest, AreOffUnlessAskedForAndAnAddressInUseEndsTheStart) {
  Deployment deployment;
  const std::string address =
      std::regex_replace(deployment.collector_metrics_url(), std::regex("http://|/metrics"), "");
  for (const char* name : {"donut-collector", "donut-query", "donut-compactor"}) {
    const Deployment::Result refused =
        deployment.Run({Program(name), "--address=127.0.0.1:0", "--metrics_address=" + address});
    EXPECT_EQ(refused.exit_code, 1) << refused.err;
    EXPECT_THAT(refused.err,
                HasSubstr(absl::StrCat("cannot serve metrics on ", address, ": address in use")));
    const auto without = deployment.Begin({Program(name), "--address=127.0.0.1:0"});
    EXPECT_TRUE(Eventually([&] { return without->err().find("INFO serving") != std::string::npos; }));
    EXPECT_EQ(without->err().find("INFO metrics"), std::string::npos) << without->err();
  }
}

}  // namespace
}  // namespace donut::testing
