#include "query_service/filtered_statement.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/text_format.h"
#include "tests/query_service/metric_test.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/reference/filter.h"
#include "tests/reference/random_comparison.h"
#include "tests/reference/random_filter.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kFilterHistories = 60;
constexpr char kPassing[] =
    "SELECT e.sequence FROM analytics_events AS e {users} WHERE e.project_id = $1::int AND {filter} ORDER BY "
    "1";

v1::Filter FilterOf(const std::string& text) {
  v1::Filter filter;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &filter)) << text;
  return filter;
}

query::FilteredStatement Passing(const v1::Filter& filter) {
  auto resolved = query::ResolveFilter(filter, "scope.filter");
  EXPECT_OK(resolved);
  query::FilteredStatement statement(kPassing);
  if (resolved.ok()) statement.Set("filter", *resolved);
  return statement;
}

class FilteredStatementTest : public MetricTest {
 protected:
  // The sequences of the loaded project's events that pass.
  absl::StatusOr<std::vector<int64_t>> Sequences(const v1::Filter& filter) {
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction(query_connection());
    ASSIGN_OR_RETURN(const pqxx::result rows, Passing(filter).Run(transaction, context_.project.project_id));
    std::vector<int64_t> sequences;
    for (const pqxx::row& row : rows) sequences.push_back(row[0].as<int64_t>());
    return sequences;
  }

  std::vector<int64_t> Passes(const v1::Filter& filter) {
    const auto sequences = Sequences(filter);
    EXPECT_OK(sequences);
    return sequences.ok() ? *sequences : std::vector<int64_t>();
  }
};

// An event of ann with these properties, and hers.
History OneEvent(const std::map<std::string, std::string>& properties,
                 const std::map<std::string, std::string>& of_user = {}) {
  History history;
  history.events = {{At("2024-03-01 10:00:00"), "ann", "", "sign up", 1, 1, properties}};
  if (!of_user.empty()) history.user_properties["ann"] = of_user;
  return history;
}

struct Case {
  // JSON of the property p; empty: it is not there.
  std::string value;
  std::string test;
  bool passes;
};

TEST_F(FilteredStatementTest, AnswersEachCaseOfTheDefinition) {
  const std::vector<Case> cases = {
      // Types never mix.
      {"1", "equals { number_value: 1 }", true},
      {"1.0", "equals { number_value: 1 }", true},
      {"-0", "equals { number_value: 0 }", true},
      {"\"1\"", "equals { number_value: 1 }", false},
      {"1", "equals { string_value: '1' }", false},
      {"true", "equals { string_value: 'true' }", false},
      {"true", "equals { bool_value: true }", true},
      {"1", "equals { bool_value: true }", false},
      {"\"\"", "equals { string_value: '' }", true},
      {"\"A\"", "equals { string_value: 'a' }", false},
      {"[1]", "equals { number_value: 1 }", false},
      // The double that is written with 17 digits by some and 16 by others.
      {"0.7999999999999999", "equals { number_value: 0.7999999999999999 }", true},
      {"0.1", "equals { number_value: 0.1 }", true},
      {"9007199254740991", "equals { number_value: 9007199254740991 }", true},
      // Not equal is whatever is not equal.
      {"", "not_equals { number_value: 1 }", true},
      {"null", "not_equals { number_value: 1 }", true},
      {"\"1\"", "not_equals { number_value: 1 }", true},
      {"1", "not_equals { number_value: 1 }", false},
      // In a list of mixed types.
      {"\"b\"", "in { values { string_value: 'a' } values { string_value: 'b' } }", true},
      {"2", "in { values { string_value: '2' } values { number_value: 3 } values { bool_value: true } }",
       false},
      {"true", "in { values { string_value: '2' } values { number_value: 3 } values { bool_value: true } }",
       true},
      {"", "in { values { string_value: 'a' } }", false},
      {"[1]", "in { values { number_value: 1 } }", false},
      // Contains: part of a text, an element of a list.
      {"\"alphabet\"", "contains { string_value: 'pha' }", true},
      {"\"alphabet\"", "contains { string_value: 'Pha' }", false},
      {"\"100%\"", "contains { string_value: '0_' }", false},
      {"\"a_b\"", "contains { string_value: '%' }", false},
      {"\"x\"", "contains { string_value: '' }", true},
      {"123", "contains { string_value: '2' }", false},
      {"[\"a\", \"b\"]", "contains { string_value: 'b' }", true},
      {"[\"ab\"]", "contains { string_value: 'b' }", false},
      {"[\"1\", 2]", "contains { number_value: 1 }", false},
      {"[\"1\", 2.0]", "contains { number_value: 2 }", true},
      {"[[2]]", "contains { number_value: 2 }", false},
      {"[false]", "contains { bool_value: false }", true},
      {"{\"a\": 1}", "contains { string_value: 'a' }", false},
      {"2", "contains { number_value: 2 }", false},
      // Order: of numbers as numbers, of texts by their bytes.
      {"10", "greater { number_value: 9 }", true},
      {"\"10\"", "greater { string_value: '9' }", false},
      {"9", "greater { number_value: 9 }", false},
      {"9", "greater_or_equal { number_value: 9 }", true},
      {"\"a\"", "greater { string_value: 'B' }", true},
      {"\"\\u00e9\"", "greater { string_value: 'z' }", true},
      {"\"_\"", "less { string_value: 'a' }", true},
      {"\"a\"", "greater { number_value: 0 }", false},
      {"1", "less { string_value: '2' }", false},
      {"true", "greater { number_value: 0 }", false},
      {"[9]", "greater { number_value: 1 }", false},
      {"", "less { number_value: 1 }", false},
      {"null", "less { number_value: 1 }", false},
      {"1", "less_or_equal { number_value: 1 }", true},
      {"1.0000001", "less_or_equal { number_value: 1 }", false},
      // Between has both its ends.
      {"1", "between { low { number_value: 1 } high { number_value: 3 } }", true},
      {"3", "between { low { number_value: 1 } high { number_value: 3 } }", true},
      {"3.001", "between { low { number_value: 1 } high { number_value: 3 } }", false},
      {"\"2\"", "between { low { number_value: 1 } high { number_value: 3 } }", false},
      {"\"b\"", "between { low { string_value: 'a' } high { string_value: 'b' } }", true},
      {"\"bb\"", "between { low { string_value: 'a' } high { string_value: 'b' } }", false},
      // Null is as if it were not there.
      {"", "exists: true", false},
      {"null", "exists: true", false},
      {"null", "exists: false", true},
      {"\"\"", "exists: true", true},
      {"false", "exists: true", true},
      {"[]", "exists: true", true},
      {"{}", "exists: false", false},
      // Regular expressions: anywhere in a text, the case counts.
      {"\"signup\"", "regex: 'gnu'", true},
      {"\"signup\"", "regex: '^gnu'", false},
      {"\"Signup\"", "regex: '^signup$'", false},
      {"\"Signup\"", "regex: '(?i)^signup$'", true},
      {"\"a\\nb\"", "regex: 'a.b'", true},
      {"\"\\u00e9\"", "regex: '\\\\w'", false},
      {"12", "regex: '1'", false},
      {"", "regex: ''", false},
      // Ways into objects; never into lists.
      {"{\"x\": {\"y\": 2}}", "nested_keys: ['x', 'y'] equals { number_value: 2 }", true},
      {"{\"x\": {\"y\": null}}", "nested_keys: ['x', 'y'] exists: true", false},
      {"{\"x\": 1}", "nested_keys: ['x', 'y'] exists: true", false},
      {"[5]", "nested_keys: '0' exists: true", false},
      {"{\"0\": 5}", "nested_keys: '0' equals { number_value: 5 }", true},
      {"{\"x.y\": 5}", "nested_keys: 'x.y' equals { number_value: 5 }", true},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(absl::StrCat(one.value, " ", one.test));
    const std::map<std::string, std::string> properties =
        one.value.empty() ? std::map<std::string, std::string>()
                          : std::map<std::string, std::string>{{"p", one.value}};
    const v1::Filter of_event = FilterOf("condition { event_property: 'p' " + one.test + " }");
    const v1::Filter of_user = FilterOf("condition { user_property: 'p' " + one.test + " }");
    const v1::Filter negated = FilterOf("not { condition { event_property: 'p' " + one.test + " } }");
    const std::vector<int64_t> expected(one.passes ? 1 : 0, 1);
    // What the definition's slow version says is right as well.
    const History history = OneEvent(properties, properties);
    // (Its regular expressions are of another kind, and alike in simple ones only.)
    if (one.test.find("regex") == std::string::npos) {
      EXPECT_EQ(PassesByDefinition(of_event, history.events[0], history), one.passes);
    }
    Load(history);
    EXPECT_EQ(Passes(of_event), expected);
    EXPECT_EQ(Passes(of_user), expected);
    EXPECT_EQ(Passes(negated), std::vector<int64_t>(one.passes ? 0 : 1, 1));
  }
}

TEST_F(FilteredStatementTest, AnswersTheExampleOfItsPage) {
  const v1::Filter filter = FilterOf(R"(
      all_of { condition { event_property: 'price' between { low { number_value: 10 } high { number_value: 20 } } } }
      all_of { not { condition { event_property: 'plan' in { values { string_value: 'free' } } } } })");
  History history;
  const std::vector<std::map<std::string, std::string>> events = {{{"price", "20"}, {"plan", "\"pro\""}},
                                                                  {{"price", "12"}},
                                                                  {{"price", "\"12\""}, {"plan", "\"pro\""}},
                                                                  {{"plan", "\"pro\""}}};
  for (const auto& properties : events) {
    history.events.push_back({At("2024-03-01 10:00:00"), "ann", "", "buy", 1,
                              static_cast<int64_t>(history.events.size()) + 1, properties});
  }
  Load(history);
  EXPECT_THAT(Passes(filter), ElementsAre(1, 2));
}

TEST_F(FilteredStatementTest, TestsTheEventsName) {
  Load(OneEvent({}));
  const std::vector<int64_t> passes = {1}, fails = {};
  const auto name = [&](const std::string& test) {
    return Passes(FilterOf("condition { event_name: true " + test + " }"));
  };
  EXPECT_EQ(name("equals { string_value: 'sign up' }"), passes);
  EXPECT_EQ(name("not_equals { string_value: 'sign up' }"), fails);
  EXPECT_EQ(name("not_equals { string_value: 'other' }"), passes);
  EXPECT_EQ(name("contains { string_value: 'n u' }"), passes);
  EXPECT_EQ(name("regex: '^s.*p$'"), passes);
  EXPECT_EQ(name("less { number_value: 1 }"), fails);
  EXPECT_EQ(name("exists: true"), passes);
}

TEST_F(FilteredStatementTest, AnotherProjectsUserIsNotAsked) {
  Load({});
  const int other = context_.project.project_id;
  Load(OneEvent({}));
  // Ids are hashes of project and user: two projects may come to the same one.
  database().Query(absl::StrCat(
      R"(INSERT INTO users (project_id, user_id, distinct_id, properties) SELECT )", other,
      R"(, user_id, 'twin', '{"plan": "pro"}' FROM users WHERE project_id = )", context_.project.project_id));
  EXPECT_EQ(Passes(FilterOf("condition { user_property: 'plan' exists: true }")), std::vector<int64_t>());
}

TEST_F(FilteredStatementTest, NoByteOfARequestBecomesSql) {
  for (const std::string hostile : {"'",
                                    "''; DROP TABLE users; --",
                                    "\"",
                                    "\\",
                                    "$1",
                                    "$2::text",
                                    "{v}",
                                    "{1}",
                                    "{filter}",
                                    "{users}",
                                    "{}",
                                    "%s",
                                    "a,b",
                                    "{\"a\"}",
                                    "NULL",
                                    "\n",
                                    "/*",
                                    "*/",
                                    "\xE2\x98\x95",
                                    "0",
                                    "true) OR (true"}) {
    SCOPED_TRACE(hostile);
    v1::Filter filter;
    v1::FilterCondition& in_list = *filter.add_all_of()->mutable_condition();
    in_list.set_event_property(hostile);
    in_list.add_nested_keys(hostile);
    in_list.mutable_in()->add_values()->set_string_value(hostile);
    v1::FilterCondition& of_user = *filter.add_all_of()->mutable_condition();
    of_user.set_user_property(hostile);
    of_user.mutable_contains()->set_string_value(hostile);
    v1::FilterCondition& name = *filter.add_all_of()->mutable_not_()->mutable_condition();
    name.set_event_name(true);
    name.set_regex("***=" + hostile);

    // The same statement as for the plainest texts.
    v1::Filter plain = filter;
    plain.mutable_all_of(0)->mutable_condition()->set_event_property("k");
    plain.mutable_all_of(0)->mutable_condition()->set_nested_keys(0, "k");
    plain.mutable_all_of(0)->mutable_condition()->mutable_in()->mutable_values(0)->set_string_value("k");
    plain.mutable_all_of(1)->mutable_condition()->set_user_property("k");
    plain.mutable_all_of(1)->mutable_condition()->mutable_contains()->set_string_value("k");
    plain.mutable_all_of(2)->mutable_not_()->mutable_condition()->set_regex("k");
    EXPECT_EQ(Passing(filter).Compose(1).sql, Passing(plain).Compose(1).sql);

    std::string json = "\"";
    for (const char c : hostile) {
      if (c == '"' || c == '\\') json += '\\';
      absl::StrAppend(&json, c == '\n' ? "\\n" : std::string(1, c));
    }
    json += '"';
    Load(OneEvent({{hostile, absl::StrCat("{", json, ": ", json, "}")}}, {{hostile, json}}));
    EXPECT_EQ(Passes(filter), std::vector<int64_t>{1});
  }
}

TEST_F(FilteredStatementTest, RefusesARegexThatDoesNotCompileByItsPlace) {
  Load(OneEvent({{"p", "\"a\""}}));
  for (const std::string regex :
       {"(", "[", "a{2,1}", "*a", "\\", "a{256}", "(?<n", "(((x{255}){255}){255})"}) {
    v1::Filter filter = FilterOf("all_of { condition { event_name: true exists: true } }");
    v1::FilterCondition& condition = *filter.add_all_of()->mutable_condition();
    condition.set_event_property("p");
    condition.set_regex(regex);
    EXPECT_THAT(Sequences(filter),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("scope.filter.all_of[1].condition.regex: must be a regular expression")))
        << regex;
  }
}

TEST_F(FilteredStatementTest, TransactionGoesOnAfterARefusedRegex) {
  Load(OneEvent({}));
  pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction(query_connection());
  const auto refused = Passing(FilterOf("condition { event_property: 'p' regex: '(' }")).Run(transaction, 1);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("regex")));
  EXPECT_EQ(transaction.exec("SELECT 7")[0][0].as<int>(), 7);
}

TEST_F(FilteredStatementTest, RegexThatNeverEndsIsEndedByTheTimeLimit) {
  Load(OneEvent({{"p", "\"" + std::string(1999, 'a') + "\""}}));
  pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> transaction(query_connection());
  transaction.exec("SET LOCAL statement_timeout = '300ms'");
  const auto statement =
      Passing(FilterOf("condition { event_property: 'p' regex: '^(a+)(a+)(a+)(a+)\\\\1\\\\2\\\\3\\\\4$' }"));
  EXPECT_THROW(static_cast<void>(statement.Run(transaction, context_.project.project_id)), pqxx::sql_error);
}

TEST_F(FilteredStatementTest, FiltersLeaveTheTimeToPickThePartitions) {
  query::FilteredStatement statement(
      "SELECT count(*) FROM analytics_events AS e {users} WHERE e.project_id = $1::int "
      "AND e.event_time >= '2015-03-01' AND e.event_time < '2015-04-01' AND {filter}");
  const auto filter =
      query::ResolveFilter(FilterOf(R"(any_of { condition { user_property: 'p' exists: false } }
      any_of { condition { event_property: 'p' in { values { number_value: 1 } } } }
      any_of { condition { event_name: true regex: 'a' } })"),
                           "scope.filter");
  ASSERT_OK(filter);
  statement.Set("filter", *filter);
  EXPECT_THAT(
      ScannedPartitions(
          database(), [&](pqxx::transaction_base& transaction) { EXPECT_OK(statement.Run(transaction, 1)); }),
      ElementsAre("2015"));
}

// The cluster of the tests sorts as C by itself: there the answers would be the same without.
TEST_F(FilteredStatementTest, TextsCompareAsCWhateverTheDatabaseIs) {
  for (const std::string test :
       {"greater { string_value: 'a' }", "less_or_equal { string_value: 'a' }", "regex: 'a'",
        "between { low { string_value: 'a' } high { string_value: 'b' } }"}) {
    const v1::Filter filter = FilterOf("condition { event_property: 'p' " + test + " }");
    EXPECT_THAT(Passing(filter).Compose(1).sql, HasSubstr("COLLATE \"C\"")) << test;
  }
}

TEST_F(FilteredStatementTest, WithoutUserPropertiesUsersAreNotRead) {
  EXPECT_THAT(Passing(FilterOf("condition { event_property: 'p' exists: true }")).Compose(1).sql,
              Not(HasSubstr("users")));
}

// Each condition's subject, test and outcome.
void NoteOutcomes(const v1::Filter& filter, const HistoryEvent& event, const History& history,
                  std::set<std::string>& seen) {
  if (filter.has_condition()) {
    seen.insert(absl::StrCat(filter.condition().subject_case(), " ", filter.condition().test_case(), " ",
                             PassesByDefinition(filter, event, history)));
  }
  if (filter.has_not_()) NoteOutcomes(filter.not_(), event, history, seen);
  for (const v1::Filter& part : filter.all_of()) NoteOutcomes(part, event, history, seen);
  for (const v1::Filter& part : filter.any_of()) NoteOutcomes(part, event, history, seen);
}

// All tests, both outcomes of each, on properties of every type.
TEST_F(FilteredStatementTest, IsTheDefinitionOnRandomFilters) {
  std::set<std::string> seen;
  const int64_t first_seed = static_cast<int64_t>(GivenSeed().value_or(1));
  const int64_t count = NumberFromEnvironment("DONUT_RANDOM_HISTORIES", kFilterHistories);
  for (int64_t seed = first_seed; seed < first_seed + count; ++seed) {
    Dice dice(static_cast<uint64_t>(seed));
    const RandomSetting setting = PickSetting(dice);
    History history = MakeRandomHistory(dice, setting, {.most_events = 60, .most_users = 8});
    AddRandomProperties(dice, history);
    Load(history);
    for (int i = 0; i < 20; ++i) {
      const v1::Filter filter = MakeRandomFilter(dice);
      std::set<int64_t> passing;
      for (const HistoryEvent& event : history.events) {
        const bool passes = PassesByDefinition(filter, event, history);
        if (passes) passing.insert(event.sequence);
        NoteOutcomes(filter, event, history, seen);
      }
      ASSERT_EQ(Passes(filter), std::vector<int64_t>(passing.begin(), passing.end()))
          << "seed " << seed << "\n"
          << filter.ShortDebugString() << "\n"
          << ToString(history);
    }
  }
  // 11 tests of event properties, of user properties and of names, each true and false.
  EXPECT_TRUE(count < kFilterHistories || seen.size() == 3u * 11 * 2) << absl::StrJoin(seen, "\n");
}

}  // namespace
}  // namespace donut::testing
