// Funnels at their limits: many steps, many values, and texts that look like SQL.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "query_service/metrics/funnel/funnel.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

constexpr char kLimitsScope[] = R"(scope { interval { start_date: "2024-03-01" end_date: "2024-03-11" } } )";

v1::GetFunnelRequest LimitsRequest(const std::string& text) {
  v1::GetFunnelRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

class FunnelLimitsTest : public MetricTest {
 protected:
  v1::GetFunnelResponse Funnel(const v1::GetFunnelRequest& request) {
    const absl::StatusOr<v1::GetFunnelResponse> response = Ask(query::Funnel, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetFunnelResponse();
  }
};

TEST_F(FunnelLimitsTest, TwentyStepsWithEveryOptionAreOneStatement) {
  History history;
  for (int i = 1; i <= 20; ++i) {
    history.events.push_back({At("2024-03-02 00:00:00") + absl::Minutes(i),
                              "ann",
                              "",
                              absl::StrCat("step", i),
                              1,
                              i,
                              {{"h", "1"}, {"v", "\"x\""}}});
  }
  Load(history);
  std::string text = kLimitsScope;
  for (int i = 1; i <= 20; ++i) {
    absl::StrAppend(&text, "steps { event_names: 'step", i,
                    "' filter { condition { event_property: 'h' equals { number_value: 1 } } } } ");
  }
  absl::StrAppend(&text,
                  "hold_constant: 'h' hold_constant: 'v' breakdown { event_property: 'v' } "
                  "attribution: FUNNEL_ATTRIBUTION_STEP attribution_step: 20 histogram { count: 3 } "
                  "series { granularity: GRANULARITY_DAY from_step: 19 } ");
  for (const std::string order : {"ORDERED", "STRICT", "UNORDERED"}) {
    std::string exclusions;
    for (int i = 1; i <= 5 && order != "STRICT"; ++i) {
      absl::StrAppend(&exclusions, "exclusions { event_names: 'x", i, "' from_step: ", i, " } ");
    }
    const auto response =
        Funnel(LimitsRequest(absl::StrCat(text, exclusions, "order: FUNNEL_ORDER_", order)));
    ASSERT_EQ(response.steps_size(), 20) << order;
    EXPECT_EQ(response.steps(19).actor_count(), 1) << order;
    EXPECT_DOUBLE_EQ(response.time_to_convert().max_seconds(), 19 * 60) << order;
    ASSERT_EQ(response.breakdown_rows_size(), 1) << order;
    EXPECT_EQ(response.breakdown_rows(0).value().text(), "x") << order;
    EXPECT_EQ(response.series_buckets(1).to_count(), 1) << order;
  }
}

TEST_F(FunnelLimitsTest, AHundredThousandValuesAreTenRowsAndOther) {
  Load({{{At("2024-03-02 00:00:00"), "ann", "", "visit", 1, 1, {{"v", "\"often\""}}}}, {}, {}});
  pqxx::work transaction(database().owner());
  transaction.exec_params(
      "INSERT INTO analytics_events (event_time, received_time, user_id, sequence, project_id, "
      "event_name_id, "
      "producer_no, "
      "properties) SELECT event_time, received_time, n / 2, n, project_id, event_name_id, 2, "
      "jsonb_build_object('v', n / 2) "
      "FROM analytics_events CROSS JOIN generate_series(0, 199997) AS n WHERE project_id = $1",
      context_.project.project_id);
  transaction.commit();
  Pack();
  const auto response = Funnel(LimitsRequest(absl::StrCat(
      kLimitsScope,
      "steps { event_names: 'visit' } steps { event_names: 'visit' } breakdown { event_property: 'v' }")));
  EXPECT_EQ(response.breakdown_value_count(), 100'000);
  ASSERT_EQ(response.breakdown_rows_size(), 11);
  // One actor each, so by the bytes of the values.
  EXPECT_EQ(response.breakdown_rows(0).value().text(), "0");
  EXPECT_EQ(response.breakdown_rows(2).value().text(), "10");
  EXPECT_TRUE(response.breakdown_rows(10).value().other());
  EXPECT_EQ(response.breakdown_rows(10).steps(0).actor_count(), 99'990);
  EXPECT_EQ(response.steps(1).actor_count(), 99'999);
}

TEST_F(FunnelLimitsTest, TextsThatLookLikeSqlAreTexts) {
  const std::vector<std::string> texts = {
      "'; DROP TABLE users; --", "{filter}", "{users}", "$1", "\\", "\"}{", "%s", "é\u2028"};
  History history;
  for (const std::string& text : texts) {
    std::string quoted;
    for (const char c : text) absl::StrAppend(&quoted, c == '"' || c == '\\' ? "\\" : "", std::string(1, c));
    const auto count = static_cast<int64_t>(history.events.size());
    const std::map<std::string, std::string> properties = {{text, absl::StrCat("\"", quoted, "\"")}};
    history.events.push_back({At("2024-03-02 00:00:00"), text, "", text, 1, count + 1, properties});
    history.events.push_back({At("2024-03-02 00:00:01"), text, "", text, 1, count + 2, properties});
  }
  Load(history);
  for (const std::string& text : texts) {
    v1::GetFunnelRequest request = LimitsRequest(kLimitsScope);
    for (int i = 0; i < 2; ++i) {
      v1::FunnelStep& step = *request.add_steps();
      step.add_event_names(text);
      step.mutable_filter()->mutable_condition()->set_event_property(text);
      step.mutable_filter()->mutable_condition()->mutable_equals()->set_string_value(text);
    }
    request.add_hold_constant(text);
    request.mutable_breakdown()->set_event_property(text);
    v1::FunnelExclusion& exclusion = *request.add_exclusions();
    exclusion.add_event_names(text);
    exclusion.mutable_filter()->mutable_condition()->set_event_property(text);
    exclusion.mutable_filter()->mutable_condition()->set_exists(false);
    const auto response = Funnel(request);
    ASSERT_EQ(response.steps_size(), 2) << text;
    EXPECT_EQ(response.steps(1).actor_count(), 1) << text;
    ASSERT_EQ(response.breakdown_rows_size(), 1) << text;
    EXPECT_EQ(response.breakdown_rows(0).value().text(), text);
  }
}

}  // namespace
}  // namespace donut::testing
