#include "cli/import_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/time_text.h"
#include "common/limits.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

using simdjson::dom::element_type;

constexpr char kUsualUserProperties[] = "user_properties";

absl::Status Wrong(const std::string& field, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", rule));
}

absl::Status Wrong(const std::string& field, const absl::Status& rule) {
  return Wrong(field, std::string(rule.message()));
}

// A text, or an id that is written as a whole number, which is put into `digits`.
absl::StatusOr<std::string_view> TextOf(simdjson::dom::element element, std::string& digits) {
  switch (element.type()) {
    case element_type::STRING:
      return element.get_string().value_unsafe();
    case element_type::INT64:
      digits = absl::StrCat(element.get_int64().value_unsafe());
      return digits;
    case element_type::UINT64:
      digits = absl::StrCat(element.get_uint64().value_unsafe());
      return digits;
    default:
      return absl::InvalidArgumentError("must be a text or a whole number");
  }
}

absl::StatusOr<absl::Time> TimeOfElement(simdjson::dom::element element) {
  switch (element.type()) {
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return FromUnixNumber(element.get_double().value_unsafe());
    case element_type::STRING:
      return ParseTimeText(element.get_string().value_unsafe());
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
  // Came later: where nothing is said of it, the ids are those of before.
  if (!user_properties.empty()) {
    absl::StrAppend(&fingerprint, user_properties.size(), ":", user_properties);
  }
  return fingerprint;
}

LineParser::LineParser(const FieldMapping& mapping) {
  AddField(kUser, mapping.user, {"user", "user_id", "distinct_id"});
  AddField(kEvent, mapping.event, {"event", "event_name", "name"});
  AddField(kTime, mapping.time, {"time", "timestamp", "event_time"});
  AddField(kSession, mapping.session, {"session", "session_id"});
  AddField(kProperties, mapping.properties, {"properties", "props"});
  std::vector<std::string> usual = {kUsualUserProperties};
  // Whoever takes that key for something else has no user properties there.
  for (const std::string* chosen :
       {&mapping.user, &mapping.event, &mapping.time, &mapping.session, &mapping.properties}) {
    if (*chosen == kUsualUserProperties) usual.clear();
  }
  AddField(kUserProperties, mapping.user_properties, usual);
}

void LineParser::AddField(Field field, const std::string& chosen, const std::vector<std::string>& usual) {
  if (chosen.empty()) {
    for (size_t rank = 0; rank < usual.size(); ++rank) candidates_.push_back({field, rank, {usual[rank]}});
    looked_for_[field] = absl::StrJoin(usual, ", ");
    return;
  }
  // A key that has dots in it comes first.
  candidates_.push_back({field, 0, {chosen}});
  const JsonPath path = absl::StrSplit(chosen, '.');
  if (path.size() > 1) candidates_.push_back({field, 1, path});
  looked_for_[field] = chosen;
}

std::string LineParser::Found::name() const { return absl::StrJoin(candidate->path, "."); }

// Null counts as absent.
void LineParser::Find(simdjson::dom::object line) {
  found_ = {};
  for (const simdjson::dom::key_value_pair member : line) {
    for (const Candidate& candidate : candidates_) {
      if (member.key != candidate.path.front()) continue;
      Found& found = found_[candidate.field];
      if (found.candidate != nullptr && found.candidate->rank <= candidate.rank) continue;
      simdjson::dom::element element = member.value;
      bool is_there = true;
      for (size_t step = 1; is_there && step < candidate.path.size(); ++step) {
        simdjson::dom::object object;
        is_there = element.get_object().get(object) == simdjson::SUCCESS &&
                   object.at_key(candidate.path[step]).get(element) == simdjson::SUCCESS;
      }
      if (is_there && !element.is_null()) found = {element, &candidate};
    }
  }
}

absl::Status LineParser::Missing(const char* what, Field field) const {
  return Wrong(what, absl::StrCat("looked for ", looked_for_[field]));
}

absl::Status LineParser::Parse(std::string_view line, EventBytes& event) {
  line_.reserve(line.size() + simdjson::SIMDJSON_PADDING);
  line_ = line;
  simdjson::dom::element root;
  if (const auto error = parser_.parse(line_.data(), line_.size(), false).get(root);
      error != simdjson::SUCCESS) {
    return absl::DataLossError(error == simdjson::UTF8_ERROR ? "not JSON: bytes that are not UTF-8"
                               : error == simdjson::NUMBER_ERROR
                                   ? "not JSON: a number is malformed or too large"
                                   : "not JSON");
  }
  simdjson::dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS) return absl::DataLossError("not a JSON object");
  Find(object);
  const Found &name = found_[kEvent], &user = found_[kUser], &session = found_[kSession];
  if (name.candidate == nullptr) return Missing("no event name", kEvent);
  if (user.candidate == nullptr) return Missing("no user", kUser);
  if (found_[kTime].candidate == nullptr) return Missing("no time", kTime);

  std::string_view name_text;
  if (name.element.get_string().get(name_text) != simdjson::SUCCESS)
    return Wrong(name.name(), "must be a text");
  std::string user_digits, session_digits;
  const auto user_text = TextOf(user.element, user_digits);
  if (!user_text.ok()) return Wrong(user.name(), user_text.status());
  const auto time = TimeOfElement(found_[kTime].element);
  if (!time.ok()) return Wrong(found_[kTime].name(), time.status());
  absl::StatusOr<std::string_view> session_text = "";
  if (session.candidate != nullptr) session_text = TextOf(session.element, session_digits);
  if (!session_text.ok()) return Wrong(session.name(), session_text.status());

  event.StartEvent(name_text, *user_text, *session_text, *time);
  RETURN_IF_ERROR(WriteProperties(object, event));
  RETURN_IF_ERROR(WriteUserProperties(event));
  event.FinishEvent();
  if (const size_t bytes = event.bytes().size(); bytes > limits::kMaxEventBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the event is too large: ", bytes, " bytes, at most ", limits::kMaxEventBytes));
  }
  return absl::OkStatus();
}

bool LineParser::IsTaken(std::string_view key) const {
  return std::any_of(found_.begin(), found_.end(), [key](const Found& found) {
    return found.candidate != nullptr && found.candidate->path.size() == 1 && found.candidate->path[0] == key;
  });
}

absl::Status LineParser::WriteProperties(simdjson::dom::object line, EventBytes& event) {
  keys_.clear();
  taken_inside_.clear();
  for (const Found& found : found_) {
    if (found.candidate != nullptr && found.candidate->path.size() > 1) {
      taken_inside_.push_back(found.candidate->path);
    }
  }
  RETURN_IF_ERROR(WriteMembersOf(found_[kProperties], event));
  for (const simdjson::dom::key_value_pair member : line) {
    if (IsTaken(member.key)) continue;
    RETURN_IF_ERROR(WriteProperty(member, {nullptr, member.key}, event));
  }
  return absl::OkStatus();
}

absl::Status LineParser::WriteUserProperties(EventBytes& event) {
  if (found_[kUserProperties].candidate == nullptr) return absl::OkStatus();
  keys_.clear();
  event.StartUserProperties();
  return WriteMembersOf(found_[kUserProperties], event);
}

absl::Status LineParser::WriteMembersOf(const Found& properties, EventBytes& event) {
  if (properties.candidate == nullptr) return absl::OkStatus();
  simdjson::dom::object members;
  if (properties.element.get_object().get(members) != simdjson::SUCCESS) {
    return Wrong(properties.name(), "must be a JSON object");
  }
  // Where the object itself stands, for what is taken out of it.
  JsonPlace steps[limits::kMaxPropertyNesting];
  const JsonPath& path = properties.candidate->path;
  if (path.size() > std::size(steps)) return Wrong(properties.name(), "a path of too many keys");
  for (size_t i = 0; i < path.size(); ++i) steps[i] = {i == 0 ? nullptr : &steps[i - 1], path[i]};
  for (const simdjson::dom::key_value_pair member : members) {
    RETURN_IF_ERROR(WriteProperty(member, {&steps[path.size() - 1], member.key}, event));
  }
  return absl::OkStatus();
}

absl::Status LineParser::WriteProperty(const simdjson::dom::key_value_pair& member, const JsonPlace& place,
                                       EventBytes& event) {
  const bool is_taken = std::any_of(taken_inside_.begin(), taken_inside_.end(),
                                    [&place](const JsonPath& path) { return place.Is(path); });
  if (is_taken) return absl::OkStatus();
  if (std::find(keys_.begin(), keys_.end(), member.key) != keys_.end()) {
    return Wrong(std::string(member.key), "stands beside the properties and in them, or twice");
  }
  // Also bounds the search above.
  if (keys_.size() == limits::kMaxProperties) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", limits::kMaxProperties, " properties"));
  }
  keys_.push_back(member.key);
  event.OpenMember(member.key);
  RETURN_IF_ERROR(WriteValue(member.value, place, 1, taken_inside_, event));
  event.CloseMember();
  return absl::OkStatus();
}

// A whole object without a user stays without one.
bool LineParser::MayBeUnfinished(const absl::Status& failure) const {
  return failure.code() == absl::StatusCode::kDataLoss;
}

// One of a document's lines may well be readable by itself, such as an array's last.
bool LineParser::BeginsADocument(std::string_view first_line) const {
  return first_line == "[" || first_line == "{" || first_line.starts_with("[{");
}

std::string LineParser::Advice(const std::string& path, std::string_view first_line,
                               const absl::Status& failure) const {
  const std::string file = path == "-" ? "FILE" : path;
  if (first_line.starts_with('[')) {
    return absl::StrCat("One object per line is wanted: jq -c '.[]' ", file, " | donut import -");
  }
  if (first_line == "{") {
    return absl::StrCat("One object per line is wanted: jq -c . ", file, " | donut import -");
  }
  if (failure.code() == absl::StatusCode::kDataLoss) {
    return "Is it a file of JSON, one object per line? For rows of CSV: --format csv";
  }
  return "Say which keys to take: --user-field, --event-field, --time-field (donut import --help)";
}

}  // namespace donut::cli
