#include "collector/canonical_event.h"

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "common/limits.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/collector/decoded_event.h"

namespace donut::collector {
namespace {

using google::protobuf::Value;
using testing::DecodeByProtobuf;
using testing::DecodeCanonical;
using testing::GoodEvent;
using testing::IsLeft;
using testing::IsReadRightly;
using testing::IsRefused;
using testing::IsTaken;
using testing::WithNumber;
using testing::WithProperty;
using testing::WithTime;

// Also where a text is not UTF-8.
std::string Bytes(const v1::Event& event) {
  const google::protobuf::LogSilencer silence;  // it would name each bad text
  return event.SerializePartialAsString();
}

Value TextValue(const std::string& text) {
  Value value;
  value.set_string_value(text);
  return value;
}

// The JSON of the only property's value.
std::string ValueAsJson(const v1::Event& event) {
  const auto decoded = DecodeCanonical(Bytes(event));
  if (!decoded) return "left";
  const size_t start = decoded->properties.find(':') + 1;
  return decoded->properties.substr(start, decoded->properties.size() - start - 1);
}

// Tag, length and bytes, by hand.
std::string Field(char tag, const std::string& bytes) {
  EXPECT_LT(bytes.size(), 128u);
  return std::string{tag, static_cast<char>(bytes.size())} + bytes;
}

const std::string kNameAndUser = Field('\x0a', "n") + Field('\x12', "u");

// An event with these bytes as the value of its one property.
std::string WithValueBytes(const std::string& value) {
  return kNameAndUser + Field('\x2a', Field('\x0a', Field('\x0a', "k") + Field('\x12', value)));
}

using namespace std::string_literals;

TEST(CanonicalEventTest, ReadsWhatTheEventSays) {
  v1::Event event = WithTime(1'700'000'000, 123'456'789);
  event.set_session_id("s-1");
  event.set_insert_id("i-1");
  *(*event.mutable_properties()->mutable_fields())["k"].mutable_list_value()->add_values() =
      TextValue("\"v\"");
  const auto decoded = DecodeCanonical(Bytes(event));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->name, "signup");
  EXPECT_EQ(decoded->user_id, "ada");
  EXPECT_EQ(decoded->session_id, "s-1");
  EXPECT_EQ(decoded->insert_id, "i-1");
  EXPECT_EQ(decoded->event_time, "1700000000 s 123456789");
  EXPECT_EQ(decoded->properties, R"({"k":["\"v\""]})");
}

TEST(CanonicalEventTest, LeavesOutWhatTheEventDoesNotSay) {
  const auto decoded = DecodeCanonical(Bytes(GoodEvent()));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->session_id + decoded->insert_id + decoded->event_time + decoded->properties, "");
  v1::Event event = GoodEvent();
  event.mutable_properties();  // there, and empty
  EXPECT_TRUE(IsTaken(Bytes(event)));
  EXPECT_EQ(DecodeCanonical(Bytes(event))->properties, "");
}

TEST(CanonicalEventTest, TakesTextsUpToTheirLimits) {
  v1::Event most;
  most.set_name(std::string(limits::kMaxEventNameBytes, 'n'));
  most.set_user_id(std::string(limits::kMaxUserIdBytes, 'u'));
  most.set_session_id(std::string(limits::kMaxSessionIdBytes, 's'));
  most.set_insert_id(std::string(limits::kMaxInsertIdBytes, 'i'));
  EXPECT_TRUE(IsTaken(Bytes(most)));
  for (std::string* (v1::Event::*text)() : {&v1::Event::mutable_name, &v1::Event::mutable_user_id,
                                            &v1::Event::mutable_session_id, &v1::Event::mutable_insert_id}) {
    v1::Event over = most;
    (over.*text)()->push_back('x');
    EXPECT_TRUE(IsRefused(Bytes(over)));
  }
}

TEST(CanonicalEventTest, RefusesEventsWithoutNameOrUser) {
  for (auto clear : {&v1::Event::clear_name, &v1::Event::clear_user_id}) {
    v1::Event event = GoodEvent();
    (event.*clear)();
    EXPECT_TRUE(IsRefused(Bytes(event)));
  }
  EXPECT_TRUE(IsRefused(""));
  EXPECT_TRUE(IsRefused(Field('\x0a', "") + Field('\x12', "u")));
}

// Every place that holds text, at every place within the eight bytes that are looked at together.
void ForEachPlaceOfText(const std::string& text, const std::function<void(const v1::Event&)>& visit) {
  for (size_t before = 0; before < 18; ++before) {
    for (const size_t behind : {size_t{0}, size_t{1}, size_t{9}}) {
      const std::string padded = std::string(before, 'a') + text + std::string(behind, 'z');
      for (std::string* (v1::Event::*field)() :
           {&v1::Event::mutable_name, &v1::Event::mutable_user_id, &v1::Event::mutable_session_id,
            &v1::Event::mutable_insert_id}) {
        v1::Event event = GoodEvent();
        *(event.*field)() = padded;
        visit(event);
      }
      visit(WithProperty(padded, TextValue("v")));
      visit(WithProperty("k", TextValue(padded)));
    }
  }
}

TEST(CanonicalEventTest, RefusesTextThatIsNotStorable) {
  const std::string bad_texts[] = {"\0"s,
                                   "\x80"s,
                                   "\xBF"s,
                                   "\xC0\x80"s,
                                   "\xC1\xBF"s,
                                   "\xC2"s,
                                   "\xC2 "s,
                                   "\xE0\x9F\xBF"s,
                                   "\xED\xA0\x80"s,
                                   "\xED\xBF\xBF"s,
                                   "\xE2\x82"s,
                                   "\xF0\x8F\xBF\xBF"s,
                                   "\xF0\x90"s,
                                   "\xF0\x90\x80"s,
                                   "\xFF"s,
                                   "\xF4\x90\x80\x80"s,
                                   "\xF8\x88\x80\x80"s,
                                   "\xFE"s};
  for (const std::string& bad : bad_texts) {
    ForEachPlaceOfText(bad, [](const v1::Event& event) { ASSERT_TRUE(IsRefused(Bytes(event))); });
  }
}

TEST(CanonicalEventTest, TakesEveryLengthOfUtf8) {
  const std::string good_texts[] = {"\x7F",         "\xC2\x80",         "\xDF\xBF",
                                    "\xE0\xA0\x80", "\xED\x9F\xBF",     "\xEE\x80\x80",
                                    "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
  for (const std::string& good : good_texts) {
    ForEachPlaceOfText(good, [](const v1::Event& event) { ASSERT_TRUE(IsTaken(Bytes(event))); });
  }
}

TEST(CanonicalEventTest, EscapesAsAppendJsonDoes) {
  for (int byte = 1; byte < 128; ++byte) {
    ForEachPlaceOfText(std::string(1, static_cast<char>(byte)), [](const v1::Event& event) {
      const auto canonical = DecodeCanonical(Bytes(event));
      ASSERT_TRUE(canonical.has_value());
      ASSERT_EQ(canonical->properties, DecodeByProtobuf(Bytes(event))->properties);
    });
  }
}

TEST(CanonicalEventTest, BoundsNumbersAtTwoToThe53) {
  for (const double sign : {1.0, -1.0}) {
    for (const double number : {0.0, 1.0, 0.1, 1.5, 1e15, 4503599627370495.5, 9007199254740991.0,
                                9007199254740992.0, 5e-324, 2.2250738585072014e-308, 1.0 / 3}) {
      const v1::Event event = WithNumber(sign * number);
      EXPECT_TRUE(IsTaken(Bytes(event))) << sign * number;
      EXPECT_EQ(DecodeCanonical(Bytes(event))->properties, DecodeByProtobuf(Bytes(event))->properties);
    }
    for (const double number : {9007199254740994.0, 1e300, std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN()}) {
      EXPECT_TRUE(IsRefused(Bytes(WithNumber(std::copysign(number, sign))))) << sign * number;
    }
  }
  EXPECT_EQ(ValueAsJson(WithNumber(-0.0)), "0");
  EXPECT_EQ(ValueAsJson(WithNumber(-9007199254740992.0)), "-9007199254740992");
  EXPECT_EQ(ValueAsJson(WithNumber(5e-324)), "5e-324");
}

TEST(CanonicalEventTest, BoundsKeysAndTheirNumber) {
  v1::Event event = GoodEvent();
  for (int i = 0; i < limits::kMaxProperties; ++i)
    (*event.mutable_properties()->mutable_fields())[std::to_string(i)];
  EXPECT_TRUE(IsTaken(Bytes(event)));
  (*event.mutable_properties()->mutable_fields())["one more"];
  EXPECT_TRUE(IsRefused(Bytes(event)));
  // Further down only the size of the event bounds them.
  v1::Event nested = GoodEvent();
  *(*nested.mutable_properties()->mutable_fields())["o"].mutable_struct_value() = event.properties();
  EXPECT_TRUE(IsTaken(Bytes(nested)));

  EXPECT_TRUE(IsTaken(Bytes(WithProperty(std::string(limits::kMaxPropertyKeyBytes, 'k'), {}))));
  EXPECT_TRUE(IsRefused(Bytes(WithProperty(std::string(limits::kMaxPropertyKeyBytes + 1, 'k'), {}))));
  EXPECT_TRUE(IsRefused(Bytes(WithProperty("", {}))));
}

TEST(CanonicalEventTest, BoundsStringsAndTheWholeEvent) {
  EXPECT_TRUE(IsTaken(Bytes(WithProperty("t", TextValue(std::string(limits::kMaxStringValueBytes, 'x'))))));
  EXPECT_TRUE(
      IsRefused(Bytes(WithProperty("t", TextValue(std::string(limits::kMaxStringValueBytes + 1, 'x'))))));

  v1::Event event = GoodEvent();
  auto& fields = *event.mutable_properties()->mutable_fields();
  for (const char* key : {"a", "b", "c", "d"}) fields[key] = TextValue(std::string(8'100, '"'));
  std::string& last = *fields["e"].mutable_string_value();
  last = std::string(200, '\x01');
  last.resize(last.size() + limits::kMaxEventBytes - event.ByteSizeLong(), 'x');
  ASSERT_EQ(event.ByteSizeLong(), static_cast<size_t>(limits::kMaxEventBytes));
  EXPECT_TRUE(IsTaken(Bytes(event)));
  last += 'x';
  EXPECT_TRUE(IsRefused(Bytes(event)));
}

TEST(CanonicalEventTest, CountsObjectsAndListsAsNesting) {
  for (int levels = 1; levels <= limits::kMaxPropertyNesting + 1; ++levels) {
    for (const bool is_list : {false, true}) {
      Value value;
      for (int level = 1; level < levels; ++level) {
        Value outer;
        if (is_list) {
          *outer.mutable_list_value()->add_values() = value;
        } else {
          (*outer.mutable_struct_value()->mutable_fields())["k"] = value;
        }
        value = outer;
      }
      const std::string bytes = Bytes(WithProperty("k", value));
      EXPECT_TRUE(levels <= limits::kMaxPropertyNesting ? IsTaken(bytes) : IsRefused(bytes)) << levels;
    }
  }
  // What is empty counts as well.
  for (const bool is_list : {false, true}) {
    Value value;
    is_list ? void(value.mutable_list_value()) : void(value.mutable_struct_value());
    for (int level = 2; level <= limits::kMaxPropertyNesting + 1; ++level) {
      const std::string bytes = Bytes(WithProperty("k", value));
      EXPECT_TRUE(level <= limits::kMaxPropertyNesting ? IsTaken(bytes) : IsRefused(bytes)) << level;
      Value outer;
      *outer.mutable_list_value()->add_values() = value;
      value = outer;
    }
  }
}

TEST(CanonicalEventTest, BoundsTheEventTimeToTheNanosecond) {
  const int64_t first = absl::ToUnixSeconds(limits::kMinEventTime);
  EXPECT_TRUE(IsTaken(Bytes(WithTime(first, 0))));
  EXPECT_TRUE(IsRefused(Bytes(WithTime(first - 1, 999'999'999))));
  EXPECT_TRUE(IsRefused(Bytes(WithTime(0, 0))));
  constexpr int64_t kSecond = 1'706'702'400;
  for (const int32_t now_nanos : {0, 1, 123'456'789, 999'999'999}) {
    for (const absl::Duration fraction : {absl::ZeroDuration(), absl::Nanoseconds(1) / 4}) {
      const absl::Time now = absl::FromUnixSeconds(kSecond) + absl::Nanoseconds(now_nanos) + fraction;
      const int64_t last = kSecond + int64_t{24} * 3600;
      EXPECT_TRUE(IsTaken(Bytes(WithTime(last, now_nanos)), now));
      const v1::Event late = now_nanos == 999'999'999 ? WithTime(last + 1, 0) : WithTime(last, now_nanos + 1);
      EXPECT_TRUE(IsRefused(Bytes(late), now));
      EXPECT_TRUE(IsTaken(Bytes(WithTime(last - 1, 999'999'999)), now));
      EXPECT_TRUE(IsRefused(Bytes(WithTime(last + 1, 0)), now));
    }
  }
  for (const int64_t seconds : {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()})
    EXPECT_TRUE(IsRefused(Bytes(WithTime(seconds, 0))));
  for (const int32_t nanos : {-1, 1'000'000'000, std::numeric_limits<int32_t>::max()})
    EXPECT_TRUE(IsRefused(Bytes(WithTime(kSecond, nanos))));
}

TEST(CanonicalEventTest, TakesWhatUsualEncodersWrite) {
  EXPECT_TRUE(IsTaken(Field('\x12', "u") + Field('\x32', "i") + Field('\x0a', "n")));  // in any order
  EXPECT_TRUE(IsTaken(kNameAndUser + Field('\x1a', "") + Field('\x32', "")));          // empty ones written
  EXPECT_TRUE(IsTaken(kNameAndUser + "\x22\x08\x10\x05\x08\x80\xE2\xCF\xAA\x06"s));    // nanos before seconds
  EXPECT_TRUE(IsTaken("\x0a\x81\x80\x80\x80\x00n\x12\x01u"s));                         // a length with room
  EXPECT_TRUE(IsTaken(WithValueBytes("")));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x08\x00"s)));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x11\0\0\0\0\0\0\0\0"s)));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x1a\x00"s)));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x20\x00"s)));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x20\x01"s)));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x2a\x00"s)));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x32\x00"s)));
  EXPECT_TRUE(IsTaken(WithValueBytes("\x32\x04\x0a\x00\x0a\x00"s)));
}

TEST(CanonicalEventTest, WritesBothOfTwoEqualKeysInOrder) {
  const std::string one = Field('\x0a', Field('\x0a', "k") + Field('\x12', "\x20\x01"));
  const std::string two = Field('\x0a', Field('\x0a', "k") + Field('\x12', "\x1a\x01v"));
  const std::string bytes = kNameAndUser + Field('\x2a', one + two);
  EXPECT_TRUE(IsTaken(bytes));
  EXPECT_EQ(DecodeCanonical(bytes)->properties, R"({"k":true,"k":"v"})");
}

TEST(CanonicalEventTest, LeavesWhatNoUsualEncoderWrites) {
  const std::string key = Field('\x0a', "k");
  const std::string value = Field('\x12', "\x20\x01");
  const std::string odd[] = {
      kNameAndUser + Field('\x0a', "n"),  // a field twice
      kNameAndUser + Field('\x2a', "") + Field('\x2a', ""),
      kNameAndUser + Field('\x3a', "unknown"),
      kNameAndUser + "\x08\x01",                                                   // name as a number
      kNameAndUser + "\x0b\x0c",                                                   // a group
      kNameAndUser + "\x8a\x00\x01n"s,                                             // a tag of two bytes
      kNameAndUser + "\x22\x0c\x08\x80\xE2\xCF\xAA\x06\x08\x80\xE2\xCF\xAA\x06"s,  // seconds twice
      kNameAndUser + "\x22\x08\x08\x80\xE2\xCF\xAA\x06\x18\x01"s,  // an unknown field of the time
      kNameAndUser + "\x22\x0d\x08\x80\xE2\xCF\xAA\x06\x10\x81\x80\x80\x80\x10\x00"s,
      kNameAndUser + Field('\x2a', Field('\x12', "unknown")),
      kNameAndUser + Field('\x2a', Field('\x0a', value)),        // an entry without key
      kNameAndUser + Field('\x2a', Field('\x0a', key)),          // without value
      kNameAndUser + Field('\x2a', Field('\x0a', value + key)),  // the other way round
      kNameAndUser + Field('\x2a', Field('\x0a', key + value + value)),
      WithValueBytes("\x08\x05"),  // NullValue 5
      WithValueBytes("\x08\x00\x20\x01"s),
      WithValueBytes("\x11\0\0\0\0\0\0\0\0\x20\x01"s),
      WithValueBytes("\x20\x02"),
      WithValueBytes("\x20\x81\x00"s),
      WithValueBytes("\x20\x01\x20\x01"),  // a oneof twice
      WithValueBytes("\x1a\x01v\x20\x01"),
      WithValueBytes("\x0a\x01v"),
      WithValueBytes("\x32\x02\x12\x00"s),  // an unknown field of a list
  };
  for (const std::string& bytes : odd) EXPECT_TRUE(IsLeft(bytes));
}

TEST(CanonicalEventTest, LeavesDamagedBytes) {
  v1::Event event = WithTime(1'700'000'000, 5);
  event.mutable_properties()->mutable_fields()->insert({"k", TextValue("twelve bytes")});
  const std::string whole = Bytes(event);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(IsReadRightly(whole.substr(0, size)));
    EXPECT_TRUE(IsLeft(whole.substr(0, size) + "\xFF"));
  }
  EXPECT_TRUE(IsLeft("\x0a\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"));
  EXPECT_TRUE(IsLeft("\x0a\x81\x80\x80\x80\x80\x00n\x12\x01u"s));  // a length of six bytes
}

TEST(CanonicalEventTest, ForgetsTheJsonOfAnEventThatItLeaves) {
  // DecodeCanonical looks: what was written before is there and nothing else.
  v1::Event event = WithProperty("k", TextValue(std::string(limits::kMaxStringValueBytes, '\x01')));
  EXPECT_TRUE(IsTaken(Bytes(event)));
  EXPECT_TRUE(IsLeft(Bytes(event) + Field('\x32', "\xFF")));
}

TEST(CanonicalEventTest, WritesJsonOfAnyLength) {
  for (int length = 0; length <= limits::kMaxStringValueBytes; length += 61) {
    v1::Event event = WithProperty("controls", TextValue(std::string(length, '\x02')));
    std::string wide;
    for (int i = 0; i < length / 3; ++i) wide += "\xE2\x82\xAC";
    (*event.mutable_properties()->mutable_fields())["wide"] = TextValue(wide);
    (*event.mutable_properties()->mutable_fields())["plain"] = TextValue(std::string(length, 'p'));
    ASSERT_TRUE(IsTaken(Bytes(event))) << length;
  }
}

TEST(CanonicalEventTest, LeavesWhatIsSaidOfTheUserToProtobuf) {
  v1::Event event = GoodEvent();
  (*event.mutable_user_properties()->mutable_fields())["plan"] = TextValue("pro");
  EXPECT_TRUE(DecodeByProtobuf(Bytes(event)).has_value());
  EXPECT_TRUE(IsLeft(Bytes(event)));
}

}  // namespace
}  // namespace donut::collector
