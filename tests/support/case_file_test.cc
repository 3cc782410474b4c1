#include "tests/support/case_file.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/case_line.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kAsk[] = "ask: GetFunnel {}\nexpect: {\"steps\": []}\n";

absl::Time Time(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

// The history of a case with these lines of events.
History Events(const std::string& lines) {
  const auto cases = ReadCases("a.cases", absl::StrCat("case: one\nevents:\n", lines, kAsk));
  EXPECT_OK(cases);
  return cases.ok() ? cases->at(0).history : History();
}

void ExpectWrong(const std::string& text, const std::string& message) {
  EXPECT_THAT(ReadCases("a.cases", text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
      << text;
}

TEST(CaseFileTest, ReadsACase) {
  ASSERT_OK_AND_ASSIGN(const std::vector<MetricCase> cases, ReadCases("a.cases", R"(# Of funnels.
case: a purchase, before the signup    # of ann
time_zone: Europe/Berlin
events:
  2024-03-01 10:00  ann  signup  plan="pro"  # the first
             11:00  bob  signup

users:
  ann  country="DE"

ask: GetFunnel {"steps": [
    {"event_names": ["a # b"]}]}   # in several lines
expect:
  {"steps": [1,
             2]}
ask: GetFunnel {}
error: INVALID_ARGUMENT steps: must have
case: two
ask: ListEventNames {}
expect: {"a": 1}
)"));
  ASSERT_THAT(cases, SizeIs(2));
  EXPECT_EQ(cases[0].file, "a.cases");
  EXPECT_EQ(cases[0].line, 2);
  EXPECT_EQ(cases[0].name, "a purchase, before the signup");
  EXPECT_EQ(cases[0].time_zone, "Europe/Berlin");
  EXPECT_EQ(cases[0].history.events.size(), 2u);
  EXPECT_EQ(cases[0].history.user_properties.at("ann").at("country"), "\"DE\"");
  ASSERT_THAT(cases[0].questions, SizeIs(2));
  EXPECT_EQ(cases[0].questions[0].line, 11);
  EXPECT_EQ(cases[0].questions[0].rpc, "GetFunnel");
  EXPECT_EQ(nlohmann::json::parse(cases[0].questions[0].request)["steps"][0]["event_names"][0], "a # b");
  EXPECT_EQ(cases[0].questions[0].answer_line, 13);
  EXPECT_EQ(cases[0].questions[0].expected["steps"].size(), 2u);
  EXPECT_EQ(cases[0].questions[1].error_code, "INVALID_ARGUMENT");
  EXPECT_EQ(cases[0].questions[1].error_text, "steps: must have");
  EXPECT_EQ(cases[1].time_zone, "UTC");
  EXPECT_EQ(cases[1].history.events.size(), 0u);
}

TEST(CaseFileTest, TimesAreUtcUnlessTheyHaveAnOffset) {
  const History history = Events(R"(
  2024-03-01 10:00 u a
  2024-03-02 10:00:07 u a
             10:00:07.5 u a
  2024-03-01 10:00:00.000001Z u a
  2024-03-31 02:30+01:00 u a
)");
  std::vector<absl::Time> times;
  for (const HistoryEvent& event : history.events) times.push_back(event.time);
  EXPECT_THAT(times, ElementsAre(Time("2024-03-01T10:00:00Z"), Time("2024-03-02T10:00:07Z"),
                                 Time("2024-03-02T10:00:07.5Z"), Time("2024-03-01T10:00:00.000001Z"),
                                 Time("2024-03-31T01:30:00Z")));
}

TEST(CaseFileTest, ReadsAllParts) {
  const History history = Events(R"(
  2024-03-01 10:00 "ann b" "sign up" [s 1] #2 plan="p # ro" "a key"={"x": [1, " ]"]} n=null f=1.50
  2024-03-01 10:00 bob b #1
)");
  ASSERT_THAT(history.events, SizeIs(2));
  const HistoryEvent& event = history.events[0];
  EXPECT_EQ(event.user, "ann b");
  EXPECT_EQ(event.name, "sign up");
  EXPECT_EQ(event.session, "s 1");
  EXPECT_EQ(event.producer_no, 2);
  EXPECT_EQ(event.sequence, 1);
  EXPECT_EQ(event.properties,
            (std::map<std::string, std::string>{
                {"plan", "\"p # ro\""}, {"a key", "{\"x\": [1, \" ]\"]}"}, {"n", "null"}, {"f", "1.50"}}));
  EXPECT_EQ(history.events[1].session, "");
  EXPECT_EQ(history.events[1].producer_no, 1);
  EXPECT_EQ(history.events[1].sequence, 2);
}

TEST(CaseFileTest, RefusesEventsThatItCannotRead) {
  const auto wrong = [](const std::string& line, const std::string& message) {
    ExpectWrong(absl::StrCat("case: one\nevents:\n", line, "\n", kAsk), "a.cases:3: " + message);
  };
  wrong("  10:00 u a", "the first event needs its day");
  wrong("  2024-03-01", "a word is missing");
  wrong("  2024-02-30 10:00 u a", "2024-02-30T10:00:00Z: ");
  wrong("  2024-03-01 1:00 u a", "no time: 1:00");
  wrong("  2024-03-01 10:00:00.1234567 u a", "no time: 10:00:00.1234567");
  wrong("  2024-03-01 10:00 u", "a word is missing");
  wrong("  2024-03-01 10:00 u \"a", "not a quoted text");
  wrong("  2024-03-01 10:00 u a [s", "a [...] is not closed");
  wrong("  2024-03-01 10:00 u a []", "nothing stands in []");
  wrong("  2024-03-01 10:00 u a #x", "no producer: #x");
  wrong("  2024-03-01 10:00 u a plan", "expected plan=value");
  wrong("  2024-03-01 10:00 u a plan=pro", "not JSON: pro");
  wrong("  2024-03-01 10:00 u a plan=", "not JSON: ");
  wrong("  2024-03-01 10:00 u a x=1 x=2", "the property x twice");
}

TEST(CaseFileTest, RefusesFilesThatItCannotRead) {
  ExpectWrong("", "a.cases:1: has no case");
  ExpectWrong("# nothing\n", "has no case");
  ExpectWrong("case: \n", "a.cases:1: a case must have a name");
  ExpectWrong("events:\n", "comes before the first case");
  ExpectWrong("case: a b\nask: X {}\nexpect: {\"a\": 1}\ncase: a, b\n",
              "a.cases:4: another case has this name");
  ExpectWrong("case: a\n", "the case of line 1 asks nothing");
  ExpectWrong("case: a\nevents:\ncase: b\n", "the case of line 1 asks nothing");
  ExpectWrong("case: a\n  2024-03-01 10:00 u a\n", "a.cases:2: belongs to no section");
  ExpectWrong("case: a\nfoo\n", "neither a section nor indented");
  ExpectWrong("case: a\nevent:\n", "no such section: event");
  ExpectWrong("case: a\nevents: now\n", "events: nothing may follow in this line");
  ExpectWrong("case: a\ntime_zone:\n", "time_zone must have a name");
  ExpectWrong("case: a\nusers:\n  ann x=1\n  ann x=2\n", "a.cases:4: the user ann twice");
  ExpectWrong(absl::StrCat("case: a\nusers:\n  ann x=1\n", kAsk), "ann has no event");
  ExpectWrong(absl::StrCat("case: a\n", kAsk, "events:\n"), "events must come before the first ask");
}

TEST(CaseFileTest, RefusesQuestionsThatItCannotRead) {
  ExpectWrong("case: a\nask:\n", "a word is missing");
  ExpectWrong("case: a\nask: X {}\n", "the ask of line 2 has neither expect nor error");
  ExpectWrong("case: a\nask: X {}\nask: X {}\n", "the ask of line 2 has neither expect nor error");
  ExpectWrong("case: a\nexpect: {\"a\": 1}\n", "expect must follow an ask");
  ExpectWrong("case: a\nask: X {}\nexpect: {\"a\": 1}\nerror: A b\n", "error must follow an ask, once");
  ExpectWrong("case: a\nask: X {\nexpect: {\"a\": 1}\n", "the request above is not JSON");
  ExpectWrong("case: a\nask: X\nexpect: {\"a\": 1}\n", "the request above is not JSON");
  ExpectWrong("case: a\nask: X []\nexpect: {\"a\": 1}\n", "the request above must be a JSON object");
  ExpectWrong("case: a\nask: X {\"a\": {\"b\": 1, \"b\": 2}}\nexpect: {\"a\": 1}\n",
              "the request above has the key \"b\" twice");
  ExpectWrong("case: a\nask: X {}\nexpect: {\"a\": 1,}\n", "the answer above is not JSON");
  ExpectWrong("case: a\nask: X {}\nexpect: {}\n", "the answer above expects nothing");
  ExpectWrong("case: a\nask: X {}\nerror: INVALID_ARGUMENT\n", "a code and a part of its message");
}

TEST(CaseFileTest, NamesTests) {
  EXPECT_EQ(TestNameOf("a window of 1.5 days isn't 36 hours"), "AWindowOf15DaysIsnT36Hours");
  EXPECT_EQ(TestNameOf(", "), "");
}

TEST(CaseLineTest, CommentsBeginWithANumberSignAlone) {
  EXPECT_EQ(WithoutComment("a # b"), "a");
  EXPECT_EQ(WithoutComment("# b"), "");
  EXPECT_EQ(WithoutComment("a #"), "a");
  EXPECT_EQ(WithoutComment("a #2 b"), "a #2 b");
  EXPECT_EQ(WithoutComment("a# b "), "a# b");
  EXPECT_EQ(WithoutComment("\" # \\\" # \" # c"), "\" # \\\" # \"");
  EXPECT_EQ(WithoutComment("\"not closed # "), "\"not closed #");
}

}  // namespace
}  // namespace donut::testing
