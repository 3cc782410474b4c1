// The few pieces of protobuf's wire format that the delivery queue writes itself, so that events
// are copied and not encoded again: tags, lengths, and frames (an EventBatch's `events` field: tag, length,
// event). No state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/event_tags.h"
#include "google/protobuf/io/coded_stream.h"

namespace donut::wire {

// Field number * 8 + wire type. A test holds them against the generated code.
inline constexpr uint8_t kRequestBatchTag = 0x12;
inline constexpr uint8_t kRequestUnparsedTag = 0x22;
inline constexpr uint8_t kBatchFirstSequenceTag = 0x08;
inline constexpr uint8_t kBatchEventsTag = 0x12;
inline constexpr uint8_t kBatchBookmarkTag = 0x1a;
inline constexpr uint8_t kUnparsedSequenceTag = 0x08;
inline constexpr uint8_t kUnparsedBookmarkTag = 0x22;

inline size_t VarintBytes(uint64_t number) {
  return google::protobuf::io::CodedOutputStream::VarintSize64(number);
}
inline size_t DelimitedBytes(size_t bytes) { return 1 + VarintBytes(bytes) + bytes; }

// Returns the place behind what was written.
inline char* WriteHeader(uint8_t tag, size_t bytes, char* out) {
  auto* at = reinterpret_cast<uint8_t*>(out);
  *at++ = tag;
  return reinterpret_cast<char*>(google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(bytes, at));
}

inline void AppendHeader(uint8_t tag, size_t bytes, std::string& out) {
  char header[16];
  out.append(header, WriteHeader(tag, bytes, header) - header);
}
inline void AppendVarintField(uint8_t tag, int64_t number, std::string& out) {
  AppendHeader(tag, static_cast<size_t>(number), out);
}
inline void AppendBytesField(uint8_t tag, const std::string& bytes, std::string& out) {
  AppendHeader(tag, bytes.size(), out);
  out += bytes;
}

// Reads a varint that was written by this library and moves `at` behind it.
inline uint64_t ReadVarint(const uint8_t*& at) {
  uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = *at++;
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return number;
}

// The size of a whole frame, and the name of the event in it.
inline size_t FrameBytes(const char* frame) {
  const auto* start = reinterpret_cast<const uint8_t*>(frame);
  const uint8_t* at = start + 1;
  const uint64_t event_bytes = ReadVarint(at);
  return static_cast<size_t>(at - start) + event_bytes;
}
inline std::string NameInFrame(const char* frame) {
  const uint8_t* at = reinterpret_cast<const uint8_t*>(frame) + 1;
  const uint64_t event_bytes = ReadVarint(at);
  if (event_bytes < 2 || *at != event_tags::kName) return "";
  ++at;
  const uint64_t name_bytes = ReadVarint(at);
  return {reinterpret_cast<const char*>(at), name_bytes < event_bytes ? name_bytes : 0};
}

}  // namespace donut::wire
