#include "collector/request_reader.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "collector/wire_cursor.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/status_macros.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace donut::collector {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// A Hello with all its tokens has less than 2 KiB.
constexpr size_t kMaxHelloBytes = 8 << 10;

absl::Status Unreadable(const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": does not parse as its protobuf message (damaged, or a text that is not UTF-8)"));
}

// Passes over a field that is neither a varint nor bytes; false when it is damaged.
bool SkipField(uint32_t tag, WireCursor& fields) {
  const std::string_view rest = fields.rest();
  CodedInputStream input(reinterpret_cast<const uint8_t*>(rest.data()), static_cast<int>(rest.size()));
  if (!WireFormatLite::SkipField(&input, tag)) return false;
  fields.Skip(static_cast<size_t>(input.CurrentPosition()));
  return true;
}

// Calls `on_varint` and `on_bytes` for each field of the message; false when it is damaged.
// Fields of other kinds are passed over, as protobuf does with unknown ones.
template <typename OnVarint, typename OnBytes>
bool ForEachField(std::string_view bytes, const OnVarint& on_varint, const OnBytes& on_bytes) {
  WireCursor fields(bytes);
  while (!fields.AtEnd()) {
    uint32_t tag;
    if (!fields.ReadTag(tag)) return false;
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    if (field == 0) return false;
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_VARINT: {
        uint64_t value;
        if (!fields.ReadVarint(value)) return false;
        on_varint(field, value);
        break;
      }
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
        std::string_view value;
        if (!fields.ReadBytes(value)) return false;
        on_bytes(field, value);
        break;
      }
      default:
        if (!SkipField(tag, fields)) return false;
    }
  }
  return true;
}

void IgnoreVarint(int, uint64_t) {}

absl::Status ValidateEvents(const std::vector<std::string_view>& events, const std::string& field) {
  if (events.empty()) {
    return InvalidField(field,
                        absl::StrCat("is empty; 1 to ", limits::kMaxBatchEvents, " events are required"));
  }
  if (events.size() > limits::kMaxBatchEvents) {
    return InvalidField(field, absl::StrCat("has ", events.size(), " events; at most ",
                                            limits::kMaxBatchEvents, " are allowed, send more batches"));
  }
  size_t bytes = 0;
  for (const std::string_view event : events) bytes += event.size();
  if (bytes > limits::kMaxBatchBytes) {
    return InvalidField(field, absl::StrCat("has ", bytes, " bytes of events; at most ",
                                            limits::kMaxBatchBytes, " are allowed, send smaller batches"));
  }
  return absl::OkStatus();
}

absl::Status ValidateBookmark(const std::string& bookmark, const std::string& field) {
  if (bookmark.size() <= limits::kMaxBookmarkBytes) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("has ", bookmark.size(), " bytes; at most ",
                                          limits::kMaxBookmarkBytes, " are allowed"));
}

absl::StatusOr<BatchFrame> ReadBatch(std::string_view bytes) {
  BatchFrame batch;
  // Only views are collected here, so a message of a million empty events costs 16 bytes each.
  const bool readable = ForEachField(
      bytes,
      [&](int field, uint64_t value) {
        if (field == v1::EventBatch::kFirstSequenceFieldNumber)
          batch.first_sequence = static_cast<int64_t>(value);
      },
      [&](int field, std::string_view value) {
        if (field == v1::EventBatch::kEventsFieldNumber) batch.events.push_back(value);
        if (field == v1::EventBatch::kBookmarkFieldNumber) batch.bookmark = std::string(value);
      });
  if (!readable) return Unreadable("batch");
  RETURN_IF_ERROR(ValidateEvents(batch.events, "batch.events"));
  RETURN_IF_ERROR(ValidateBookmark(batch.bookmark, "batch.bookmark"));
  const int64_t most = std::numeric_limits<int64_t>::max() - static_cast<int64_t>(batch.events.size());
  if (batch.first_sequence < 1 || batch.first_sequence > most) {
    return InvalidField("batch.first_sequence", "must be 1 or more: events are numbered 1, 2, 3, ...");
  }
  return batch;
}

template <typename Message>
absl::StatusOr<Message> Parse(std::string_view bytes, const std::string& what) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Unreadable(what);
  return message;
}

absl::StatusOr<v1::Hello> ReadHello(std::string_view bytes) {
  if (bytes.size() > kMaxHelloBytes) return InvalidField("hello", "is larger than 8 KiB");
  ASSIGN_OR_RETURN(v1::Hello hello, Parse<v1::Hello>(bytes, "hello"));
  if (hello.producer_id().size() != limits::kProducerIdBytes) {
    return InvalidField("hello.producer_id",
                        absl::StrCat("must have 16 bytes, has ", hello.producer_id().size()));
  }
  if (hello.token().size() != limits::kTokenBytes) {
    return InvalidField("hello.token", absl::StrCat("must have 16 bytes, has ", hello.token().size()));
  }
  if (hello.epoch() < 0) return InvalidField("hello.epoch", "must not be negative; 0 when none was granted");
  if (hello.earlier_tokens_size() > limits::kMaxEarlierTokens) {
    return InvalidField("hello.earlier_tokens",
                        absl::StrCat("at most ", limits::kMaxEarlierTokens, " are allowed"));
  }
  for (const std::string& token : hello.earlier_tokens()) {
    if (token.size() != limits::kTokenBytes)
      return InvalidField("hello.earlier_tokens", "each must have 16 bytes");
  }
  if (hello.user_agent().size() > limits::kMaxUserAgentBytes) {
    return InvalidField("hello.user_agent",
                        absl::StrCat("at most ", limits::kMaxUserAgentBytes, " bytes are allowed"));
  }
  return hello;
}

absl::StatusOr<v1::Skipped> ReadSkipped(std::string_view bytes) {
  ASSIGN_OR_RETURN(v1::Skipped skipped, Parse<v1::Skipped>(bytes, "skipped"));
  if (skipped.first_sequence() < 1) return InvalidField("skipped.first_sequence", "must be 1 or more");
  if (skipped.last_sequence() < skipped.first_sequence() ||
      skipped.last_sequence() == std::numeric_limits<int64_t>::max()) {
    return InvalidField("skipped.last_sequence", "must not be below first_sequence");
  }
  if (!v1::SkipReason_IsValid(skipped.reason()) || skipped.reason() == v1::SKIP_REASON_UNSPECIFIED) {
    return InvalidField("skipped.reason", "must be one of SkipReason's values");
  }
  return skipped;
}

absl::StatusOr<v1::Unparsed> ReadUnparsed(std::string_view bytes) {
  ASSIGN_OR_RETURN(v1::Unparsed unparsed, Parse<v1::Unparsed>(bytes, "unparsed"));
  if (unparsed.sequence() < 1 || unparsed.sequence() == std::numeric_limits<int64_t>::max()) {
    return InvalidField("unparsed.sequence", "must be 1 or more");
  }
  RETURN_IF_ERROR(ValidateBookmark(unparsed.bookmark(), "unparsed.bookmark"));
  return unparsed;
}

}  // namespace

absl::StatusOr<StreamMessage> ReadStreamMessage(std::string_view bytes) {
  int kind = 0;
  int count = 0;
  std::string_view body;
  const bool readable = ForEachField(bytes, IgnoreVarint, [&](int field, std::string_view value) {
    if (field > v1::StreamEventsRequest::kCloseFieldNumber) return;
    kind = field;
    body = value;
    ++count;
  });
  if (!readable) return Unreadable("the message");
  if (count != 1) {
    return InvalidField("message", "exactly one of hello, batch, skipped, unparsed or close must be set");
  }
  switch (kind) {
    case v1::StreamEventsRequest::kHelloFieldNumber:
      return ReadHello(body);
    case v1::StreamEventsRequest::kBatchFieldNumber:
      return ReadBatch(body);
    case v1::StreamEventsRequest::kSkippedFieldNumber:
      return ReadSkipped(body);
    case v1::StreamEventsRequest::kUnparsedFieldNumber:
      return ReadUnparsed(body);
    default:
      return Parse<v1::Close>(body, "close");
  }
}

absl::StatusOr<std::vector<std::string_view>> ReadTrackEvents(std::string_view bytes) {
  std::vector<std::string_view> events;
  const bool readable = ForEachField(bytes, IgnoreVarint, [&](int field, std::string_view value) {
    if (field == v1::TrackEventsRequest::kEventsFieldNumber) events.push_back(value);
  });
  if (!readable) return Unreadable("the request");
  RETURN_IF_ERROR(ValidateEvents(events, "events"));
  return events;
}

}  // namespace donut::collector
