#include "query_service/metrics/funnel_question.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::StatusOr<query::FunnelQuestion> Resolve(const std::string& text) {
  v1::GetFunnelRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return query::ResolveFunnel(request, {{1, "default", "UTC"}, At("2024-06-15 12:00:00")});
}

struct Refusal {
  std::string request;
  std::string field;
  std::string rule;
};

TEST(FunnelQuestionTest, RefusesWithTheFieldAndTheRule) {
  const std::string long_name(201, 'x');
  std::string steps_21, names_21;
  for (int i = 0; i < 21; ++i) {
    absl::StrAppend(&steps_21, "steps { any_event: true } ");
    absl::StrAppend(&names_21, "event_names: 'n", i, "' ");
  }
  const std::vector<Refusal> refusals = {
      {"", "steps:", "1 to 20"},
      {steps_21, "steps:", "1 to 20"},
      {"steps { any_event: true } steps { }", "steps[1].event_names:", "must have a name"},
      {"steps { any_event: true event_names: 'a' }", "steps[0].any_event:", "must not be set"},
      {"steps { event_names: '' }", "steps[0].event_names[0]:", "empty"},
      {"steps { event_names: 'a' event_names: 'a' }", "steps[0].event_names[1]:", "differ"},
      {"steps { event_names: '" + long_name + "' }", "steps[0].event_names[0]:", "200 bytes"},
      {"steps { " + names_21 + "}", "steps[0].event_names:", "at most 20"},
      {"steps { any_event: true label: '" + long_name + "' }", "steps[0].label:", "200 bytes"},
      {"steps { any_event: true } window { seconds: 0 }", "window:", "1 microsecond"},
      {"steps { any_event: true } window { nanos: 999 }", "window:", "1 microsecond"},
      {"steps { any_event: true } window { seconds: -1 }", "window:", "1 microsecond"},
      {"steps { any_event: true } window { seconds: 31622400 nanos: 1 }", "window:", "366 days"},
      {"steps { any_event: true } window { seconds: 1 nanos: -1 }", "window", ""},
      {"steps { any_event: true } actor: 7", "actor:", "ACTOR_USER"},
      {"steps { any_event: true } scope { time_zone: 'Mars/Olympus' }", "scope.time_zone:", ""},
      {"steps { any_event: true } scope { interval { end_date: '2024-01-01' } }", "scope.interval", ""},
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_THAT(Resolve(refusal.request), StatusIs(absl::StatusCode::kInvalidArgument,
                                                   AllOf(HasSubstr(refusal.field), HasSubstr(refusal.rule))))
        << refusal.request;
  }
}

TEST(FunnelQuestionTest, TakesTheLimitsThemselves) {
  std::string request = "window { seconds: 31622400 } ";
  for (int i = 0; i < 20; ++i)
    absl::StrAppend(&request, "steps { event_names: '", std::string(200, 'x'), "' } ");
  EXPECT_OK(Resolve(request));
  EXPECT_OK(Resolve("steps { any_event: true } window { nanos: 1000 }"));
}

}  // namespace
}  // namespace donut::testing
