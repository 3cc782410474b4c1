// Short ways to write events and batches in tests. No state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/event_preparation.h"
#include "collector/event_sink.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace donut::testing {

// 2024-01-31 12:00:00 UTC, as FakeClock.
inline const absl::Time kNoon = absl::FromUnixSeconds(1706702400);

// An Event from its JSON form.
inline v1::Event EventFromJson(const std::string& json) {
  v1::Event event;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &event);
  EXPECT_TRUE(status.ok()) << status.ToString() << " in " << json;
  return event;
}

inline v1::Event NamedEvent(const std::string& name, const std::string& user) {
  v1::Event event;
  event.set_name(name);
  event.set_user_id(user);
  return event;
}

inline v1::Event GoodEvent() { return NamedEvent("signup", "ada"); }

inline v1::Event WithProperty(const std::string& key, const google::protobuf::Value& value) {
  v1::Event event = GoodEvent();
  (*event.mutable_properties()->mutable_fields())[key] = value;
  return event;
}

inline v1::Event WithNumber(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return WithProperty("n", value);
}

inline v1::Event WithTime(int64_t seconds, int32_t nanos) {
  v1::Event event = GoodEvent();
  event.mutable_event_time()->set_seconds(seconds);
  event.mutable_event_time()->set_nanos(nanos);
  return event;
}

// Instead of the installation's.
inline KeyedHash TestHash() { return KeyedHash::Create("sixteen bytes ok").value(); }

inline collector::PreparedBatch Prepare(const std::vector<v1::Event>& events,
                                        const collector::EventSource& source) {
  std::vector<std::string> bytes;
  for (const v1::Event& event : events) bytes.push_back(event.SerializeAsString());
  const std::vector<std::string_view> views(bytes.begin(), bytes.end());
  auto batch = collector::PrepareEvents(views, source, TestHash(), kNoon);
  EXPECT_TRUE(batch.ok()) << batch.status();
  return *std::move(batch);
}
inline collector::PreparedBatch Prepare(const std::vector<v1::Event>& events, int64_t first_sequence) {
  return Prepare(events,
                 {.project_id = 1, .producer_no = 1, .first_sequence = first_sequence, .field = "events"});
}

// A batch of a stream.
inline collector::StagedPiece StreamPiece(const collector::HelloAnswer& grant, int64_t first_sequence,
                                          const std::vector<v1::Event>& events) {
  collector::StagedPiece piece;
  piece.project_id = 1;
  piece.producer_no = grant.producer_no;
  piece.epoch = grant.epoch;
  piece.token = grant.token;
  piece.first = first_sequence;
  piece.last = first_sequence + static_cast<int64_t>(events.size()) - 1;
  piece.batch = Prepare(events, {.project_id = piece.project_id,
                                 .producer_no = piece.producer_no,
                                 .first_sequence = first_sequence,
                                 .field = "batch.events"});
  return piece;
}

// A TrackEvents.
inline collector::StagedPiece UnaryPiece(const std::vector<v1::Event>& events) {
  collector::StagedPiece piece;
  piece.project_id = 1;
  piece.unary = true;
  piece.first = 0;
  piece.last = static_cast<int64_t>(events.size()) - 1;
  piece.batch = Prepare(events, {.project_id = piece.project_id, .field = "events"});
  return piece;
}

inline collector::HelloClaim Claim(const std::string& producer, int64_t epoch, const std::string& token) {
  collector::HelloClaim claim;
  claim.project_id = 1;
  claim.producer_id = producer;
  claim.producer_id.resize(16, '.');
  claim.epoch = epoch;
  claim.token = token;
  claim.token.resize(16, '.');
  return claim;
}

}  // namespace donut::testing
