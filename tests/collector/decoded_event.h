// One event read in both ways, for tests that hold them against each other: from its wire bytes
// (canonical_event.h), and by protobuf, ValidateEvent and AppendJson. Not thread-safe.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "collector/canonical_event.h"
#include "collector/event_validation.h"
#include "collector/properties_json.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/event.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "gtest/gtest.h"

namespace donut::testing {

inline const absl::Time kDecodingTime = absl::FromUnixMicros(1'706'702'400'123'456);

// absl::string_view is not std::string_view in this version.
inline std::string InHex(std::string_view bytes) { return absl::CHexEscape(std::string(bytes)); }

// Lets bytes end where readable memory ends, so that reading on behind them is a crash.
class GuardedBytes {
 public:
  GuardedBytes() {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t size = (kMostBytes / page + 2) * page;
    start_ =
        static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    guard_ = start_ + size - page;
    if (start_ == MAP_FAILED || mprotect(guard_, page, PROT_NONE) != 0) std::abort();
  }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  // Until the next call.
  std::string_view Place(std::string_view bytes) {
    if (bytes.size() > kMostBytes) std::abort();
    std::copy(bytes.begin(), bytes.end(), guard_ - bytes.size());
    return {guard_ - bytes.size(), bytes.size()};
  }

 private:
  static constexpr size_t kMostBytes = size_t{8} << 20;
  char* start_;
  char* guard_;
};

struct DecodedEvent {
  std::string name, user_id, session_id, insert_id;
  std::string event_time;  // empty: none
  std::string properties;  // JSON; empty: none
  nlohmann::json texts;    // the same, as PropertyTexts has them
};

// `out`: what the places are in.
inline nlohmann::json TextsOf(const collector::PropertyTexts& properties, const std::string& out) {
  nlohmann::json texts = nlohmann::json::object();
  for (const collector::PropertyText& one : properties.all()) {
    const std::string key(one.key);
    if (one.type == history::ValueType::kText) {
      texts[key] = std::string(one.text);
    } else {
      texts[key] = nlohmann::json::parse(out.substr(one.json_begin, one.json_end - one.json_begin));
    }
  }
  return texts;
}

inline nlohmann::json WithoutNulls(const nlohmann::json& properties) {
  nlohmann::json kept = nlohmann::json::object();
  for (const auto& [key, value] : properties.items()) {
    if (!value.is_null()) kept[key] = value;
  }
  return kept;
}

inline std::string TimeInWords(int64_t seconds, int32_t nanos) { return absl::StrCat(seconds, " s ", nanos); }

inline std::optional<DecodedEvent> DecodeCanonical(std::string_view bytes, absl::Time now = kDecodingTime) {
  static GuardedBytes& guarded = *new GuardedBytes();
  const std::string before = "written before";
  std::string json = before;
  collector::CanonicalEvent event;
  collector::PropertyTexts texts;
  if (!ReadCanonicalEvent(guarded.Place(bytes), collector::EventTimeBounds(now), event, json, texts)) {
    EXPECT_EQ(json, before) << InHex(bytes);
    return std::nullopt;
  }
  EXPECT_EQ(json.substr(0, before.size()), before);
  EXPECT_EQ(event.has_properties, json.size() > before.size());
  return DecodedEvent{std::string(event.name),
                      std::string(event.user_id),
                      std::string(event.session_id),
                      std::string(event.insert_id),
                      event.has_event_time ? TimeInWords(event.seconds, event.nanos) : "",
                      json.substr(before.size()),
                      TextsOf(texts, json)};
}

inline std::optional<DecodedEvent> DecodeByProtobuf(std::string_view bytes, absl::Time now = kDecodingTime) {
  const google::protobuf::LogSilencer silence;  // it would name each bad text
  v1::Event event;
  if (collector::ValidateEventSize(bytes.size())) return std::nullopt;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  if (collector::ValidateEvent(event, now)) return std::nullopt;
  DecodedEvent decoded{event.name(), event.user_id(), event.session_id(), event.insert_id(), "", "", {}};
  if (event.has_event_time()) {
    decoded.event_time = TimeInWords(event.event_time().seconds(), event.event_time().nanos());
  }
  collector::PropertyTexts texts;
  if (event.properties().fields_size() > 0) {
    collector::AppendProperties(event.properties(), decoded.properties, texts);
  }
  decoded.texts = TextsOf(texts, decoded.properties);
  return decoded;
}

// As jsonb reads it: of a key that comes twice, the later one counts.
inline nlohmann::json ParsedJson(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json::parse(text, nullptr, false);
}

// What is said with `event` of one event; empty: the same.
inline std::string Difference(const DecodedEvent& canonical, const DecodedEvent& parsed) {
  const nlohmann::json properties = ParsedJson(canonical.properties);
  if (properties.is_discarded()) return absl::StrCat("this is no JSON: ", canonical.properties);
  if (properties != ParsedJson(parsed.properties)) {
    return absl::StrCat(canonical.properties, "\n  by protobuf: ", parsed.properties);
  }
  for (const DecodedEvent* event : {&canonical, &parsed}) {
    if (event->texts == WithoutNulls(properties)) continue;
    return absl::StrCat(event->properties, "\n  as texts: ", event->texts.dump());
  }
  const auto texts = [](const DecodedEvent& event) {
    return absl::StrCat(event.name, "|", event.user_id, "|", event.session_id, "|", event.insert_id, "|",
                        event.event_time);
  };
  if (texts(canonical) == texts(parsed)) return "";
  return absl::StrCat(texts(canonical), "\n  by protobuf: ", texts(parsed));
}

// It is not read, or as protobuf and the rules have it.
inline ::testing::AssertionResult IsReadRightly(std::string_view bytes, absl::Time now = kDecodingTime) {
  const std::optional<DecodedEvent> canonical = DecodeCanonical(bytes, now);
  if (!canonical) return ::testing::AssertionSuccess();
  const std::optional<DecodedEvent> parsed = DecodeByProtobuf(bytes, now);
  const std::string difference = parsed ? Difference(*canonical, *parsed) : "it breaks a rule, and was taken";
  if (difference.empty()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << difference << "\n  in " << InHex(bytes);
}

// It is read, and rightly.
inline ::testing::AssertionResult IsTaken(std::string_view bytes, absl::Time now = kDecodingTime) {
  if (!DecodeCanonical(bytes, now)) {
    return ::testing::AssertionFailure() << "it was left to protobuf: " << InHex(bytes);
  }
  return IsReadRightly(bytes, now);
}

// It is not read. Whether it is valid is for protobuf to say.
inline ::testing::AssertionResult IsLeft(std::string_view bytes, absl::Time now = kDecodingTime) {
  if (!DecodeCanonical(bytes, now)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "it was taken: " << InHex(bytes);
}

// It is not read, and protobuf or the rules refuse it too.
inline ::testing::AssertionResult IsRefused(std::string_view bytes, absl::Time now = kDecodingTime) {
  if (!DecodeByProtobuf(bytes, now)) return IsLeft(bytes, now);
  return ::testing::AssertionFailure() << "it is valid: " << InHex(bytes);
}

// It is read if and only if it is valid: so for all that usual encoders write.
inline ::testing::AssertionResult IsTakenIfValid(std::string_view bytes, absl::Time now = kDecodingTime) {
  return DecodeByProtobuf(bytes, now) ? IsTaken(bytes, now) : IsLeft(bytes, now);
}

}  // namespace donut::testing
