#include "cli/csv_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;

// A letter per column, see ColumnRole; or the error.
std::string Roles(const Names& names, const CsvOptions& options = {}) {
  const auto columns = ResolveColumns(options, names);
  if (!columns.ok()) return std::string(columns.status().message());
  std::string roles;
  for (const CsvColumn& column : *columns) roles += static_cast<char>(column.role);
  return roles;
}

TEST(CsvLayoutTest, GuessesTheUsualNames) {
  EXPECT_EQ(Roles({"event", "user", "time", "session", "plan"}), "eutsp");
  EXPECT_EQ(Roles({"plan", "timestamp", "event_type", "distinct_id"}), "pteu");
  EXPECT_EQ(Roles({"Event Name", "USER-ID", " Created At ", "Session ID"}), "euts");
}

TEST(CsvLayoutTest, OfTwoUsualNamesTheEarlierOneCounts) {
  EXPECT_EQ(Roles({"name", "event", "user_id", "user", "created_at", "time"}), "pepupt");
}

TEST(CsvLayoutTest, TakesTheColumnsThatAreChosen) {
  EXPECT_EQ(Roles({"a", "b", "c", "d"},
                  {.event_column = "a", .user_column = "b", .time_column = "c", .session_column = "d"}),
            "euts");
  // A chosen column is not taken for something else.
  EXPECT_EQ(Roles({"event", "user", "time"}, {.user_column = "event", .event_name = "e"}), "upt");
  EXPECT_EQ(Roles({"name", "time", "event"}, {.user_column = "event"}), "etu");
}

TEST(CsvLayoutTest, AConstantEventNeedsNoColumn) {
  EXPECT_EQ(Roles({"user", "time", "event"}, {.event_name = "order"}), "utp");
  EXPECT_THAT(Roles({"user", "time", "event"}, {.event_column = "event", .event_name = "order"}),
              HasSubstr("--event-column or --event-name, not both"));
}

TEST(CsvLayoutTest, SaysWhatIsMissingWhatThereIsAndWhatToDo) {
  EXPECT_THAT(Roles({"who", "event", "time"}),
              AllOf(HasSubstr("no column holds the user"), HasSubstr("user, user_id, distinct_id"),
                    HasSubstr("The columns are: who, event, time"), HasSubstr("--user-column"),
                    HasSubstr("--columns")));
  EXPECT_THAT(Roles({"user", "time"}), AllOf(HasSubstr("the event"), HasSubstr("--event-name")));
  EXPECT_THAT(Roles({"user", "event"}), HasSubstr("--time-column"));
  EXPECT_THAT(Roles({"user", "event", "time"}, {.user_column = "User"}), HasSubstr("no column User"));
  EXPECT_THAT(Roles({"user", "event", "time"}, {.session_column = "s"}), HasSubstr("no column s"));
  EXPECT_THAT(Roles({"user", "event", "time"}, {.user_column = "user", .session_column = "user"}),
              HasSubstr("one column cannot be two parts"));
}

TEST(CsvLayoutTest, SeesAWrongDelimiter) {
  EXPECT_THAT(Roles({"user;event;time"}), HasSubstr("--delimiter semicolon"));
  EXPECT_THAT(Roles({"user\tevent\ttime"}), HasSubstr("--delimiter tab"));
}

TEST(CsvLayoutTest, ListsABoundedNumberOfColumns) {
  Names names;
  for (int i = 0; i < 500; ++i) names.push_back(std::string(1'000, 'x') + std::to_string(i));
  const std::string message = Roles(names);
  EXPECT_THAT(message, HasSubstr("and 480 more"));
  EXPECT_LT(message.size(), 2'000);
}

TEST(CsvLayoutTest, ChoosesTheProperties) {
  const Names names = {"user", "event", "time", "a", "b", "c"};
  EXPECT_EQ(Roles(names, {.properties = Names{"b"}}), "uetipi");
  EXPECT_EQ(Roles(names, {.ignored = {"b"}}), "uetpip");
  EXPECT_EQ(Roles(names, {.properties = Names{"a", "b"}, .text_columns = {"b"}}), "uetpxi");
  EXPECT_EQ(Roles(names, {.only_texts = true}), "uetxxx");
  EXPECT_THAT(Roles(names, {.properties = Names{"user"}}), HasSubstr("--properties: user is taken already"));
  EXPECT_THAT(Roles(names, {.ignored = {"d"}}), HasSubstr("--ignore: there is no column d"));
  EXPECT_THAT(Roles(names, {.properties = Names{"a"}, .text_columns = {"b"}}),
              HasSubstr("it is no property"));
  // An ignored column is not guessed.
  EXPECT_EQ(Roles({"user", "user_id", "event", "time"}, {.ignored = {"user"}}), "iuet");
}

TEST(CsvLayoutTest, ColumnsHaveOneNameEach) {
  EXPECT_THAT(Roles({"user", "event", "time", "a", "a"}), HasSubstr("two columns are called a"));
  EXPECT_EQ(ResolveColumns({}, {"", "user", "event", "time"})->front().name, "column_1");
}

TEST(CsvLayoutTest, RefusesMorePropertiesThanAnEventMayHave) {
  Names names = {"user", "event", "time"};
  for (int i = 0; i < 255; ++i) names.push_back(absl::StrCat("p", i));
  EXPECT_EQ(Roles(names).size(), 258);
  names.push_back("one_more");
  EXPECT_THAT(Roles(names), HasSubstr("256 columns would be properties"));
  EXPECT_EQ(Roles(names, {.ignored = {"p7"}}).size(), 259);
  EXPECT_THAT(Roles({"user", "event", "time", std::string(256, 'x')}), HasSubstr("longer than 255 bytes"));
}

std::string Fingerprint(const CsvOptions& options, const Names& names = {"user", "event", "time", "a"}) {
  return CsvFingerprint(options, ResolveColumns(options, names).value());
}

TEST(CsvLayoutTest, TheFingerprintTellsWaysToReadApart) {
  const std::string usual = Fingerprint({});
  // What is guessed is the same as what is said.
  EXPECT_EQ(Fingerprint({.user_column = "user", .time_column = "time", .properties = Names{"a"}}), usual);
  for (const CsvOptions& other :
       {CsvOptions{.dialect = {.delimiter = ';'}}, CsvOptions{.dialect = {.quotes = false}},
        CsvOptions{.user_column = "a"}, CsvOptions{.session_column = "a"}, CsvOptions{.event_name = "e"},
        CsvOptions{.time_format = "unix"}, CsvOptions{.time_zone = "UTC"}, CsvOptions{.properties = Names{}},
        CsvOptions{.ignored = {"a"}}, CsvOptions{.text_columns = {"a"}}}) {
    EXPECT_NE(Fingerprint(other), usual);
  }
  const Names names = {"user", "event", "time", "a"};
  EXPECT_NE(Fingerprint({.columns = names}), usual);
  EXPECT_NE(Fingerprint({.columns = {"user", "event", "time", "b"}}, {"user", "event", "time", "b"}),
            Fingerprint({.columns = names}));
}

// A fingerprint that changed would import every file again.
TEST(CsvLayoutTest, FingerprintsStayAsTheyWereForEver) {
  EXPECT_EQ(Fingerprint({.time_zone = "UTC"}), "csv 1\n2:,q4:uetp0:0:0:3:UTC");
  EXPECT_EQ(
      Fingerprint({.columns = {"user", "time"}, .event_name = "e", .time_format = "unix"}, {"user", "time"}),
      "csv 1\n2:,q2:ut12:4:user4:time1:e4:unix0:");
}

TEST(CsvLayoutTest, ColumnsOfTheUserAreNoPropertiesOfTheEvent) {
  const Names names = {"user", "event", "time", "name", "plan", "zip"};
  EXPECT_EQ(Roles(names, {.user_properties = {"name", "zip"}}), "uetPpP");
  EXPECT_EQ(Roles(names, {.user_properties = {"name", "zip"}, .text_columns = {"zip", "plan"}}), "uetPxX");
  EXPECT_EQ(Roles(names, {.user_properties = {"zip"}, .only_texts = true}), "uetxxX");
  EXPECT_EQ(Roles(names, {.properties = Names{}, .user_properties = {"zip"}}), "uetiiP");
  // A chosen column is not taken for something else.
  EXPECT_EQ(Roles({"user", "time", "name", "action"}, {.user_properties = {"name"}}), "utPe");
  EXPECT_THAT(Roles(names, {.user_properties = {"Zip"}}),
              HasSubstr("--user-properties: there is no column Zip"));
  EXPECT_THAT(Roles(names, {.user_column = "user", .user_properties = {"user"}}),
              HasSubstr("a part of the event"));
  EXPECT_THAT(Roles(names, {.user_properties = {"user"}}), HasSubstr("no column holds the user"));
  EXPECT_THAT(Roles(names, {.properties = Names{"zip"}, .user_properties = {"zip"}}),
              HasSubstr("--properties: zip is taken already: it is a property of the user"));
  EXPECT_THAT(Roles(names, {.ignored = {"zip"}, .user_properties = {"zip"}}), HasSubstr("taken already"));
  EXPECT_NE(Fingerprint({.user_properties = {"a"}}), Fingerprint({}));
}

TEST(CsvLayoutTest, HasAtMost255ColumnsOfTheUser) {
  Names names = {"user", "event", "time"};
  CsvOptions options;
  for (int i = 0; i < 256; ++i) {
    names.push_back(absl::StrCat("c", i));
    options.user_properties.push_back(names.back());
  }
  EXPECT_THAT(Roles(names, options), HasSubstr("--user-properties: 256 columns; at most 255"));
  options.user_properties.pop_back();
  EXPECT_EQ(Roles(names, options).size(), 259u);
}

}  // namespace
}  // namespace donut::cli
