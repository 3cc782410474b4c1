// Every case of the .cases files of this folder is a test: FunnelCases.APurchaseBeforeTheSignup... is in
// funnel.cases. tests/support/case_file.h tells how they are written. "Now" is 15 June 2024, 12:00 UTC.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/query.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/query_service/named_metric.h"
#include "tests/support/case_file.h"
#include "tests/support/expected_answer.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Message;
using ::testing::HasSubstr;

class MetricCaseTest : public MetricTest {
 public:
  explicit MetricCaseTest(MetricCase metric_case) : case_(std::move(metric_case)) {}

 protected:
  void TestBody() override {
    Load(case_.history, case_.time_zone);
    for (const CaseQuestion& question : case_.questions) Try(question);
  }

 private:
  void Try(const CaseQuestion& question) {
    const absl::StatusOr<std::unique_ptr<Message>> request = ReadRequest(question.rpc, question.request);
    if (!request.ok()) return Fail(question.line, request.status().ToString());
    const absl::StatusOr<std::unique_ptr<Message>> answer = AskBoth<std::unique_ptr<Message>>(
        **request,
        [&](const Message& asked, const query::QueryContext& context, pqxx::transaction_base& transaction) {
          return AskMetric(question.rpc, asked, context, transaction);
        });
    if (!question.error_code.empty()) return TryError(question, answer.status());
    if (!answer.ok()) return Fail(question.answer_line, absl::StrCat("got ", answer.status().ToString()));
    const std::vector<std::string> differences = Differences(question.expected, **answer);
    if (!differences.empty()) Fail(question.answer_line, absl::StrJoin(differences, "\n  "));
  }

  void TryError(const CaseQuestion& question, const absl::Status& status) {
    const std::string message(status.message());
    if (absl::StatusCodeToString(status.code()) == question.error_code &&
        message.find(question.error_text) != std::string::npos) {
      return;
    }
    Fail(question.answer_line, absl::StrCat("expected ", question.error_code, " with \"", question.error_text,
                                            "\", got ", status.ToString()));
  }

  void Fail(int line, const std::string& what) {
    ADD_FAILURE_AT(case_.file.c_str(), line) << "case: " << case_.name << "\n  " << what;
  }

  const MetricCase case_;
};

class UnreadableCasesTest : public MetricTest {
 public:
  explicit UnreadableCasesTest(std::string what) : what_(std::move(what)) {}

 protected:
  void TestBody() override { FAIL() << what_; }

 private:
  const std::string what_;
};

std::string Read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

template <typename Test, typename Content>
void Register(const std::string& suite, const std::string& name, const std::string& file, int line,
              const Content& content) {
  ::testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, file.c_str(), line,
                          [content]() -> MetricTest* { return new Test(content); });
}

void RegisterFile(const fs::path& path) {
  const std::string suite =
      TestNameOf(absl::StrReplaceAll(path.filename().string(), {{"_", " "}, {".", " "}}));
  const absl::StatusOr<std::vector<MetricCase>> cases = ReadCases(path.string(), Read(path));
  if (!cases.ok()) {
    Register<UnreadableCasesTest>(suite, "CanBeRead", path.string(), 1,
                                  std::string(cases.status().message()));
    return;
  }
  for (const MetricCase& one : *cases) {
    Register<MetricCaseTest>(suite, TestNameOf(one.name), one.file, one.line, one);
  }
}

// As TEST does: before main.
const int kRegisteredFiles = [] {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(DONUT_CASES_FOLDER)) {
    if (entry.path().extension() == ".cases") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) RegisterFile(file);
  return static_cast<int>(files.size());
}();

TEST(CaseFilesTest, AreFound) { EXPECT_GE(kRegisteredFiles, 4); }

TEST(NamedMetricTest, KnowsEveryRpc) {
  const google::protobuf::ServiceDescriptor* const service =
      v1::GetActiveUsersRequest::descriptor()->file()->pool()->FindServiceByName(
          v1::QueryService::service_full_name());
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    ASSERT_OK_AND_ASSIGN(const auto request, ReadRequest(service->method(i)->name(), "{}"));
    EXPECT_EQ(request->GetDescriptor(), service->method(i)->input_type());
  }
}

TEST(NamedMetricTest, RefusesWhatGrpcurlWouldNotTake) {
  EXPECT_THAT(ReadRequest("GetFunel", "{}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no such RPC: GetFunel")));
  EXPECT_THAT(ReadRequest("GetFunnel", R"({"step": []})"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no request of GetFunnel")));
}

}  // namespace
}  // namespace donut::testing
