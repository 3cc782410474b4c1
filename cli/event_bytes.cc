#include "cli/event_bytes.h"

#include <cassert>
#include <cstring>

#include "common/event_tags.h"
#include "common/proto_time.h"
#include "google/protobuf/io/coded_stream.h"

namespace donut::cli {
namespace {

using google::protobuf::io::CodedOutputStream;

constexpr size_t kMaxVarintBytes = 10;
// Lengths below have one byte.
constexpr size_t kTwoByteLength = 128;

void AppendVarint(uint64_t number, std::string& out) {
  uint8_t buffer[kMaxVarintBytes];
  const uint8_t* const end = CodedOutputStream::WriteVarint64ToArray(number, buffer);
  out.append(reinterpret_cast<const char*>(buffer), end - buffer);
}

}  // namespace

void EventBytes::Clear() {
  bytes_.clear();
  open_count_ = 0;
}

void EventBytes::StartEvent(std::string_view name, std::string_view user_id, std::string_view session_id,
                            absl::Time time) {
  Clear();
  time_ = time;
  Delimited(event_tags::kName, name);
  Delimited(event_tags::kUserId, user_id);
  if (!session_id.empty()) Delimited(event_tags::kSessionId, session_id);
  Open(event_tags::kEventTime);
  const google::protobuf::Timestamp timestamp = ToProto(time);
  if (timestamp.seconds() != 0) {
    bytes_.push_back(event_tags::kSeconds);
    AppendVarint(static_cast<uint64_t>(timestamp.seconds()), bytes_);
  }
  if (timestamp.nanos() != 0) {
    bytes_.push_back(event_tags::kNanos);
    AppendVarint(static_cast<uint64_t>(timestamp.nanos()), bytes_);
  }
  Close();
  Open(event_tags::kProperties);
}

void EventBytes::StartUserProperties() {
  CloseProperties();
  Open(event_tags::kUserProperties);
}

void EventBytes::FinishEvent() { CloseProperties(); }

void EventBytes::CloseProperties() {
  assert(open_count_ == 1);
  const size_t properties = open_[0];
  Close();
  const bool is_empty = bytes_.size() == properties + 1;
  if (is_empty) bytes_.resize(properties - 1);
}

void EventBytes::OpenMember(std::string_view key) {
  Open(event_tags::kStructFields);
  Delimited(event_tags::kMapKey, key);
  Open(event_tags::kMapValue);
}

void EventBytes::CloseMember() {
  Close();
  Close();
}

void EventBytes::OpenElement() { Open(event_tags::kListValues); }
void EventBytes::CloseElement() { Close(); }

void EventBytes::Null() {
  bytes_.push_back(event_tags::kNullValue);
  bytes_.push_back(0);
}

void EventBytes::Bool(bool value) {
  bytes_.push_back(event_tags::kBoolValue);
  bytes_.push_back(value ? 1 : 0);
}

void EventBytes::Number(double value) {
  char buffer[1 + sizeof(uint64_t)];
  buffer[0] = event_tags::kNumberValue;
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  CodedOutputStream::WriteLittleEndian64ToArray(bits, reinterpret_cast<uint8_t*>(buffer + 1));
  bytes_.append(buffer, sizeof(buffer));
}

void EventBytes::Text(std::string_view text) { Delimited(event_tags::kStringValue, text); }
void EventBytes::OpenObject() { Open(event_tags::kStructValue); }
void EventBytes::CloseObject() { Close(); }
void EventBytes::OpenList() { Open(event_tags::kListValue); }
void EventBytes::CloseList() { Close(); }

// Leaves one byte for the length.
void EventBytes::Open(uint8_t tag) {
  assert(open_count_ < kMaxOpen);
  bytes_.push_back(static_cast<char>(tag));
  open_[open_count_++] = bytes_.size();
  bytes_.push_back(0);
}

void EventBytes::Close() {
  const size_t at = open_[--open_count_];
  const size_t length = bytes_.size() - at - 1;
  if (length < kTwoByteLength) {
    bytes_[at] = static_cast<char>(length);
    return;
  }
  // Few messages are that long, and all are small.
  uint8_t buffer[kMaxVarintBytes];
  const uint8_t* const end = CodedOutputStream::WriteVarint64ToArray(length, buffer);
  bytes_.replace(at, 1, reinterpret_cast<const char*>(buffer), end - buffer);
}

void EventBytes::Delimited(uint8_t tag, std::string_view text) {
  bytes_.push_back(static_cast<char>(tag));
  if (text.size() < kTwoByteLength) {
    bytes_.push_back(static_cast<char>(text.size()));
  } else {
    AppendVarint(text.size(), bytes_);
  }
  bytes_.append(text);
}

}  // namespace donut::cli
