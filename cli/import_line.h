// One line of JSON becomes an event. The mapping says which keys hold what; every other key, and what the
// properties hold, becomes a property, so that nothing is lost. Not thread-safe (it keeps the parser's
// buffers).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/event_bytes.h"
#include "cli/json_event.h"
#include "cli/record_parser.h"
#include "simdjson.h"

namespace donut::cli {

// Where each part of an event stands in a line: a top-level key, or a dotted path such as
// "properties.session_id". Empty: the usual names, the first that is there:
//   user, user_id, distinct_id | event, event_name, name | time, timestamp, event_time |
//   session, session_id | properties, props | user_properties
struct FieldMapping {
  std::string user = {};
  std::string event = {};
  std::string time = {};
  std::string session = {};
  std::string properties = {};
  std::string user_properties = {};

  // The same text for the same mapping: part of an import's identity.
  std::string Fingerprint() const;
};

class LineParser : public RecordParser {
 public:
  explicit LineParser(const FieldMapping& mapping);

  absl::Status Parse(std::string_view line, EventBytes& event) override;
  bool MayBeUnfinished(const absl::Status& failure) const override;
  bool BeginsADocument(std::string_view first_line) const override;
  std::string Advice(const std::string& path, std::string_view first_line,
                     const absl::Status& failure) const override;

 private:
  enum Field : size_t { kUser, kEvent, kTime, kSession, kProperties, kUserProperties, kFieldCount };
  // A place where a field may stand; of several, the one with the lower rank counts.
  struct Candidate {
    Field field;
    size_t rank;
    JsonPath path;
  };
  struct Found {
    simdjson::dom::element element;
    const Candidate* candidate = nullptr;  // null: not there
    std::string name() const;
  };

  void AddField(Field field, const std::string& chosen, const std::vector<std::string>& usual);
  void Find(simdjson::dom::object line);
  absl::Status Missing(const char* what, Field field) const;
  bool IsTaken(std::string_view key) const;
  absl::Status WriteProperties(simdjson::dom::object line, EventBytes& event);
  absl::Status WriteUserProperties(EventBytes& event);
  // The members of the object that holds the properties, or those of the user.
  absl::Status WriteMembersOf(const Found& properties, EventBytes& event);
  absl::Status WriteProperty(const simdjson::dom::key_value_pair& member, const JsonPlace& place,
                             EventBytes& event);

  std::vector<Candidate> candidates_;
  std::array<std::string, kFieldCount> looked_for_;  // "user, user_id, distinct_id", for messages
  simdjson::dom::parser parser_;

  // Of the current line.
  std::string line_;
  std::array<Found, kFieldCount> found_;
  std::vector<JsonPath> taken_inside_;  // the dotted ones
  std::vector<std::string_view> keys_;
};

}  // namespace donut::cli
