#include "query_service/redacted_question.h"

#include <memory>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"

namespace donut::query {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Value;

constexpr char kSomeText[] = "a text";

// The texts that say which question it is. Those of a field that is not here are left out, so a new field is
// until somebody thought about it.
bool IsAboutTheQuestion(const FieldDescriptor& field) {
  static const std::set<std::string>& names = *new std::set<std::string>{
      "cohort",         "cohort_date",       "date",        "end_date",      "event_names",
      "event_property", "hold_constant",     "nested_keys", "property",      "return_event_names",
      "start_date",     "start_event_names", "time_zone",   "user_property", "value_property"};
  return names.count(field.name()) > 0;
}

void RedactValue(Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      value.set_string_value(kSomeText);
      break;
    case Value::kNumberValue:
      value.set_string_value("a number");
      break;
    case Value::kBoolValue:
      value.set_string_value("a boolean");
      break;
    case Value::kListValue:
    case Value::kStructValue:
      value.set_string_value("a list or an object");
      break;
    default:
      break;
  }
}

void RedactList(google::protobuf::ListValue& list) {
  const int count = list.values_size();
  list.clear_values();
  list.add_values()->set_string_value(absl::StrCat(count, count == 1 ? " value" : " values"));
}

void RedactText(const FieldDescriptor& field, Message& message) {
  if (IsAboutTheQuestion(field)) return;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    reflection.SetString(&message, &field, kSomeText);
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    reflection.SetRepeatedString(&message, &field, i, kSomeText);
  }
}

// Requests are read to a depth that protobuf limits.
void RedactMessage(Message& message) {
  const google::protobuf::Descriptor* const type = message.GetDescriptor();
  if (type == google::protobuf::Timestamp::descriptor() || type == google::protobuf::Duration::descriptor()) {
    return;
  }
  if (type == Value::descriptor()) return RedactValue(static_cast<Value&>(message));
  if (type == google::protobuf::ListValue::descriptor()) {
    return RedactList(static_cast<google::protobuf::ListValue&>(message));
  }
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        RedactText(*field, message);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        // The id of a session or a user.
        reflection.ClearField(&message, field);
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (!field->is_repeated()) {
          RedactMessage(*reflection.MutableMessage(&message, field));
          break;
        }
        for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
          RedactMessage(*reflection.MutableRepeatedMessage(&message, field, i));
        }
        break;
      default:
        // Options and small numbers.
        break;
    }
  }
}

}  // namespace

std::string RedactedQuestion(const Message& request) {
  const std::unique_ptr<Message> redacted(request.New());
  redacted->CopyFrom(request);
  RedactMessage(*redacted);
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(*redacted, &json, options).ok())
    return "cannot be written";
  if (json.size() > kMaxRedactedBytes) {
    json.resize(kMaxRedactedBytes);
    json += "...";
  }
  return json;
}

}  // namespace donut::query
