// ReadCanonicalEvent against protobuf, the rules and AppendJson, on events and on damaged bytes that nobody
// thought of. Each has a seed of its own, which a failure names.
// DONUT_RANDOM_EVENTS: how many of each kind, in place of the tens of thousands of a normal run.
// DONUT_RANDOM_SEED: the first seed, to repeat a failure.
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <vector>

#include "client_lib/event_encoder.h"
#include "collector/canonical_event.h"
#include "common/proto_time.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"
#include "tests/collector/decoded_event.h"
#include "tests/collector/odd_encoder.h"
#include "tests/collector/random_event.h"
#include "tests/support/random_seed.h"

namespace donut::collector {
namespace {

using ::testing::AssertionResult;
using testing::DecodeCanonical;
using testing::IsReadRightly;
using testing::IsTaken;
using testing::IsTakenIfValid;
using testing::kDecodingTime;
using testing::OddEncoder;
using testing::RandomEvents;

int CountFromEnvironment(int usual_count) {
  const char* text = std::getenv("DONUT_RANDOM_EVENTS");
  return text == nullptr || *text == '\0' ? usual_count : std::atoi(text);
}

// `check` makes one event from its dice and looks at it.
void CheckMany(int usual_count, const std::function<AssertionResult(RandomEvents&)>& check) {
  const google::protobuf::LogSilencer silence;  // it would name each bad text
  const uint64_t first_seed = testing::RandomSeed();
  std::cout << "DONUT_RANDOM_SEED=" << first_seed << std::endl;
  const int count = CountFromEnvironment(usual_count);
  for (uint64_t seed = first_seed; seed != first_seed + static_cast<uint64_t>(count); ++seed) {
    RandomEvents dice(seed, kDecodingTime);
    ASSERT_TRUE(check(dice)) << "DONUT_RANDOM_SEED=" << seed << " DONUT_RANDOM_EVENTS=1";
  }
}

// What a test of damaged events is worth: some must still be read.
class Share {
 public:
  AssertionResult Count(std::string_view bytes) {
    ++all_;
    if (DecodeCanonical(bytes)) ++taken_;
    return IsReadRightly(bytes);
  }
  ~Share() {
    std::cout << taken_ << " of " << all_ << " were read" << std::endl;
    if (all_ < 1'000) return;
    EXPECT_GT(taken_, all_ / 50) << "the test is worth nothing";
    EXPECT_LT(taken_, all_) << "the test is worth nothing";
  }

 private:
  int all_ = 0;
  int taken_ = 0;
};

// The wire bytes of our own client. Values refer to memory of their maker.
class ClientBytes {
 public:
  // Empty when the client refuses it.
  std::string Of(const v1::Event& event) {
    EventView view{.name = event.name(), .user_id = event.user_id(), .session_id = event.session_id()};
    view.event_time = kDecodingTime;
    if (event.has_event_time()) {
      const auto time = FromProto(event.event_time(), "event_time");
      if (!time.ok()) return "";
      view.event_time = *time;
    }
    view.properties = PropertiesOf(event.properties());
    const EventMeasure measure = MeasureEvent(view, kDecodingTime);
    if (measure.problem != nullptr) return "";
    std::string bytes(measure.event_bytes, '?');
    WriteEvent(view, measure, bytes.data());
    return bytes;
  }

 private:
  std::span<const Property> PropertiesOf(const google::protobuf::Struct& fields) {
    std::vector<Property> properties;
    for (const auto& [key, value] : fields.fields()) properties.push_back({key, ValueOf(value)});
    // A key twice: the client does not look.
    if (properties.size() > 1 && properties.size() < 5) properties.push_back({properties[0].key, 7});
    return objects_.emplace_back(std::move(properties));
  }

  Value ValueOf(const google::protobuf::Value& value) {
    switch (value.kind_case()) {
      case google::protobuf::Value::kNumberValue:
        return value.number_value();
      case google::protobuf::Value::kStringValue:
        return std::string_view(value.string_value());
      case google::protobuf::Value::kBoolValue:
        return value.bool_value();
      case google::protobuf::Value::kStructValue:
        return Value::Object(PropertiesOf(value.struct_value()));
      case google::protobuf::Value::kListValue: {
        std::vector<Value> values;
        for (const auto& element : value.list_value().values()) values.push_back(ValueOf(element));
        return Value::List(std::span<const Value>(lists_.emplace_back(std::move(values))));
      }
      default:
        return nullptr;
    }
  }

  std::deque<std::vector<Property>> objects_;
  std::deque<std::vector<Value>> lists_;
};

std::string Damaged(std::string bytes, RandomEvents& dice) {
  for (size_t times = 1 + dice.Below(3); times > 0 && !bytes.empty(); --times) {
    const size_t at = dice.Below(bytes.size());
    const size_t length = std::min(bytes.size() - at, 1 + dice.Below(8));
    switch (dice.Below(6)) {
      case 0:
        bytes[at] = static_cast<char>(dice.Below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << dice.Below(8)));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 4:
        bytes[at] = static_cast<char>(bytes[at] + 1);
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

TEST(CanonicalEventRandomTest, TakesWhateverProtobufWritesOfValidEvents) {
  CheckMany(20'000, [](RandomEvents& dice) { return IsTakenIfValid(dice.Event(0).SerializeAsString()); });
}

TEST(CanonicalEventRandomTest, RefusesWhateverBreaksARule) {
  CheckMany(20'000,
            [](RandomEvents& dice) { return IsTakenIfValid(dice.Event(30).SerializePartialAsString()); });
}

TEST(CanonicalEventRandomTest, TakesWhateverTheClientWrites) {
  int written = 0;
  CheckMany(20'000, [&written](RandomEvents& dice) {
    const std::string bytes = ClientBytes().Of(dice.Event(200));
    if (bytes.empty()) return ::testing::AssertionSuccess();
    ++written;
    return IsTaken(bytes);
  });
  EXPECT_GT(written, 0);
}

TEST(CanonicalEventRandomTest, ReadsDamagedEventsAsProtobufDoesOrNotAtAll) {
  Share share;
  CheckMany(40'000, [&share](RandomEvents& dice) {
    return share.Count(Damaged(dice.Event(1000).SerializePartialAsString(), dice));
  });
}

TEST(CanonicalEventRandomTest, ReadsOddEncodingsAsProtobufDoesOrNotAtAll) {
  Share share;
  CheckMany(40'000, [&share](RandomEvents& dice) {
    OddEncoder encoder(dice, 5 + dice.Below(100));
    return share.Count(encoder.Encoded(dice.Event(1000)));
  });
}

}  // namespace
}  // namespace donut::collector
