// What one event costs the collector between the wire and its row: read, held to the rules, properties as
// JSON. The usual way (canonical_event.h) beside the one for odd events, by protobuf. The best of several
// rounds: what disturbs a measurement only ever adds.
// Prints lines of: name value unit.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "client_lib/event_encoder.h"
#include "collector/canonical_event.h"
#include "collector/event_validation.h"
#include "collector/properties_json.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/event.pb.h"
#include "google/protobuf/arena.h"

namespace donut {
namespace {

using std::chrono::steady_clock;

constexpr int kRounds = 20;
constexpr int kEventsPerRound = 20'000;
const absl::Time kNow = absl::FromUnixMicros(1'706'702'400'123'456);

std::string Encoded(std::span<const Property> properties) {
  const EventView event{.name = "report_exported",
                        .user_id = "ann@example.com",
                        .session_id = "session-0001",
                        .event_time = kNow,
                        .properties = properties};
  const EventMeasure measure = MeasureEvent(event, kNow);
  std::string bytes(measure.event_bytes, '\0');
  WriteEvent(event, measure, bytes.data());
  return bytes;
}

// By protobuf, as event_preparation.cc does it for what is not canonical.
class ParsedDecoding {
 public:
  bool Decode(std::string_view bytes, std::string& json) {
    arena_.Reset();
    auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&arena_);
    if (!event->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
    if (collector::ValidateEvent(*event, kNow)) return false;
    properties_.Clear();
    collector::AppendProperties(event->properties(), json, properties_);
    return true;
  }

 private:
  char block_[16 << 10];
  google::protobuf::Arena arena_{block_, sizeof(block_)};
  collector::PropertyTexts properties_;
};

class CanonicalDecoding {
 public:
  bool Decode(std::string_view bytes, std::string& json) {
    collector::CanonicalEvent event;
    return collector::ReadCanonicalEvent(bytes, times_, event, json, properties_);
  }

 private:
  collector::EventTimeBounds times_{kNow};
  collector::PropertyTexts properties_;
};

template <typename Decoding>
void Measure(const char* name, const std::string& bytes) {
  Decoding decoding;
  std::string json;
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const auto start = steady_clock::now();
    for (int i = 0; i < kEventsPerRound; ++i) {
      json.clear();
      if (!decoding.Decode(bytes, json)) {
        std::fprintf(stderr, "%s: the event is not taken\n", name);
        std::exit(1);
      }
    }
    const std::chrono::duration<double, std::nano> took = steady_clock::now() - start;
    best = std::min(best, took.count() / kEventsPerRound);
  }
  std::printf("%s %.0f ns\n", name, best);
}

}  // namespace
}  // namespace donut

int main() {
  using donut::Property;
  using donut::Value;
  const Property three[] = {{"format", "pdf"}, {"pages", 12}, {"seconds", 0.25}};
  const std::string usual = donut::Encoded(three);
  donut::Measure<donut::CanonicalDecoding>("decode_three_properties_canonical", usual);
  donut::Measure<donut::ParsedDecoding>("decode_three_properties_protobuf", usual);

  const Property inner[] = {{"width", 1024}, {"height", 768.5}};
  const Value list[] = {"a", "b", 3};
  const Property varied[] = {{"title", "Überblick über 東京 und Łódź"},
                             {"path", "/reports/2024/01/overview of everything.html"},
                             {"quote", "she said \"no\"\n"},
                             {"ratio", 1.0 / 3},
                             {"screen", Value::Object(inner)},
                             {"tags", Value::List(list)},
                             {"trial", true},
                             {"note", nullptr}};
  const std::string rich = donut::Encoded(varied);
  donut::Measure<donut::CanonicalDecoding>("decode_varied_properties_canonical", rich);
  donut::Measure<donut::ParsedDecoding>("decode_varied_properties_protobuf", rich);
  return 0;
}
