// The README's grpcurl lines, run as they are printed. They need no proto files:
// everything comes by reflection.
#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>

#include "absl/strings/str_replace.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"
#include "donut/analytics/v1/query.pb.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"

namespace donut::testing {
namespace {

// Each command that begins with grpcurl inside a code block, with its continued lines.
std::vector<std::string> GrpcurlCommands(const std::string& readme) {
  std::vector<std::string> commands;
  std::istringstream lines(readme);
  std::string line;
  bool in_code = false;
  bool in_command = false;
  bool in_quotes = false;  // a JSON text over several lines
  while (std::getline(lines, line)) {
    if (line.rfind("```", 0) == 0) in_code = !in_code;
    if (!in_code) continue;
    if (!in_command && line.rfind("grpcurl ", 0) == 0) {
      commands.emplace_back();
      in_command = true;
    }
    if (!in_command) continue;
    commands.back() += line + "\n";
    if (std::count(line.begin(), line.end(), '\'') % 2 == 1) in_quotes = !in_quotes;
    in_command = in_quotes || (!line.empty() && line.back() == '\\');
  }
  return commands;
}

std::set<std::string> AllMethods() {
  std::set<std::string> methods;
  for (const google::protobuf::ServiceDescriptor* service :
       {google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            "donut.analytics.v1.EventCollectorService"),
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            "donut.analytics.v1.QueryService")}) {
    for (int i = 0; i < service->method_count(); ++i) {
      methods.insert(service->full_name() + "/" + service->method(i)->name());
    }
  }
  return methods;
}

TEST(ReadmeTest, HasAnExampleOfEveryRpcThatWorksAsPrinted) {
  // Links the descriptors in.
  v1::TrackEventsRequest::descriptor();
  v1::GetFunnelRequest::descriptor();
  if (std::system("command -v grpcurl > /dev/null") != 0) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << "CI needs grpcurl";
    GTEST_SKIP()
        << "LEFT OUT: grpcurl is not on PATH (go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3)";
  }
  Deployment deployment;
  std::set<std::string> without_example = AllMethods();
  const std::vector<std::string> commands = GrpcurlCommands(ReadFile(DONUT_SOURCE_FOLDER "/README.md"));
  EXPECT_GE(commands.size(), without_example.size());
  for (const std::string& command : commands) {
    const std::string here =
        absl::StrReplaceAll(command, {{"127.0.0.1:50051", deployment.collector_address()},
                                      {"127.0.0.1:50052", deployment.query_address()}});
    const Deployment::Result result = deployment.Run({"sh", "-c", here});
    EXPECT_EQ(result.exit_code, 0) << command << result.out << result.err;
    for (auto method = without_example.begin(); method != without_example.end();) {
      method = command.find(*method) != std::string::npos ? without_example.erase(method) : std::next(method);
    }
  }
  EXPECT_TRUE(without_example.empty()) << "no example of " << *without_example.begin();
}

// The text of the README's code block that holds `marker`, and of the next one.
std::pair<std::string, std::string> CodeAndOutput(const std::string& readme, const std::string& marker) {
  const std::string fence = "```";
  const size_t begin = readme.find('\n', readme.rfind(fence, readme.find(marker))) + 1;
  const size_t end = readme.find(fence, begin);
  const size_t output_begin = readme.find('\n', readme.find(fence, end + fence.size())) + 1;
  return {readme.substr(begin, end - begin),
          readme.substr(output_begin, readme.find(fence, output_begin) - output_begin)};
}

TEST(ReadmeTest, ImportsItsCsvFileAsItSays) {
  Deployment deployment;
  const auto [code, output] = CodeAndOutput(ReadFile(DONUT_SOURCE_FOLDER "/README.md"), "cat > orders.csv");
  const std::string donut = Program("donut");
  const std::string place =
      "cd " + deployment.folder() + "; PATH=" + donut.substr(0, donut.rfind('/')) + ":$PATH; ";
  const Deployment::Result result = deployment.Run({"sh", "-c", place + code});
  EXPECT_EQ(result.exit_code, 3) << result.out << result.err;
  std::istringstream lines(output);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    // What is behind a semicolon is how long it took.
    const std::string expected = line.substr(0, line.find(';'));
    EXPECT_NE((result.out + result.err).find(expected), std::string::npos) << expected << "\nnot in\n"
                                                                           << result.out << result.err;
  }
  EXPECT_EQ(count, 3);
  EXPECT_EQ(
      deployment.Sql(
          "SELECT sum((properties->>'Amount')::numeric) || ' ' || min(event_time) FROM analytics_events"),
      "49.5 2024-03-01 08:30:00+00");
}

}  // namespace
}  // namespace donut::testing
