#include "history/property_json.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/history/random_json.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::history {
namespace {

using donut::testing::EmptyDatabase;
using donut::testing::RandomSeed;
using donut::testing::StatusIs;

using Properties = std::map<std::string, OwnedValue>;

absl::StatusOr<Properties> PropertiesOf(const std::string& json) {
  Properties properties;
  const absl::Status read = ReadProperties(json, [&properties](std::string_view key, ValueView value) {
    properties[std::string(key)] = {value.type, std::string(value.text)};
  });
  if (!read.ok()) return read;
  return properties;
}

std::string ValueText(const std::string& json) {
  const auto value = ReadValue(json);
  return !value.ok() ? "no JSON" : *value ? (*value)->text : "nothing";
}

ValueType TypeOf(const std::string& name) {
  if (name == "string") return ValueType::kText;
  if (name == "number") return ValueType::kNumber;
  return name == "boolean" ? ValueType::kBool : ValueType::kJson;
}

std::string Described(const Properties& properties) {
  std::string text;
  for (const auto& [key, value] : properties) {
    absl::StrAppend(&text, "[", key, "]=", static_cast<int>(value.type), ":", value.text, "\n");
  }
  return text;
}

TEST(PropertyJsonTest, NumbersAreThoseOfJsonb) {
  EXPECT_EQ(NormalizeNumber("1"), "1");
  EXPECT_EQ(NormalizeNumber("1.0"), "1.0");
  EXPECT_EQ(NormalizeNumber("-0"), "0");
  EXPECT_EQ(NormalizeNumber("-0.0"), "0.0");
  EXPECT_EQ(NormalizeNumber("1e-07"), "0.0000001");
  EXPECT_EQ(NormalizeNumber("1e+20"), "100000000000000000000");
  EXPECT_EQ(NormalizeNumber("1.50e1"), "15.0");
  EXPECT_EQ(NormalizeNumber("12.5E1"), "125");
  EXPECT_EQ(NormalizeNumber("-0.05e2"), "-5");
  EXPECT_EQ(NormalizeNumber("5e-324").size(), 326u);
}

TEST(PropertyJsonTest, ValuesOfEachKind) {
  EXPECT_EQ(ValueText(R"( "a\"\u00e4\ud83d\udc22\n" )"), "a\"\xC3\xA4\xF0\x9F\x90\xA2\n");
  EXPECT_EQ(ValueText("true"), "true");
  EXPECT_EQ(ValueText(" null"), "nothing");
  EXPECT_EQ(ValueText(R"({"bb":1,"a":[],"a":{"x":null}})"), R"({"a": {"x": null}, "bb": 1})");
  EXPECT_EQ(ReadValue("1.0")->value().type, ValueType::kNumber);
  EXPECT_EQ(ReadValue("[]")->value().type, ValueType::kJson);
}

TEST(PropertyJsonTest, RefusesWhatIsNoJson) {
  for (const char* json :
       {"",        "{",           "[1,]",        "{\"a\":1,}",  "{,}",           "01",     "1.",
        ".5",      "+1",          "1e",          "nul",         "truex",         "'a'",    "\"a",
        "\"\\x\"", "\"\\u12g4\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"",   "\"\n\"", "1 2",
        "--1",     "{\"a\" 1}",   "{1:2}",       "[1 2]",       "1e999999999999"}) {
    EXPECT_THAT(ReadValue(json), StatusIs(absl::StatusCode::kInvalidArgument)) << json;
  }
  EXPECT_THAT(PropertiesOf("[]"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(PropertiesOf("{} {}"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadValue(std::string(100'000, '[')), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(PropertyJsonTest, ANullTakesAwayWhatItsKeyHadBefore) {
  ASSERT_OK_AND_ASSIGN(const Properties properties,
                       PropertiesOf(R"({"a": 1, "b": 2, "a": null, "c": null, "c": 3})"));
  EXPECT_EQ(Described(properties), "[b]=1:2\n[c]=1:3\n");
}

TEST(PropertyJsonTest, LooksFurtherIntoObjects) {
  const ValueView value{ValueType::kJson,
                        R"({"": 3, "a": {"x]\"": [1, "}"], "b": null, "c": {"d": "e\n"}}, "b": "text"})"};
  const auto look = [&value](std::vector<std::string> keys) {
    const auto found = Lookup(value, keys);
    return found ? found->text : "nothing";
  };
  EXPECT_EQ(look({""}), "3");
  EXPECT_EQ(look({"b"}), "text");
  EXPECT_EQ(look({"a", "c", "d"}), "e\n");
  EXPECT_EQ(look({"a", "x]\""}), R"([1, "}"])");
  EXPECT_EQ(look({"a", "b"}), "nothing");
  EXPECT_EQ(look({"a", "x]\"", "0"}), "nothing");
  EXPECT_EQ(look({"b", "b"}), "nothing");
  EXPECT_EQ(look({"z"}), "nothing");
  EXPECT_EQ(look({}), value.text);
}

// What PostgreSQL makes of the same texts.
class JsonbTest : public ::testing::Test {
 protected:
  JsonbTest() : connection_(database_.owner_url()) {
    pqxx::nontransaction(connection_)
        .exec(
            "CREATE FUNCTION pg_temp.read_json(json text) RETURNS jsonb LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN json::jsonb; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$");
  }

  // The rows of `columns` for each of the texts, `json` being it and `number` its place from 1 on.
  pqxx::result Ask(const std::vector<std::string>& texts, const std::string& columns,
                   const std::string& from = "") {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) quoted.push_back(connection_.quote(text));
    return pqxx::nontransaction(connection_)
        .exec(absl::StrCat("SELECT ", columns, " FROM unnest(ARRAY[", absl::StrJoin(quoted, ","),
                           "]::text[]) WITH ORDINALITY AS texts (json, number)", from, " ORDER BY number"));
  }

  const uint64_t seed_ = RandomSeed();
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "DONUT_RANDOM_SEED=" + std::to_string(seed_)};
  RandomJson random_{seed_};
  EmptyDatabase database_;
  pqxx::connection connection_;
};

TEST_F(JsonbTest, PropertiesAreThoseOfJsonb) {
  std::vector<std::string> texts;
  for (int i = 0; i < 3'000; ++i) texts.push_back(random_.Object());
  std::vector<Properties> expected(texts.size());
  for (const auto& row :
       Ask(texts,
           "number, key, jsonb_typeof(value), "
           "CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' ELSE value::text END",
           ", jsonb_each(json::jsonb) WHERE jsonb_typeof(value) <> 'null'")) {
    expected[row[0].as<size_t>() - 1][row[1].c_str()] = {TypeOf(row[2].c_str()), row[3].c_str()};
  }
  const pqxx::result whole = Ask(texts, "json::jsonb::text");
  size_t values = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const Properties properties, PropertiesOf(texts[i]));
    ASSERT_EQ(Described(properties), Described(expected[i])) << texts[i];
    ASSERT_EQ(ValueText(texts[i]), whole[i][0].c_str()) << texts[i];
    // What jsonb printed is read as the same.
    ASSERT_OK_AND_ASSIGN(const Properties again, PropertiesOf(whole[i][0].c_str()));
    ASSERT_EQ(Described(again), Described(expected[i]));
    values += properties.size();
  }
  EXPECT_GT(values, texts.size());
}

TEST_F(JsonbTest, NumbersAreThoseOfJsonb) {
  std::vector<std::string> texts;
  for (int i = 0; i < 3'000; ++i) texts.push_back(random_.Number());
  const pqxx::result expected = Ask(texts, "json::jsonb::text");
  for (size_t i = 0; i < texts.size(); ++i)
    ASSERT_EQ(NormalizeNumber(texts[i]), expected[i][0].c_str()) << texts[i];
}

TEST_F(JsonbTest, RefusesWhatJsonbRefuses) {
  std::vector<std::string> texts;
  for (int i = 0; i < 3'000; ++i) texts.push_back(random_.Damaged(random_.Object()));
  const pqxx::result expected = Ask(texts, "pg_temp.read_json(json)::text");
  size_t accepted = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto value = ReadValue(texts[i]);
    ASSERT_EQ(value.ok(), !expected[i][0].is_null()) << texts[i];
    if (!value.ok() || !*value || (*value)->type == ValueType::kText) continue;
    ASSERT_EQ((*value)->text, expected[i][0].c_str()) << texts[i];
    ++accepted;
  }
  EXPECT_GT(accepted, 100u);
  EXPECT_LT(accepted, texts.size() - 100);
}

TEST_F(JsonbTest, LooksUpWhatTheArrowFinds) {
  std::vector<std::string> texts;
  for (int i = 0; i < 3'000; ++i) texts.push_back(random_.Object());
  size_t found_count = 0;
  for (int round = 0; round < 8; ++round) {
    const std::vector<std::string> keys = {random_.Key(), random_.Key()};
    const std::string path = absl::StrCat("json::jsonb -> ", connection_.quote(keys[0]));
    const std::string second = absl::StrCat(path, " -> ", connection_.quote(keys[1]));
    const auto text_of = [](const std::string& jsonb) {
      return absl::StrCat("CASE jsonb_typeof(", jsonb, ") WHEN 'null' THEN NULL WHEN 'string' THEN (", jsonb,
                          ") #>> '{}' ELSE (", jsonb, ")::text END");
    };
    const pqxx::result expected =
        Ask(texts, absl::StrCat("json::jsonb::text, ", text_of(path), ", ", text_of(second)));
    for (size_t i = 0; i < texts.size(); ++i) {
      const ValueView value{ValueType::kJson, expected[i][0].c_str()};
      for (size_t depth = 1; depth <= 2; ++depth) {
        const auto found = Lookup(value, std::span(keys).first(depth));
        ASSERT_EQ(found.has_value(), !expected[i][static_cast<int>(depth)].is_null()) << value.text;
        if (!found) continue;
        ASSERT_EQ(found->text, expected[i][static_cast<int>(depth)].c_str()) << value.text;
        ++found_count;
      }
    }
  }
  EXPECT_GT(found_count, 1'000u);
}

}  // namespace
}  // namespace donut::history
