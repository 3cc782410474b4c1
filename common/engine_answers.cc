#include "common/engine_answers.h"

#include <memory>
#include <vector>

#include "google/protobuf/util/message_differencer.h"

namespace donut {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

std::vector<const FieldDescriptor*> MessageFieldsOf(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  std::vector<const FieldDescriptor*> of_messages;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map())
      of_messages.push_back(field);
  }
  return of_messages;
}

// Calls `visit` for each message field that is set.
template <typename Visit>
void ForEachMessage(Message& message, const Visit& visit) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (const FieldDescriptor* field : MessageFieldsOf(message)) {
    if (!field->is_repeated()) {
      visit(*reflection.MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      visit(*reflection.MutableRepeatedMessage(&message, field, i));
    }
  }
}

// Notes the first place that is reported, without values.
class FirstPlace final : public MessageDifferencer::Reporter {
  using Path = std::vector<MessageDifferencer::SpecificField>;

 public:
  void ReportAdded(const Message&, const Message&, const Path& path) override { Note(path); }
  void ReportDeleted(const Message&, const Message&, const Path& path) override { Note(path); }
  void ReportModified(const Message&, const Message&, const Path& path) override { Note(path); }

  const std::string& place() const { return place_; }

 private:
  void Note(const Path& path) {
    if (!place_.empty()) return;
    for (const MessageDifferencer::SpecificField& step : path) {
      if (!place_.empty()) place_ += '.';
      place_ += step.field == nullptr ? "?" : step.field->name();
      if (step.index >= 0) place_ += "[" + std::to_string(step.index) + "]";
    }
  }

  std::string place_;
};

}  // namespace

void SetEngine(v1::Engine engine, Message& request) {
  if (request.GetDescriptor() == v1::Scope::descriptor()) {
    static_cast<v1::Scope&>(request).set_engine(engine);
    return;
  }
  const FieldDescriptor* const scope = request.GetDescriptor()->FindFieldByName("scope");
  if (scope != nullptr && scope->message_type() == v1::Scope::descriptor()) {
    SetEngine(engine, *request.GetReflection()->MutableMessage(&request, scope));
    return;
  }
  ForEachMessage(request, [engine](Message& one) { SetEngine(engine, one); });
}

void ClearEngine(Message& answer) {
  if (answer.GetDescriptor() == v1::ResolvedScope::descriptor()) {
    auto& scope = static_cast<v1::ResolvedScope&>(answer);
    scope.clear_engine();
    scope.clear_engine_reason();
    scope.clear_unpacked_event_count();
    return;
  }
  ForEachMessage(answer, [](Message& one) { ClearEngine(one); });
}

bool HasAnswerOfHistories(const Message& answer) {
  if (answer.GetDescriptor() == v1::ResolvedScope::descriptor()) {
    return static_cast<const v1::ResolvedScope&>(answer).engine() == v1::ENGINE_HISTORY;
  }
  // A scope stands near the top of an answer or of a part of it, never in a list of many.
  const google::protobuf::Reflection& reflection = *answer.GetReflection();
  for (const FieldDescriptor* field : MessageFieldsOf(answer)) {
    if (field->is_repeated()) continue;
    if (HasAnswerOfHistories(reflection.GetMessage(answer, field))) return true;
  }
  return false;
}

std::string FirstDifference(const Message& by_sql, const Message& by_history) {
  const std::unique_ptr<Message> sql(by_sql.New());
  const std::unique_ptr<Message> history(by_history.New());
  sql->CopyFrom(by_sql);
  history->CopyFrom(by_history);
  ClearEngine(*sql);
  ClearEngine(*history);
  // Bytes, not doubles that compare equal.
  if (sql->SerializeAsString() == history->SerializeAsString()) return "";
  FirstPlace first;
  MessageDifferencer differencer;
  differencer.ReportDifferencesTo(&first);
  differencer.Compare(*sql, *history);
  return first.place().empty() ? "a bit of a number" : first.place();
}

}  // namespace donut
