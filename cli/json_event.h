// From JSON, as people write it, to an event's properties and time: shared by track and
// import. simdjson stays behind this and import_line.cc.
// Errors are INVALID_ARGUMENT whose message names the place and the rule, never a value. Plain functions,
// thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "simdjson.h"

namespace donut::cli {

// The keys from the top to one value: {"properties", "session_id"}.
using JsonPath = std::vector<std::string>;

// Adds the object's members to `properties`, apart from those at `left_out`. A key that is
// there already is an error. `at` is the object's own path, for messages and for left_out.
absl::Status AddMembers(simdjson::dom::object object, const JsonPath& at,
                        const std::vector<JsonPath>& left_out, google::protobuf::Struct& properties);

// One value. `depth` is the nesting of the object or list that holds it, from 1.
absl::Status ToValue(simdjson::dom::element element, const JsonPath& at, int depth,
                     google::protobuf::Value& value);

// A whole JSON object.
absl::Status AddJsonProperties(const std::string& json, google::protobuf::Struct& properties);

// "key=value": a value that is a JSON number, true, false, null, a quoted string, a list or an object is
// that; anything else is a string as it stands.
absl::Status AddProperty(const std::string& assignment, google::protobuf::Struct& properties);

// RFC 3339 with a zone ("2024-01-31T05:00:00Z", "2024-01-31 05:00:00.5+01:00").
absl::StatusOr<absl::Time> ParseRfc3339(const std::string& text);

// Unix seconds, or milliseconds from 10^11 on (1973).
absl::StatusOr<absl::Time> FromUnixNumber(double number);

}  // namespace donut::cli
