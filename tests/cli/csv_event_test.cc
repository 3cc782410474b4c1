#include "cli/csv_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/event.pb.h"

namespace donut::cli {
namespace {

using ::testing::HasSubstr;

class CsvEventTest : public ::testing::Test {
 protected:
  absl::Status Parse(const std::string& row) {
    std::vector<CsvColumn> columns = ResolveColumns(options_, names_).value();
    CsvParser parser(options_, std::move(columns),
                     TimeReader::Create(options_.time_format, options_.time_zone).value());
    return parser.Parse(row, bytes_);
  }
  v1::Event Parsed(const std::string& row) {
    const absl::Status status = Parse(row);
    EXPECT_TRUE(status.ok()) << status << " in " << row;
    v1::Event event;
    EXPECT_TRUE(event.ParseFromString(bytes_.bytes())) << row;
    return event;
  }
  std::string Refused(const std::string& row) { return std::string(Parse(row).message()); }
  google::protobuf::Value Property(const std::string& field) {
    const v1::Event event = Parsed(absl::StrCat("ada,e,1706677200,,", field));
    if (!event.has_properties()) return {};
    return event.properties().fields().at("plan");
  }

  CsvOptions options_;
  std::vector<std::string> names_ = {"user", "event", "time", "session", "plan"};
  EventBytes bytes_;
};

TEST_F(CsvEventTest, MakesAnEventOfARow) {
  const v1::Event event = Parsed(R"("a, ""da""",signup,2024-01-31T05:00:00.5Z,s-1,pro)");
  EXPECT_EQ(event.user_id(), "a, \"da\"");
  EXPECT_EQ(event.name(), "signup");
  EXPECT_EQ(event.session_id(), "s-1");
  EXPECT_EQ(event.event_time().seconds(), 1'706'677'200);
  EXPECT_EQ(event.event_time().nanos(), 500'000'000);
  EXPECT_EQ(event.properties().fields_size(), 1);
  EXPECT_EQ(event.properties().fields().at("plan").string_value(), "pro");
}

TEST_F(CsvEventTest, EmptyIsAbsent) {
  const v1::Event event = Parsed("ada,signup,1706677200,,\"\"");
  EXPECT_EQ(event.session_id(), "");
  EXPECT_FALSE(event.has_properties());
  EXPECT_EQ(Refused(",e,1706677200,s,p"), "user: is empty");
  EXPECT_EQ(Refused("ada,\"\",1706677200,s,p"), "event: is empty");
  EXPECT_EQ(Refused("ada,e,,s,p"), "time: is empty");
}

TEST_F(CsvEventTest, NumbersAndBooleansAreWhatTheyLookLike) {
  EXPECT_EQ(Property("5").number_value(), 5);
  EXPECT_EQ(Property("\"5\"").number_value(), 5) << "quotes say nothing about the type";
  EXPECT_EQ(Property("-0.5e1").number_value(), -5);
  EXPECT_EQ(Property("0").number_value(), 0);
  EXPECT_EQ(Property("0").kind_case(), google::protobuf::Value::kNumberValue);
  EXPECT_EQ(Property("9007199254740991").number_value(), 9007199254740991.0);
  EXPECT_EQ(Property("true").bool_value(), true);
  EXPECT_EQ(Property("FALSE").kind_case(), google::protobuf::Value::kBoolValue);
  // Whatever JSON would not write as a number, or a double would not hold.
  for (const char* text : {"01234",
                           "+5",
                           ".5",
                           "5.",
                           "0x5",
                           "1e",
                           "1e+",
                           "-",
                           "1 ",
                           " 1",
                           "1,5",
                           "NaN",
                           "inf",
                           "1e400",
                           "9007199254740992",
                           "9007199254740993",
                           "-12345678901234567890",
                           "tRue",
                           "yes",
                           "null",
                           "2024-01-31"}) {
    const std::string field = absl::StrCat("\"", text, "\"");
    EXPECT_EQ(Property(field).string_value(), text);
  }
}

TEST_F(CsvEventTest, TextColumnsAreTexts) {
  options_.text_columns = {"plan"};
  EXPECT_EQ(Property("5").string_value(), "5");
  EXPECT_EQ(Property("true").string_value(), "true");
}

TEST_F(CsvEventTest, IdsAreTextsAsTheyStand) {
  const v1::Event event = Parsed("007,42,1706677200,1e5,");
  EXPECT_EQ(event.user_id(), "007");
  EXPECT_EQ(event.name(), "42");
  EXPECT_EQ(event.session_id(), "1e5");
}

TEST_F(CsvEventTest, AllRowsMayBeOneEvent) {
  options_.event_name = "order";
  const v1::Event event = Parsed("ada,shipped,1706677200,,");
  EXPECT_EQ(event.name(), "order");
  EXPECT_EQ(event.properties().fields().at("event").string_value(), "shipped");
}

TEST_F(CsvEventTest, LeavesIgnoredColumnsOut) {
  options_.ignored = {"plan"};
  EXPECT_FALSE(Parsed("ada,e,1706677200,,pro").has_properties());
}

TEST_F(CsvEventTest, ARaggedRowIsRefused) {
  EXPECT_EQ(Refused("ada,e,1706677200,s"), "4 fields, not 5");
  EXPECT_EQ(Refused("ada,e,1706677200,s,p,"), "6 fields, not 5");
  EXPECT_EQ(Refused("ada"), "1 field, not 5");
}

TEST_F(CsvEventTest, WrongQuotesAreToldByColumn) {
  EXPECT_THAT(Refused("ada,\"e,1706677200,s,p"), HasSubstr("event: the quote is not closed"));
  EXPECT_THAT(Refused("ada,\"e\"x,1706677200,s,p"), HasSubstr("event: text behind the closing quote"));
  EXPECT_THAT(Refused("ada,e,1706677200,s,5\" pipe"), HasSubstr("plan: a quote within a field"));
  EXPECT_THAT(Refused("a,b,c,d,e,f\""), HasSubstr("column 6: a quote within"));
}

TEST_F(CsvEventTest, NamesTheTimesColumnAndRule) {
  EXPECT_THAT(Refused("ada,e,2024-01-31 05:00:00,s,p"), HasSubstr("time: a time without a zone"));
  options_.time_zone = "UTC";
  EXPECT_EQ(Parsed("ada,e,2024-01-31 05:00:00,s,p").event_time().seconds(), 1'706'677'200);
  options_.time_format = "%d.%m.%Y";
  EXPECT_THAT(Refused("ada,e,2024-01-31,s,p"), HasSubstr("time: not a time as --time-format has it"));
}

TEST_F(CsvEventTest, RefusesWhatIsNotUtf8AndWhatIsTooLarge) {
  EXPECT_EQ(Refused("ada,e,1706677200,s,caf\xE9"), "bytes that are not UTF-8");
  EXPECT_THAT(Refused(absl::StrCat("ada,e,1706677200,s,", std::string(40'000, 'x'))), HasSubstr("too large"));
}

TEST_F(CsvEventTest, AnyFailureMayBeARowThatIsBeingWritten) {
  CsvParser parser({}, ResolveColumns({}, names_).value(), TimeReader::Create("", "").value());
  for (const char* row : {"ada", "ada,e,1706", "ada,e,2024-01-3,s,p", "ada,e,1706677200,s,\"p"}) {
    const absl::Status status = parser.Parse(row, bytes_);
    EXPECT_TRUE(parser.MayBeUnfinished(status)) << row;
  }
}

TEST(SplitRowTest, SaysWhatIsWrong) {
  EXPECT_THAT(*SplitRow({}, "a,\"b,c\""), ::testing::ElementsAre("a", "b,c"));
  EXPECT_THAT(SplitRow({}, "a,\"b").status().message(), HasSubstr("column 2: the quote is not closed"));
  EXPECT_THAT(SplitRow({}, "\xFF\xFE").status().message(), HasSubstr("UTF-8"));
}

TEST_F(CsvEventTest, SetsPropertiesOfTheUser) {
  names_ = {"user", "event", "time", "n", "seats", "zip", "empty"};
  options_.user_properties = {"seats", "zip", "empty"};
  options_.text_columns = {"zip"};
  const v1::Event event = Parsed("ada,e,1706677200,7,5,10115,");
  ASSERT_EQ(event.properties().fields_size(), 1);
  EXPECT_EQ(event.properties().fields().at("n").number_value(), 7);
  ASSERT_EQ(event.user_properties().fields_size(), 2);
  EXPECT_EQ(event.user_properties().fields().at("seats").number_value(), 5);
  EXPECT_EQ(event.user_properties().fields().at("zip").string_value(), "10115");
  EXPECT_FALSE(Parsed("ada,e,1706677200,7,,,").has_user_properties());
}

}  // namespace
}  // namespace donut::cli
