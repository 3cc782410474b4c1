#include "common/log.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

const absl::Time kTime = absl::FromUnixMicros(1706677200123456);  // 2024-01-31 05:00:00.123456 UTC

TEST(LogTest, WritesTimeSeverityMessageAndFields) {
  EXPECT_EQ(FormatLogLine(kTime, Severity::kInfo, "serving", {{"service", "donut-query"}, {"port", 50052}}),
            "2024-01-31T05:00:00.123456Z INFO serving service=donut-query port=50052");
  EXPECT_EQ(FormatLogLine(kTime, Severity::kWarning, "slow", {}), "2024-01-31T05:00:00.123456Z WARNING slow");
  EXPECT_EQ(FormatLogLine(kTime, Severity::kError, "broken", {}), "2024-01-31T05:00:00.123456Z ERROR broken");
}

TEST(LogTest, QuotesValuesThatWouldBeMisread) {
  const auto field = [](const std::string& value) {
    return FormatLogLine(kTime, Severity::kInfo, "m", {{"k", value}})
        .substr(std::string("2024-01-31T05:00:00.123456Z INFO m ").size());
  };
  EXPECT_EQ(field("plain/value:1"), "k=plain/value:1");
  EXPECT_EQ(field(""), "k=\"\"");
  EXPECT_EQ(field("two words"), "k=\"two words\"");
  EXPECT_EQ(field("a=b"), "k=\"a=b\"");
  EXPECT_EQ(field("say \"hi\" \\"), "k=\"say \\\"hi\\\" \\\\\"");
  EXPECT_EQ(field("Zürich"), "k=Zürich");
}

TEST(LogTest, NothingInAValueOrMessageStartsANewLineOrMovesTheCursor) {
  const std::string line = FormatLogLine(kTime, Severity::kInfo, "one\ntwo\x1b[2J", {{"k", "a\r\nb\tc\x7f"}});
  EXPECT_EQ(line, "2024-01-31T05:00:00.123456Z INFO one\\ntwo\\x1b[2J k=\"a\\x0d\\nb\\tc\\x7f\"");
}

TEST(LogTest, LinesOfSeveralThreadsStayWhole) {
  ::testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 100; ++k) Log(Severity::kInfo, "line", {{"text", std::string(100, 'x')}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string written = ::testing::internal::GetCapturedStderr();
  const std::vector<std::string> lines = absl::StrSplit(written, '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 400u);
  for (const std::string& line : lines) EXPECT_EQ(line.size(), lines.front().size());
}

}  // namespace
}  // namespace donut
