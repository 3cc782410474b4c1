#include "common/metric_text.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(FormatMetricsTest, WritesCountersAndGaugesWithTheirHelp) {
  MetricPage page;
  page.AddCounter("c_total", "Counts.", 12345678901.0, {{"kind", "x"}, {"code", "OK"}});
  page.AddCounter("c_total", "Counts.", 0, {{"kind", "y"}, {"code", "OK"}});
  page.AddGauge("g_bytes", "Is.", 0.25);
  EXPECT_EQ(FormatMetrics(page),
            "# HELP c_total Counts.\n"
            "# TYPE c_total counter\n"
            "c_total{kind=\"x\",code=\"OK\"} 12345678901\n"
            "c_total{kind=\"y\",code=\"OK\"} 0\n"
            "# HELP g_bytes Is.\n"
            "# TYPE g_bytes gauge\n"
            "g_bytes 0.25\n");
}

TEST(FormatMetricsTest, WritesAHistogramWithItsLastBucket) {
  Histogram histogram({0.5, 1});
  for (const double value : {0.25, 0.75, 2.0}) histogram.Observe(value);
  MetricPage page;
  page.AddHistogram("h_seconds", "Lasts.", histogram, {{"rpc", "Get"}});
  EXPECT_EQ(FormatMetrics(page),
            "# HELP h_seconds Lasts.\n"
            "# TYPE h_seconds histogram\n"
            "h_seconds_bucket{rpc=\"Get\",le=\"0.5\"} 1\n"
            "h_seconds_bucket{rpc=\"Get\",le=\"1\"} 2\n"
            "h_seconds_bucket{rpc=\"Get\",le=\"+Inf\"} 3\n"
            "h_seconds_sum{rpc=\"Get\"} 3\n"
            "h_seconds_count{rpc=\"Get\"} 3\n");
}

TEST(FormatMetricsTest, EscapesWhatWouldEndALineOrAValue) {
  MetricPage page;
  page.AddGauge("g", "One\\two\nthree.", 1, {{"a", "q\"b\\n\n"}});
  EXPECT_THAT(FormatMetrics(page), HasSubstr("# HELP g One\\\\two\\nthree.\n"));
  EXPECT_THAT(FormatMetrics(page), HasSubstr("g{a=\"q\\\"b\\\\n\\n\"} 1\n"));
}

std::string AnswerTo(const std::string& head) {
  return AnswerMetricsRequest(head, [](MetricPage& page) { page.AddGauge("g", "Is.", 1); });
}

TEST(AnswerMetricsRequestTest, GivesThePage) {
  const std::string body = "# HELP g Is.\n# TYPE g gauge\ng 1\n";
  const std::string expected = absl::StrCat(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: ",
      body.size(), "\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(AnswerTo("GET /metrics HTTP/1.1\r\nHost: x"), expected + body);
  EXPECT_EQ(AnswerTo("GET /metrics?name=g HTTP/1.0"), expected + body);
  EXPECT_EQ(AnswerTo("HEAD /metrics HTTP/1.1\r\nHost: x"), expected);
}

TEST(AnswerMetricsRequestTest, GivesNothingElse) {
  for (const char* path : {"/", "/metrics/", "/metricsx", "/../metrics", "/etc/passwd", "metrics", ""}) {
    const std::string answer = AnswerTo(absl::StrCat("GET ", path, " HTTP/1.1"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 ")) << path;
    EXPECT_THAT(answer, EndsWith("there is only /metrics\n")) << path;
  }
  for (const char* method : {"POST", "PUT", "DELETE", "get", "OPTIONS"}) {
    EXPECT_THAT(AnswerTo(absl::StrCat(method, " /metrics HTTP/1.1")), StartsWith("HTTP/1.1 405 ")) << method;
  }
}

TEST(AnswerMetricsRequestTest, RefusesWhatIsNoRequest) {
  for (const std::string head : {"", "GET", "GET /metrics", "GET /metrics SMTP", "GET  /metrics HTTP/1.1",
                                 "\x16\x03\x01\x02", "PRI * HTTP/2.0"}) {
    const std::string answer = AnswerTo(head);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << head;
    EXPECT_THAT(answer, Not(HasSubstr("g 1"))) << head;
  }
}

}  // namespace
}  // namespace donut
