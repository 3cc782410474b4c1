// One line of an imported file becomes an event. The mapping says which keys hold what;
// every other key, and what the properties hold, becomes a property, so that nothing is lost.
// Not thread-safe (it keeps the parser's buffers).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "cli/json_event.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/event.pb.h"
#include "simdjson.h"

namespace donut::cli {

// Where each part of an event stands in a line: a top-level key, or a dotted path such as
// "properties.session_id". Empty: the usual names, the first that is there:
//   user, user_id, distinct_id | event, event_name, name | time, timestamp, event_time |
//   session, session_id | properties, props
struct FieldMapping {
  std::string user = {};
  std::string event = {};
  std::string time = {};
  std::string session = {};
  std::string properties = {};

  // The same text for the same mapping: part of an import's identity.
  std::string Fingerprint() const;
};

class LineParser {
 public:
  explicit LineParser(const FieldMapping& mapping);

  // INVALID_ARGUMENT with the reason for people: which key, which rule. DATA_LOSS when the line is
  // not a whole JSON object (a line that is being written looks like that).
  absl::Status Parse(const std::string& line, v1::Event& event);

 private:
  struct Field {
    std::vector<JsonPath> candidates;
    std::string names;  // "user, user_id or distinct_id", for messages
  };
  struct Found {
    bool is_there = false;
    simdjson::dom::element element;
    const JsonPath* path = nullptr;
    std::string name() const;
  };

  static Field FieldFor(const std::string& chosen, const std::vector<std::string>& usual);
  static Found Find(simdjson::dom::element line, const Field& field);

  const Field user_, event_, time_, session_, properties_;
  simdjson::dom::parser parser_;
};

}  // namespace donut::cli
