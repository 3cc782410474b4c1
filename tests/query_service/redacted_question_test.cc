#include "query_service/redacted_question.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/query.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace donut::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedactedQuestionTest, KeepsKeysAndStructureAndNoValue) {
  v1::GetFunnelRequest request;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(scope {
             interval { start_date: "2024-01-01" }
             filter {
               all_of {
                 condition {
                   user_property: "email"
                   equals { string_value: "ann@example.com" }
                 }
               }
               all_of {
                 condition {
                   event_property: "age"
                   in {
                     values { number_value: 42 }
                     values { number_value: 43 }
                   }
                 }
               }
             }
           }
           steps { event_names: "opened" label: "Ann opens" }
           window { seconds: 3600 })pb",
      &request));
  EXPECT_EQ(query::RedactedQuestion(request),
            R"({"scope":{"interval":{"start_date":"2024-01-01"},"filter":{"all_of":[{"condition":)"
            R"({"user_property":"email","equals":"a text"}},{"condition":{"event_property":"age",)"
            R"("in":["2 values"]}}]}},"steps":[{"event_names":["opened"],"label":"a text"}],)"
            R"("window":"3600s"})");
}

constexpr char kSecret[] = "secret-";

// Sets every text, and every number that may be an id, in the message and in one of each that it can hold.
void FillWithSecrets(Message& message, int depth) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    const std::string secret = absl::StrCat(kSecret, field->name(), "-");
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      field->is_repeated() ? reflection.AddString(&message, field, secret)
                           : reflection.SetString(&message, field, secret);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 && !field->is_repeated()) {
      reflection.SetInt64(&message, field, 77'777);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth > 0 && !field->is_map()) {
      if (field->message_type()->full_name() == "google.protobuf.Struct") continue;
      const bool is_time = field->message_type()->full_name() == "google.protobuf.Timestamp" ||
                           field->message_type()->full_name() == "google.protobuf.Duration";
      if (is_time) continue;
      FillWithSecrets(field->is_repeated() ? *reflection.AddMessage(&message, field)
                                           : *reflection.MutableMessage(&message, field),
                      depth - 1);
    }
  }
}

TEST(RedactedQuestionTest, HasNoOtherTextOfAnyRequestThanThoseThatAreListed) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "donut.analytics.v1.QueryService");
  ASSERT_NE(service, nullptr);
  std::set<std::string> shown;
  for (int i = 0; i < service->method_count(); ++i) {
    const std::unique_ptr<Message> request(google::protobuf::MessageFactory::generated_factory()
                                               ->GetPrototype(service->method(i)->input_type())
                                               ->New());
    FillWithSecrets(*request, 6);
    const std::string redacted = query::RedactedQuestion(*request);
    EXPECT_THAT(redacted, Not(HasSubstr("77777"))) << redacted;
    for (size_t at = redacted.find(kSecret); at != std::string::npos; at = redacted.find(kSecret, at + 1)) {
      const size_t name = at + sizeof(kSecret) - 1;
      shown.insert(redacted.substr(name, redacted.find('-', name) - name));
    }
  }
  for (const char* never : {"user_id", "session_id", "session", "page_token", "label", "text", "regex",
                            "string_value", "prefix"}) {
    EXPECT_EQ(shown.count(never), 0u) << never;
  }
  // A fair part of the question is still there.
  for (const char* always : {"event_names", "time_zone", "end_date"})
    EXPECT_EQ(shown.count(always), 1u) << always;
}

TEST(RedactedQuestionTest, CutsWhatIsTooLongForALine) {
  v1::GetActiveUsersRequest request;
  for (int i = 0; i < 1000; ++i) request.add_event_names(absl::StrCat("event number ", i));
  EXPECT_EQ(query::RedactedQuestion(request).size(), query::kMaxRedactedBytes + 3);
}

}  // namespace
}  // namespace donut::testing
