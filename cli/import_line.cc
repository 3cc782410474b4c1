#include "cli/import_line.h"

#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/limits.h"
#include "common/proto_time.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

using simdjson::dom::element_type;

absl::Status Wrong(const std::string& field, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", rule));
}

absl::Status Wrong(const std::string& field, const absl::Status& rule) {
  return Wrong(field, std::string(rule.message()));
}

// A text, or an id that is written as a whole number.
absl::StatusOr<std::string> TextOf(simdjson::dom::element element, const std::string& field) {
  switch (element.type()) {
    case element_type::STRING:
      return std::string(element.get_string().value_unsafe());
    case element_type::INT64:
      return absl::StrCat(element.get_int64().value_unsafe());
    case element_type::UINT64:
      return absl::StrCat(element.get_uint64().value_unsafe());
    default:
      return Wrong(field, "must be a text or a whole number");
  }
}

absl::StatusOr<absl::Time> TimeOf(simdjson::dom::element element) {
  switch (element.type()) {
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return FromUnixNumber(element.get_double().value_unsafe());
    case element_type::STRING: {
      const std::string text(element.get_string().value_unsafe());
      double number;
      if (text.find('-', 1) == std::string::npos && absl::SimpleAtod(text, &number))
        return FromUnixNumber(number);
      return ParseRfc3339(text);
    }
    default:
      return absl::InvalidArgumentError("must be an RFC 3339 text, or Unix seconds or milliseconds");
  }
}

}  // namespace

std::string FieldMapping::Fingerprint() const {
  std::string fingerprint;
  for (const std::string* field : {&user, &event, &time, &session, &properties}) {
    absl::StrAppend(&fingerprint, field->size(), ":", *field);
  }
  return fingerprint;
}

LineParser::LineParser(const FieldMapping& mapping)
    : user_(FieldFor(mapping.user, {"user", "user_id", "distinct_id"})),
      event_(FieldFor(mapping.event, {"event", "event_name", "name"})),
      time_(FieldFor(mapping.time, {"time", "timestamp", "event_time"})),
      session_(FieldFor(mapping.session, {"session", "session_id"})),
      properties_(FieldFor(mapping.properties, {"properties", "props"})) {}

LineParser::Field LineParser::FieldFor(const std::string& chosen, const std::vector<std::string>& usual) {
  Field field;
  if (chosen.empty()) {
    for (const std::string& name : usual) field.candidates.push_back({name});
    field.names = absl::StrJoin(usual, ", ");
    return field;
  }
  // A key that has dots in it comes first.
  field.candidates.push_back({chosen});
  const JsonPath path = absl::StrSplit(chosen, '.');
  if (path.size() > 1) field.candidates.push_back(path);
  field.names = chosen;
  return field;
}

std::string LineParser::Found::name() const { return absl::StrJoin(*path, "."); }

// Null counts as absent.
LineParser::Found LineParser::Find(simdjson::dom::element line, const Field& field) {
  for (const JsonPath& path : field.candidates) {
    simdjson::dom::element element = line;
    bool reached = true;
    for (const std::string& key : path) {
      simdjson::dom::object object;
      reached = element.get_object().get(object) == simdjson::SUCCESS &&
                object.at_key(key).get(element) == simdjson::SUCCESS;
      if (!reached) break;
    }
    if (reached && !element.is_null()) return {true, element, &path};
  }
  return {};
}

absl::Status LineParser::Parse(const std::string& line, v1::Event& event) {
  simdjson::dom::element root;
  if (const auto error = parser_.parse(line).get(root); error != simdjson::SUCCESS) {
    return absl::DataLossError(error == simdjson::UTF8_ERROR ? "not JSON: bytes that are not UTF-8"
                               : error == simdjson::NUMBER_ERROR
                                   ? "not JSON: a number is malformed or too large"
                                   : "not JSON");
  }
  simdjson::dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS) return absl::DataLossError("not a JSON object");

  const Found user = Find(root, user_), name = Find(root, event_), time = Find(root, time_),
              session = Find(root, session_), properties = Find(root, properties_);
  if (!name.is_there) return Wrong("no event name", absl::StrCat("looked for ", event_.names));
  if (!user.is_there) return Wrong("no user", absl::StrCat("looked for ", user_.names));
  if (!time.is_there) return Wrong("no time", absl::StrCat("looked for ", time_.names));

  event.Clear();
  std::string_view name_text;
  if (name.element.get_string().get(name_text) != simdjson::SUCCESS)
    return Wrong(name.name(), "must be a text");
  event.set_name(name_text.data(), name_text.size());
  ASSIGN_OR_RETURN(*event.mutable_user_id(), TextOf(user.element, user.name()));
  const auto when = TimeOf(time.element);
  if (!when.ok()) return Wrong(time.name(), when.status());
  *event.mutable_event_time() = ToProto(*when);
  if (session.is_there) {
    ASSIGN_OR_RETURN(*event.mutable_session_id(), TextOf(session.element, session.name()));
  }

  std::vector<JsonPath> taken;
  for (const Found* found : {&user, &name, &time, &session, &properties}) {
    if (found->is_there) taken.push_back(*found->path);
  }
  if (properties.is_there) {
    simdjson::dom::object members;
    if (properties.element.get_object().get(members) != simdjson::SUCCESS) {
      return Wrong(properties.name(), "must be a JSON object");
    }
    RETURN_IF_ERROR(AddMembers(members, *properties.path, taken, *event.mutable_properties()));
  }
  google::protobuf::Struct others;
  RETURN_IF_ERROR(AddMembers(object, {}, taken, others));
  for (auto& [key, value] : *others.mutable_fields()) {
    if (event.properties().fields().contains(key)) {
      return Wrong(key, "stands beside the properties and in them");
    }
    (*event.mutable_properties()->mutable_fields())[key].Swap(&value);
  }
  if (const size_t bytes = event.ByteSizeLong(); bytes > limits::kMaxEventBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the event is too large: ", bytes, " bytes, at most ", limits::kMaxEventBytes));
  }
  return absl::OkStatus();
}

}  // namespace donut::cli
