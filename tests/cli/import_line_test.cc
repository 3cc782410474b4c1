#include "cli/import_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/event.pb.h"

namespace donut::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kTime[] = R"("time":"2024-01-31T05:00:00Z")";

v1::Event ParsedLine(const std::string& line, const FieldMapping& mapping = {}) {
  EventBytes bytes;
  const absl::Status status = LineParser(mapping).Parse(line, bytes);
  EXPECT_TRUE(status.ok()) << status << " in " << line;
  v1::Event event;
  EXPECT_TRUE(event.ParseFromString(bytes.bytes())) << line;
  return event;
}

absl::Status Refused(const std::string& line, const FieldMapping& mapping = {}) {
  EventBytes event;
  return LineParser(mapping).Parse(line, event);
}

std::string With(const std::string& rest) { return absl::StrCat("{", rest, ",", kTime, "}"); }

TEST(ImportLineTest, KnowsTheUsualNames) {
  for (const char* line : {
           R"({"user":"ada","event":"signup","time":"2024-01-31T05:00:00Z","session":"s"})",
           R"({"user_id":"ada","event_name":"signup","timestamp":"2024-01-31T05:00:00Z","session_id":"s"})",
           R"({"distinct_id":"ada","name":"signup","event_time":1706677200,"session":"s"})",
           R"({"user":"ada","event":"signup","time":"1706677200","session":"s"})",
       }) {
    const v1::Event event = ParsedLine(line);
    EXPECT_EQ(event.user_id(), "ada") << line;
    EXPECT_EQ(event.name(), "signup") << line;
    EXPECT_EQ(event.session_id(), "s") << line;
    EXPECT_EQ(event.event_time().seconds(), 1706677200) << line;
    EXPECT_EQ(event.properties().fields_size(), 0) << line;
  }
}

TEST(ImportLineTest, KeepsEveryOtherKeyAsAProperty) {
  const v1::Event event = ParsedLine(
      With(R"("user":"ada","user_id":"a-1","event":"signup","plan":"pro","properties":{"seats":5})"));
  EXPECT_EQ(event.user_id(), "ada");
  EXPECT_EQ(event.properties().fields_size(), 3);
  EXPECT_EQ(event.properties().fields().at("user_id").string_value(), "a-1");
  EXPECT_EQ(event.properties().fields().at("plan").string_value(), "pro");
  EXPECT_EQ(event.properties().fields().at("seats").number_value(), 5);
}

TEST(ImportLineTest, FollowsDottedPathsAndTakesThemOut) {
  const v1::Event event =
      ParsedLine(With(R"("who":{"id":"ada","team":"x"},"event":"e","properties":{"session_id":"s","n":1})"),
                 {.user = "who.id", .session = "properties.session_id"});
  EXPECT_EQ(event.user_id(), "ada");
  EXPECT_EQ(event.session_id(), "s");
  EXPECT_FALSE(event.properties().fields().contains("session_id"));
  EXPECT_EQ(event.properties().fields().at("n").number_value(), 1);
  EXPECT_EQ(event.properties().fields().at("who").struct_value().fields_size(), 1);
}

TEST(ImportLineTest, PrefersAKeyThatHasADot) {
  const v1::Event event =
      ParsedLine(With(R"("user.id":"ada","user":{"id":"bob"},"event":"e")"), {.user = "user.id"});
  EXPECT_EQ(event.user_id(), "ada");
}

TEST(ImportLineTest, TakesWholeNumbersAsIds) {
  EXPECT_EQ(ParsedLine(With(R"("user":42,"event":"e")")).user_id(), "42");
  EXPECT_EQ(ParsedLine(With(R"("user":18446744073709551615,"event":"e","session":7)")).user_id(),
            "18446744073709551615");
  EXPECT_THAT(Refused(With(R"("user":1.5,"event":"e")")).message(), HasSubstr("user: must be a text"));
}

TEST(ImportLineTest, NullIsAbsent) {
  EXPECT_EQ(ParsedLine(With(R"("user":null,"user_id":"ada","event":"e","session":null)")).user_id(), "ada");
  EXPECT_THAT(Refused(With(R"("user":null,"event":"e")")).message(), HasSubstr("no user"));
}

TEST(ImportLineTest, SaysWhichKeyWasLookedFor) {
  EXPECT_THAT(Refused(With(R"("event":"e")")).message(), HasSubstr("user, user_id, distinct_id"));
  EXPECT_THAT(Refused(With(R"("user":"ada")")).message(), HasSubstr("no event name"));
  EXPECT_THAT(Refused(R"({"user":"ada","event":"e"})").message(), HasSubstr("no time"));
  EXPECT_THAT(Refused(With(R"("user":"ada","event":"e")"), {.user = "account"}).message(),
              HasSubstr("account"));
}

TEST(ImportLineTest, RefusesABadTime) {
  EXPECT_THAT(Refused(R"({"user":"a","event":"e","time":"yesterday"})").message(), HasSubstr("time: "));
  EXPECT_THAT(Refused(R"({"user":"a","event":"e","time":true})").message(), HasSubstr("time: "));
  EXPECT_THAT(Refused(R"({"user":"a","event":"e","time":1e99})").message(), HasSubstr("time: "));
}

TEST(ImportLineTest, RefusesAPropertyThatStandsInTwoPlaces) {
  EXPECT_THAT(Refused(With(R"("user":"a","event":"e","plan":"x","properties":{"plan":"y"})")).message(),
              HasSubstr("plan: stands beside the properties and in them"));
}

TEST(ImportLineTest, RefusesAKeyThatComesTwice) {
  EXPECT_THAT(Refused(With(R"("user":"a","event":"e","plan":"x","plan":"y")")).message(),
              HasSubstr("plan: "));
}

TEST(ImportLineTest, TakesAsManyPropertiesAsAnEventMayHave) {
  std::string properties = R"("user":"a","event":"e")";
  for (int i = 0; i < 255; ++i) absl::StrAppend(&properties, ",\"p", i, "\":", i);
  EXPECT_EQ(ParsedLine(With(properties)).properties().fields_size(), 255);
  EXPECT_THAT(Refused(With(absl::StrCat(properties, R"(,"more":1)"))).message(),
              HasSubstr("more than 255 properties"));
}

TEST(ImportLineTest, RefusesPropertiesThatAreNoObject) {
  EXPECT_THAT(Refused(With(R"("user":"a","event":"e","properties":[1])")).message(),
              HasSubstr("must be a JSON object"));
  EXPECT_EQ(ParsedLine(With(R"("user":"a","event":"e","properties":null)")).properties().fields().size(), 1);
}

TEST(ImportLineTest, TellsHalfALineFromAWrongOne) {
  EXPECT_EQ(Refused(R"({"user":"a","event":)").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Refused("[1,2]").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Refused(R"({"user":"a"})").code(), absl::StatusCode::kInvalidArgument);
}

TEST(ImportLineTest, RefusesBadUtf8AndLoneSurrogates) {
  EXPECT_EQ(Refused(With("\"user\":\"\xFF\",\"event\":\"e\"")).code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(Refused(With(R"("user":"\ud800","event":"e")")).ok());
}

TEST(ImportLineTest, RefusesAnEventThatIsTooLarge) {
  const std::string text(40'000, 'x');
  EXPECT_THAT(Refused(With(absl::StrCat(R"("user":"a","event":"e","text":")", text, "\""))).message(),
              HasSubstr("too large"));
}

// A parser keeps buffers: nothing of one line may be seen in the next.
TEST(ImportLineTest, ForgetsALineBeforeTheNext) {
  LineParser parser({});
  EventBytes bytes;
  const std::string rich = With(R"("user":"ada","event":"e","session":"s","properties":{"a":{"b":[1,"x"]}})");
  ASSERT_TRUE(parser.Parse(rich, bytes).ok());
  EXPECT_FALSE(
      parser.Parse(With(R"("user":"a","event":"e","properties":{"deep":[[[[[[1]]]]]]})"), bytes).ok());
  ASSERT_TRUE(parser.Parse(With(R"("user":"bob","event":"f")"), bytes).ok());
  v1::Event event;
  ASSERT_TRUE(event.ParseFromString(bytes.bytes()));
  EXPECT_EQ(event.user_id(), "bob");
  EXPECT_EQ(event.session_id(), "");
  EXPECT_FALSE(event.has_properties());
}

TEST(ImportLineTest, TheFingerprintTellsMappingsApart) {
  EXPECT_EQ(FieldMapping{}.Fingerprint(), FieldMapping{}.Fingerprint());
  EXPECT_NE(FieldMapping{}.Fingerprint(), FieldMapping{.user = "user"}.Fingerprint());
  EXPECT_NE((FieldMapping{.user = "a", .event = "b"}.Fingerprint()),
            (FieldMapping{.user = "ab", .event = ""}.Fingerprint()));
}

TEST(ImportLineTest, SetsTheUsersPropertiesFromTheirKey) {
  const v1::Event event = ParsedLine(With(
      R"("user":"ada","event":"e","seats":5,"user_properties":{"plan":"pro","trial":null,"a":{"b":[1]}})"));
  EXPECT_EQ(event.properties().fields_size(), 1);
  const auto& fields = event.user_properties().fields();
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields.at("plan").string_value(), "pro");
  EXPECT_TRUE(fields.at("trial").has_null_value());
  EXPECT_EQ(fields.at("a").struct_value().fields().at("b").list_value().values(0).number_value(), 1);
  EXPECT_FALSE(ParsedLine(With(R"("user":"ada","event":"e","user_properties":{})")).has_user_properties());
  EXPECT_FALSE(ParsedLine(With(R"("user":"ada","event":"e","user_properties":null)")).has_user_properties());
}

TEST(ImportLineTest, TheSameKeyMayBeOfTheEventAndOfTheUser) {
  const v1::Event event = ParsedLine(
      With(R"("user":"ada","event":"e","properties":{"plan":"free"},"user_properties":{"plan":"pro"})"));
  EXPECT_EQ(event.properties().fields().at("plan").string_value(), "free");
  EXPECT_EQ(event.user_properties().fields().at("plan").string_value(), "pro");
}

TEST(ImportLineTest, FindsUserPropertiesWhereTheMappingSays) {
  const v1::Event event = ParsedLine(
      With(R"("event":"e","user_properties":1,"properties":{"n":1,"traits":{"id":"ada","plan":"pro"}})"),
      {.user = "properties.traits.id", .user_properties = "properties.traits"});
  EXPECT_EQ(event.user_id(), "ada");
  EXPECT_EQ(event.properties().fields_size(), 2);
  EXPECT_EQ(event.properties().fields().at("n").number_value(), 1);
  EXPECT_EQ(event.properties().fields().at("user_properties").number_value(), 1);
  ASSERT_EQ(event.user_properties().fields_size(), 1);
  EXPECT_EQ(event.user_properties().fields().at("plan").string_value(), "pro");
}

TEST(ImportLineTest, WhoTakesTheUsualKeyForSomethingElseHasNoUserProperties) {
  const v1::Event event = ParsedLine(With(R"("user":"ada","event":"e","user_properties":{"plan":"pro"})"),
                                     {.properties = "user_properties"});
  EXPECT_FALSE(event.has_user_properties());
  EXPECT_EQ(event.properties().fields().at("plan").string_value(), "pro");
}

TEST(ImportLineTest, RefusesUserPropertiesThatBreakARule) {
  EXPECT_EQ(Refused(With(R"("user":"ada","event":"e","user_properties":[1])")).message(),
            "user_properties: must be a JSON object");
  EXPECT_THAT(
      std::string(
          Refused(With(R"("user":"ada","event":"e","user_properties":{"n":9007199254740993})")).message()),
      HasSubstr("user_properties.n: an integer beyond 2^53"));
}

// A fingerprint that changed would import every file again.
TEST(ImportLineTest, FingerprintsStayAsTheyWereForEver) {
  EXPECT_EQ(FieldMapping{}.Fingerprint(), "0:0:0:0:0:");
  EXPECT_EQ((FieldMapping{.user = "who", .properties = "p"}.Fingerprint()), "3:who0:0:0:1:p");
  EXPECT_EQ((FieldMapping{.user_properties = "traits"}.Fingerprint()), "0:0:0:0:0:6:traits");
}

}  // namespace
}  // namespace donut::cli
