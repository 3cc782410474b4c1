#include "collector/properties_json.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <random>

#include "absl/strings/numbers.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/support/random_seed.h"

namespace donut::collector {
namespace {

using google::protobuf::Struct;

std::string NumberAsJson(double number) {
  Struct properties;
  (*properties.mutable_fields())["n"].set_number_value(number);
  std::string json;
  AppendJson(properties, json);
  return json.substr(5, json.size() - 6);
}

std::string TextAsJson(const std::string& text) {
  Struct properties;
  (*properties.mutable_fields())["t"].set_string_value(text);
  std::string json;
  AppendJson(properties, json);
  return json.substr(5, json.size() - 6);
}

TEST(PropertiesJsonTest, WritesIntegersWithoutExponent) {
  EXPECT_EQ(NumberAsJson(0), "0");
  EXPECT_EQ(NumberAsJson(-0.0), "0");
  EXPECT_EQ(NumberAsJson(1e15), "1000000000000000");
  EXPECT_EQ(NumberAsJson(9007199254740992.0), "9007199254740992");
  EXPECT_EQ(NumberAsJson(-9007199254740992.0), "-9007199254740992");
}

TEST(PropertiesJsonTest, WritesTheShortestTextThatReadsBackTheSame) {
  EXPECT_EQ(NumberAsJson(0.1), "0.1");
  EXPECT_EQ(NumberAsJson(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(NumberAsJson(5e-324), "5e-324");
  const uint64_t seed = testing::RandomSeed();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const double number = std::uniform_real_distribution<double>(-1e6, 1e6)(random);
    double back = 0;
    ASSERT_TRUE(absl::SimpleAtod(NumberAsJson(number), &back));
    ASSERT_EQ(back, number) << "DONUT_RANDOM_SEED=" << seed;
  }
}

// What std::to_chars makes of it, and integers without exponent.
std::string Shortest(double number) {
  char buffer[64];
  const bool is_integer = std::trunc(number) == number;
  const auto end = is_integer ? std::to_chars(buffer, buffer + sizeof(buffer), static_cast<int64_t>(number))
                              : std::to_chars(buffer, buffer + sizeof(buffer), number);
  return {buffer, end.ptr};
}

TEST(PropertiesJsonTest, WritesShortDecimalsAsAllOthers) {
  EXPECT_EQ(NumberAsJson(0.001), "0.001");
  EXPECT_EQ(NumberAsJson(-0.5), "-0.5");
  EXPECT_EQ(NumberAsJson(19.99), "19.99");
  EXPECT_EQ(NumberAsJson(0.0001), "1e-04");
  EXPECT_EQ(NumberAsJson(999999999999.999), "999999999999.999");
  for (int i = -20'000; i <= 20'000; ++i) ASSERT_EQ(NumberAsJson(i / 1000.0), Shortest(i / 1000.0)) << i;
  const uint64_t seed = testing::RandomSeed();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    // Of any size from 1 to beyond 15 digits, with up to four decimals; and the doubles beside it.
    const auto digits = static_cast<int64_t>(random() % 20'000'000'000'000'000) >> (random() % 54);
    const double number = static_cast<double>(digits) / (random() % 2 == 0 ? 1'000 : 10'000);
    for (const double next : {number, std::nextafter(number, 0.0), std::nextafter(number, 1e18)}) {
      ASSERT_EQ(NumberAsJson(next), Shortest(next)) << "DONUT_RANDOM_SEED=" << seed;
      ASSERT_EQ(NumberAsJson(-next), Shortest(-next)) << "DONUT_RANDOM_SEED=" << seed;
    }
  }
}

TEST(PropertiesJsonTest, EscapesWhatJsonWantsEscapedAndNothingElse) {
  EXPECT_EQ(TextAsJson("plain gr\xC3\xBC\xC3\x9F /"), "\"plain gr\xC3\xBC\xC3\x9F /\"");
  EXPECT_EQ(TextAsJson("a\"b\\c\nd\re\tf\x01g\x1fh\x7f"), "\"a\\\"b\\\\c\\nd\\re\\tf\\u0001g\\u001fh\x7f\"");
}

TEST(PropertiesJsonTest, WritesWhatProtobufReadsBackAsTheSameStruct) {
  const char* json =
      R"({"s":"x","n":-1.5,"t":true,"f":false,"z":null,"l":[1,"2",[],{"k":[null]}],"o":{},"p":{"q":{"r":"\u20ac"}}})";
  Struct properties;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &properties).ok());
  std::string written;
  AppendJson(properties, written);
  Struct back;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(written, &back).ok()) << written;
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(properties, back)) << written;
}

TEST(PropertiesJsonTest, WritesAValueWithoutAKindAsNull) {
  Struct properties;
  (*properties.mutable_fields())["k"];
  std::string json;
  AppendJson(properties, json);
  EXPECT_EQ(json, "{\"k\":null}");
}

}  // namespace
}  // namespace donut::collector
