// From JSON, as people write it, to an event's properties: shared by track and import. simdjson stays behind
// this and import_line.cc.
// Errors are INVALID_ARGUMENT whose message names the place and the rule, never a value. Plain functions,
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/event_bytes.h"
#include "google/protobuf/struct.pb.h"
#include "simdjson.h"

namespace donut::cli {

// The keys from the top to one value: {"properties", "session_id"}.
using JsonPath = std::vector<std::string>;

// The same while a value is walked over: each step knows the one above it.
struct JsonPlace {
  const JsonPlace* above = nullptr;
  std::string_view key = {};

  // "properties.session_id".
  std::string name() const;
  bool Is(const JsonPath& path) const;
};

// One value, within an open member. `depth` is the nesting of the object or list that holds it, from 1. Of an
// object, at any depth, the members at `left_out` are left out. Of a key that comes twice the later one
// counts.
absl::Status WriteValue(simdjson::dom::element element, const JsonPlace& at, int depth,
                        const std::vector<JsonPath>& left_out, EventBytes& out);

// A whole JSON object.
absl::Status AddJsonProperties(const std::string& json, google::protobuf::Struct& properties);

// "key=value": a value that is a JSON number, true, false, null, a quoted string, a list or an object is
// that; anything else is a string as it stands.
absl::Status AddProperty(const std::string& assignment, google::protobuf::Struct& properties);

}  // namespace donut::cli
