// The places of a breakdown in a statement. filtered_statement_test.cc has those of filters.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "query_service/filtered_statement.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kValues[] =
    "SELECT {value} AS value FROM analytics_events AS e {users} WHERE e.project_id = $1::int AND {filter} "
    "ORDER BY e.sequence";

class FilteredStatementBreakdownTest : public MetricTest {
 protected:
  std::vector<std::string> Values(const query::FilteredStatement& statement) {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction(query_connection());
    const absl::StatusOr<pqxx::result> rows = statement.Run(transaction, context_.project.project_id);
    EXPECT_OK(rows);
    std::vector<std::string> values;
    if (!rows.ok()) return values;
    for (const pqxx::row& row : *rows) values.push_back(row[0].is_null() ? "NULL" : row[0].c_str());
    return values;
  }
};

query::EventBreakdown Resolved(const v1::Breakdown& breakdown) {
  const auto resolved = query::ResolveBreakdown(breakdown, "breakdown");
  EXPECT_OK(resolved);
  return resolved.ok() ? *resolved : query::EventBreakdown();
}

HistoryEvent NumberedEvent(int64_t sequence, const std::map<std::string, std::string>& properties) {
  return {At("2024-03-01 10:00:00"), "ann", "", "sign up", 1, sequence, properties};
}

TEST_F(FilteredStatementBreakdownTest, ValueIsTextAndNullIsNone) {
  Load({{NumberedEvent(1, {{"p", "\"a\""}}), NumberedEvent(2, {{"p", "1"}}),
         NumberedEvent(3, {{"p", "null"}}), NumberedEvent(4, {}),
         NumberedEvent(5, {{"p", "[1, {\"x\": null}]"}}), NumberedEvent(6, {{"p", "\"\""}})},
        {}});
  query::FilteredStatement statement(kValues);
  statement.Set("filter", query::EventFilter());
  statement.SetEventProperty("value", "p");
  EXPECT_THAT(Values(statement), ElementsAre("a", "1", "NULL", "NULL", "[1, {\"x\": null}]", ""));
}

TEST_F(FilteredStatementBreakdownTest, NestedKeyIsNoPlaceInAList) {
  Load({{NumberedEvent(1, {{"p", "[\"first\"]"}}), NumberedEvent(2, {{"p", "{\"0\": \"zero\"}"}})}, {}});
  v1::Breakdown breakdown;
  breakdown.set_event_property("p");
  breakdown.add_nested_keys("0");
  query::FilteredStatement statement(kValues);
  statement.Set("filter", query::EventFilter());
  statement.Set("value", Resolved(breakdown));
  EXPECT_THAT(Values(statement), ElementsAre("NULL", "zero"));
}

TEST_F(FilteredStatementBreakdownTest, JoinsUsersOnceForFilterAndValueAndNamesBesides) {
  History history = {{NumberedEvent(1, {}), NumberedEvent(2, {})}, {}};
  history.user_properties["ann"] = {{"plan", "\"pro\""}};
  Load(history);
  v1::Filter filter;
  filter.mutable_condition()->set_user_property("plan");
  filter.mutable_condition()->mutable_equals()->set_string_value("pro");
  const auto resolved_filter = query::ResolveFilter(filter, "scope.filter");
  ASSERT_OK(resolved_filter);
  v1::Breakdown breakdown;
  breakdown.set_user_property("plan");
  query::FilteredStatement by_user(kValues);
  by_user.Set("filter", *resolved_filter);
  by_user.Set("value", Resolved(breakdown));
  EXPECT_THAT(Values(by_user), ElementsAre("pro", "pro"));
  breakdown.set_event_name(true);
  query::FilteredStatement by_name(kValues);
  by_name.Set("filter", *resolved_filter);
  by_name.Set("value", Resolved(breakdown));
  EXPECT_THAT(Values(by_name), ElementsAre("sign up", "sign up"));
}

TEST_F(FilteredStatementBreakdownTest, EmptyBreakdownHasNoValueAndJoinsNothing) {
  Load({{NumberedEvent(1, {{"p", "1"}})}, {}});
  query::FilteredStatement statement(kValues);
  statement.Set("filter", query::EventFilter());
  statement.Set("value", query::EventBreakdown());
  EXPECT_THAT(statement.Compose(1).sql, Not(HasSubstr("JOIN")));
  EXPECT_THAT(Values(statement), ElementsAre("NULL"));
}

// A key that says what a place, a parameter or an end of a text says is a value like any other.
TEST_F(FilteredStatementBreakdownTest, NoByteOfAKeyBecomesSql) {
  for (const std::string key : {"{filter}", "{users}", "{value}", "{v}", "{1}", "$1", "' OR true --", "\\"}) {
    Load({{NumberedEvent(1, {{key, absl::StrCat("{\"{users}\": \"found\"}")}}), NumberedEvent(2, {})}, {}});
    v1::Breakdown breakdown;
    breakdown.set_event_property(key);
    breakdown.add_nested_keys("{users}");
    v1::Filter filter;
    filter.mutable_condition()->set_event_property(key);
    filter.mutable_condition()->set_exists(true);
    query::FilteredStatement statement(kValues);
    statement.Set("value", Resolved(breakdown));
    const auto resolved_filter = query::ResolveFilter(filter, "scope.filter");
    ASSERT_OK(resolved_filter);
    statement.Set("filter", *resolved_filter);
    const query::FilteredStatement::Composed composed = statement.Compose(1);
    EXPECT_EQ(composed.sql.find('{'), composed.sql.find("{}")) << composed.sql;
    EXPECT_THAT(composed.values, ElementsAre(key, key, "{users}"));
    EXPECT_THAT(Values(statement), ElementsAre("found")) << key;
  }
}

}  // namespace
}  // namespace donut::testing
