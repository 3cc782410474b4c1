#include "tests/support/expected_answer.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"

namespace donut::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

constexpr double kTolerance = 1e-9;

std::string Show(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  return google::protobuf::util::MessageToJsonString(message, &text, options).ok() ? text
                                                                                   : message.DebugString();
}

// Have a JSON form of their own.
bool IsWellKnown(const Message& message) {
  return absl::StartsWith(message.GetDescriptor()->full_name(), "google.protobuf.");
}

// One value of a field: the field itself, or one element of a repeated one.
json ScalarOf(const Message& message, const FieldDescriptor& field, int element) {
  const Reflection& reflection = *message.GetReflection();
  const bool one = element < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? reflection.GetInt32(message, &field)
                 : reflection.GetRepeatedInt32(message, &field, element);
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? reflection.GetInt64(message, &field)
                 : reflection.GetRepeatedInt64(message, &field, element);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return one ? reflection.GetDouble(message, &field)
                 : reflection.GetRepeatedDouble(message, &field, element);
    case FieldDescriptor::CPPTYPE_BOOL:
      return one ? reflection.GetBool(message, &field) : reflection.GetRepeatedBool(message, &field, element);
    case FieldDescriptor::CPPTYPE_STRING:
      return one ? reflection.GetString(message, &field)
                 : reflection.GetRepeatedString(message, &field, element);
    case FieldDescriptor::CPPTYPE_ENUM:
      return one ? reflection.GetEnum(message, &field)->name()
                 : reflection.GetRepeatedEnum(message, &field, element)->name();
    default:
      return absl::StrCat("a value of type ", field.cpp_type_name(), ", which is not compared");
  }
}

bool AreSame(const json& expected, const json& got) {
  if (!expected.is_number() || !got.is_number()) return expected == got;
  const auto size = std::abs(got.get<double>());
  return std::abs(expected.get<double>() - got.get<double>()) <= kTolerance * std::max(1.0, size);
}

class Comparison {
 public:
  void CompareMessage(const json& expected, const Message& message, const std::string& path) {
    if (IsWellKnown(message)) return CompareWellKnown(expected, message, path);
    if (!expected.is_object()) return Differ(path, expected.dump(), Show(message));
    for (const auto& [name, value] : expected.items()) {
      const std::string place = path.empty() ? name : absl::StrCat(path, ".", name);
      const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
      if (field == nullptr) {
        differences_.push_back(
            absl::StrCat(place, ": ", message.GetDescriptor()->name(), " has no such field"));
      } else if (field->is_repeated()) {
        CompareList(value, message, *field, place);
      } else {
        CompareField(value, message, *field, place);
      }
    }
  }

  std::vector<std::string> Take() { return std::move(differences_); }

 private:
  void Differ(const std::string& path, const std::string& expected, const std::string& got) {
    differences_.push_back(absl::StrCat(path, ": expected ", expected, ", got ", got));
  }

  void CompareWellKnown(const json& expected, const Message& message, const std::string& path) {
    const std::unique_ptr<Message> wanted(message.New());
    if (!google::protobuf::util::JsonStringToMessage(expected.dump(), wanted.get()).ok()) {
      return Differ(path, absl::StrCat(expected.dump(), " (no ", message.GetDescriptor()->name(), ")"),
                    Show(message));
    }
    if (google::protobuf::util::MessageDifferencer::Equals(*wanted, message)) return;
    Differ(path, expected.dump(), Show(message));
  }

  void CompareField(const json& expected, const Message& message, const FieldDescriptor& field,
                    const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const bool absent = field.has_presence() && !reflection.HasField(message, &field);
    const auto got = [&] {
      if (absent) return std::string("nothing");
      return is_message ? Show(reflection.GetMessage(message, &field)) : ScalarOf(message, field, -1).dump();
    };
    if (expected.is_null()) {
      if (!field.has_presence()) return Differ(path, "nothing (but it is always there)", got());
      return absent ? void() : Differ(path, "nothing", got());
    }
    if (absent) return Differ(path, expected.dump(), "nothing");
    if (is_message) return CompareMessage(expected, reflection.GetMessage(message, &field), path);
    if (!AreSame(expected, ScalarOf(message, field, -1))) Differ(path, expected.dump(), got());
  }

  void CompareList(const json& expected, const Message& message, const FieldDescriptor& field,
                   const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!expected.is_array()) return Differ(path, expected.dump(), "a list");
    if (static_cast<int>(expected.size()) != size) {
      std::string got;
      for (int i = 0; i < size; ++i) {
        absl::StrAppend(&got, got.empty() ? ": " : ", ",
                        is_message ? Show(reflection.GetRepeatedMessage(message, &field, i))
                                   : ScalarOf(message, field, i).dump());
      }
      return Differ(path, absl::StrCat(expected.size(), " elements"), absl::StrCat(size, got));
    }
    for (int i = 0; i < size; ++i) {
      const std::string place = absl::StrCat(path, "[", i, "]");
      if (is_message) {
        CompareMessage(expected[i], reflection.GetRepeatedMessage(message, &field, i), place);
      } else if (!AreSame(expected[i], ScalarOf(message, field, i))) {
        Differ(place, expected[i].dump(), ScalarOf(message, field, i).dump());
      }
    }
  }

  std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> Differences(const json& expected, const Message& answer) {
  Comparison comparison;
  comparison.CompareMessage(expected, answer, "");
  return comparison.Take();
}

}  // namespace donut::testing
