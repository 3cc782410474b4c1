#include "tests/query_service/both_engines.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"

namespace donut::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Calls `visit` for each message field that is set.
template <typename Visit>
void ForEachMessage(Message& message, const Visit& visit) {
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (!field->is_repeated()) {
      visit(*reflection.MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      visit(*reflection.MutableRepeatedMessage(&message, field, i));
    }
  }
}

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

std::string EngineDifference(const Message& by_sql, const Message& by_history) {
  const std::unique_ptr<Message> sql(by_sql.New());
  const std::unique_ptr<Message> history(by_history.New());
  sql->CopyFrom(by_sql);
  history->CopyFrom(by_history);
  ClearEngine(*sql);
  ClearEngine(*history);
  // Bytes, not doubles that compare equal.
  if (sql->SerializeAsString() == history->SerializeAsString()) return "";
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  differencer.Compare(*sql, *history);
  return absl::StrCat("SQL and histories differ:\n", report.empty() ? "in a bit of a number" : report);
}

}  // namespace donut::testing
