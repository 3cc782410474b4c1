#include "query_service/metrics/funnel/funnel_statement.h"

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

using ::testing::HasSubstr;
using ::testing::Not;

query::FunnelQuestion Question(const std::string& text) {
  v1::GetFunnelRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  const auto question = query::ResolveFunnel(request, {{1, "default", "UTC"}, At("2024-06-15 12:00:00")});
  EXPECT_OK(question);
  return *question;
}

std::string Steps(int count, const std::string& name) {
  std::string text;
  for (int i = 1; i <= count; ++i) absl::StrAppend(&text, "steps { event_names: \"", name, i, "\" } ");
  return text;
}

TEST(FunnelStatementTest, HasOnePassForEachStep) {
  const std::string sql = query::FunnelCountsSql(Question(Steps(3, "a")));
  EXPECT_THAT(sql, HasSubstr("pass_3 AS"));
  EXPECT_THAT(sql, Not(HasSubstr("pass_4")));
}

// Of a question's options, each with texts that would be noticed.
std::string AllOptions(const std::string& order, const std::string& attribution, const std::string& text) {
  const std::string property = absl::StrCat("condition { event_property: '", text, "' exists: true }");
  std::string request = absl::StrCat(
      Steps(4, text), "steps { any_event: true label: '", text, "' filter { ", property,
      " } } order: FUNNEL_ORDER_", order, " hold_constant: '", text, "' hold_constant: '", text,
      "2' breakdown { event_property: '", text, "' } attribution: FUNNEL_ATTRIBUTION_", attribution,
      " histogram { rule: HISTOGRAM_RULE_STURGES } series { granularity: GRANULARITY_DAY } "
      "scope { filter { ",
      property, " } } ");
  if (attribution == "STEP") absl::StrAppend(&request, "attribution_step: 2 ");
  if (order != "STRICT") {
    absl::StrAppend(&request, "exclusions { event_names: '", text, "x' filter { not { ", property,
                    " } } from_step: 2 } ");
  }
  return request;
}

TEST(FunnelStatementTest, HasNothingOfTheRequestsTexts) {
  for (const std::string order : {"ORDERED", "STRICT", "UNORDERED"}) {
    for (const std::string attribution : {"ENTRY", "STEP", "FIRST_TOUCH", "LAST_TOUCH"}) {
      const query::FunnelQuestion hostile = Question(AllOptions(order, attribution, "DROP{filter}$1--"));
      const query::FunnelQuestion harmless = Question(AllOptions(order, attribution, "name"));
      EXPECT_EQ(query::FunnelCountsSql(hostile), query::FunnelCountsSql(harmless)) << order << attribution;
      EXPECT_EQ(query::FunnelSeriesSql(hostile), query::FunnelSeriesSql(harmless)) << order << attribution;
      EXPECT_EQ(query::FunnelActorsSql(hostile), query::FunnelActorsSql(harmless)) << order << attribution;
      EXPECT_THAT(query::FunnelCountsSql(hostile), Not(HasSubstr("DROP")));
    }
  }
}

}  // namespace
}  // namespace donut::testing
