#include "query_service/filtered_statement.h"

#include <charconv>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/grpc_status.h"
#include "common/postgres/postgres_status.h"
#include "common/postgres/transaction.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

using google::protobuf::Value;

// One row per user at most, so it adds no rows.
constexpr char kUsersJoin[] =
    " LEFT JOIN users AS filter_users ON filter_users.project_id = $1::int AND filter_users.user_id = "
    "e.user_id";

// {v} is what is tested: a jsonb, NULL where there is none. {1} and {2} are parameters. Each
// piece is true or false, never NULL. CASE, because AND promises no order and a cast of a text would fail.
// to_jsonb is only stable, so it would be called again for each event: in a subquery it is called once.
constexpr char kEqualsText[] = "({v} = (SELECT to_jsonb({1}::text))) IS TRUE";
constexpr char kEqualsNumber[] = "({v} = (SELECT to_jsonb({1}::numeric))) IS TRUE";
constexpr char kEqualsBool[] = "({v} = (SELECT to_jsonb({1}::boolean))) IS TRUE";
// A subquery is hashed: a thousand values cost no more than one.
constexpr char kInTexts[] = "({v} IN (SELECT to_jsonb(one) FROM unnest({1}::text[]) AS one)) IS TRUE";
constexpr char kInNumbers[] = "({v} IN (SELECT to_jsonb(one) FROM unnest({1}::numeric[]) AS one)) IS TRUE";
constexpr char kInBools[] = "({v} IN (SELECT to_jsonb(one) FROM unnest({1}::boolean[]) AS one)) IS TRUE";
constexpr char kContainsText[] =
    "CASE jsonb_typeof({v}) WHEN 'string' THEN strpos({v} #>> '{}', {1}::text) > 0 "
    "WHEN 'array' THEN {v} @> to_jsonb({1}::text) ELSE false END";
constexpr char kContainsNumber[] =
    "CASE jsonb_typeof({v}) WHEN 'array' THEN {v} @> to_jsonb({1}::numeric) ELSE false END";
constexpr char kContainsBool[] =
    "CASE jsonb_typeof({v}) WHEN 'array' THEN {v} @> to_jsonb({1}::boolean) ELSE false END";
// {op} is one of the operators below.
constexpr char kComparesNumber[] =
    "CASE jsonb_typeof({v}) WHEN 'number' THEN ({v})::numeric {op} {1}::numeric ELSE false END";
constexpr char kComparesText[] =
    "CASE jsonb_typeof({v}) WHEN 'string' THEN ({v} #>> '{}') COLLATE \"C\" {op} {1}::text ELSE false END";
constexpr char kBetweenNumbers[] =
    "CASE jsonb_typeof({v}) WHEN 'number' THEN ({v})::numeric BETWEEN {1}::numeric AND {2}::numeric "
    "ELSE false END";
constexpr char kBetweenTexts[] =
    "CASE jsonb_typeof({v}) WHEN 'string' THEN ({v} #>> '{}') COLLATE \"C\" BETWEEN {1}::text AND {2}::text "
    "ELSE false END";
constexpr char kExists[] = "(jsonb_typeof({v}) <> 'null') IS TRUE";
constexpr char kRegex[] =
    "CASE jsonb_typeof({v}) WHEN 'string' THEN ({v} #>> '{}') COLLATE \"C\" ~ {1}::text ELSE false END";

// The names are few and the events many: the test is made of each name once.
constexpr char kEventName[] =
    "e.event_name_id IN (SELECT filter_names.event_name_id FROM event_names AS filter_names "
    "WHERE filter_names.project_id = $1::int AND {test})";
constexpr char kEventNameValue[] = "to_jsonb(filter_names.name)";

// A filter and its EventFilter::users.
constexpr char kOfUsers[] = "({filter} AND e.user_id BETWEEN {1}::bigint AND {2}::bigint)";

constexpr char kNamesJoin[] =
    " JOIN event_names AS breakdown_names ON breakdown_names.event_name_id = e.event_name_id";
// A text as it is, anything else as JSON; NULL for a JSON null.
constexpr char kBreakdownValue[] = "({v} #>> '{}')";

constexpr char kTryRegex[] = "SELECT '' ~ ($1::text COLLATE \"C\")";
constexpr char kInvalidRegex[] = "2201B";

// The shortest text that reads back as the same double: that of the stored properties, so that equal
// doubles are equal numerics.
std::string ToNumeric(double number) {
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof(buffer), number).ptr);
}

std::string ToText(const Value& value) {
  if (value.has_string_value()) return value.string_value();
  if (value.has_number_value()) return ToNumeric(value.number_value());
  return value.bool_value() ? "true" : "false";
}

// Turns filters into SQL, and collects the values of its parameters. Filters are checked already, so
// the recursion is as shallow as they may be.
class FilterComposer {
 public:
  explicit FilterComposer(int own_parameters) : own_parameters_(own_parameters) {}

  std::string TextOf(const EventFilter& filter) {
    std::string all = filter.empty() ? "true" : Expression(filter.proto);
    if (!filter.users) return all;
    const std::string first = Bind(absl::StrCat(filter.users->first));
    const std::string last = Bind(absl::StrCat(filter.users->last));
    return absl::StrReplaceAll(kOfUsers, {{"{filter}", all}, {"{1}", first}, {"{2}", last}});
  }

  std::string TextOf(const v1::Breakdown& breakdown) {
    if (breakdown.event_name()) return "breakdown_names.name";
    if (breakdown.subject_case() == v1::Breakdown::SUBJECT_NOT_SET) return "NULL::text";
    return absl::StrReplaceAll(
        kBreakdownValue,
        {{"{v}", Property(breakdown.subject_case() == v1::Breakdown::kUserProperty, breakdown)}});
  }

  std::vector<std::string>& values() { return values_; }

 private:
  std::string Expression(const v1::Filter& filter) {
    if (filter.has_condition()) return absl::StrCat("(", Condition(filter.condition()), ")");
    if (filter.has_not_()) return absl::StrCat("(NOT ", Expression(filter.not_()), ")");
    std::vector<std::string> parts;
    for (const v1::Filter& part : filter.all_of()) parts.push_back(Expression(part));
    if (!parts.empty()) return absl::StrCat("(", absl::StrJoin(parts, " AND "), ")");
    for (const v1::Filter& part : filter.any_of()) parts.push_back(Expression(part));
    return absl::StrCat("(", absl::StrJoin(parts, " OR "), ")");
  }

  // $n, whose value this is.
  std::string Bind(std::string value) {
    values_.push_back(std::move(value));
    return absl::StrCat("$", own_parameters_ + static_cast<int>(values_.size()));
  }

  std::string Condition(const v1::FilterCondition& condition) {
    if (condition.subject_case() != v1::FilterCondition::kEventName) {
      return Test(condition,
                  Property(condition.subject_case() == v1::FilterCondition::kUserProperty, condition));
    }
    return absl::StrReplaceAll(kEventName, {{"{test}", Test(condition, kEventNameValue)}});
  }

  // A jsonb: the property that a FilterCondition or a Breakdown is about.
  template <typename Message>
  std::string Property(bool of_user, const Message& message) {
    // Not #>: that would take a key such as "0" for a place in a list.
    std::string value = of_user ? absl::StrCat("filter_users.properties -> ", Bind(message.user_property()))
                                : absl::StrCat("e.properties -> ", Bind(message.event_property()));
    absl::StrAppend(&value, "::text");
    for (const std::string& key : message.nested_keys()) absl::StrAppend(&value, " -> ", Bind(key), "::text");
    return absl::StrCat("(", value, ")");
  }

  std::string Test(const v1::FilterCondition& condition, const std::string& v) {
    switch (condition.test_case()) {
      case v1::FilterCondition::kEquals:
        return Typed(condition.equals(), v, kEqualsText, kEqualsNumber, kEqualsBool);
      case v1::FilterCondition::kNotEquals:
        return absl::StrCat("NOT (",
                            Typed(condition.not_equals(), v, kEqualsText, kEqualsNumber, kEqualsBool), ")");
      case v1::FilterCondition::kIn:
        return In(condition.in(), v);
      case v1::FilterCondition::kContains:
        return Typed(condition.contains(), v, kContainsText, kContainsNumber, kContainsBool);
      case v1::FilterCondition::kGreater:
        return Compares(condition.greater(), v, ">");
      case v1::FilterCondition::kGreaterOrEqual:
        return Compares(condition.greater_or_equal(), v, ">=");
      case v1::FilterCondition::kLess:
        return Compares(condition.less(), v, "<");
      case v1::FilterCondition::kLessOrEqual:
        return Compares(condition.less_or_equal(), v, "<=");
      case v1::FilterCondition::kBetween: {
        const v1::FilterRange& range = condition.between();
        const std::string low = Bind(ToText(range.low()));
        const std::string high = Bind(ToText(range.high()));
        return absl::StrReplaceAll(range.low().has_string_value() ? kBetweenTexts : kBetweenNumbers,
                                   {{"{v}", v}, {"{1}", low}, {"{2}", high}});
      }
      case v1::FilterCondition::kExists:
        return absl::StrReplaceAll(condition.exists() ? kExists : absl::StrCat("NOT (", kExists, ")"),
                                   {{"{v}", v}});
      case v1::FilterCondition::kRegex:
        return absl::StrReplaceAll(kRegex, {{"{v}", v}, {"{1}", Bind(condition.regex())}});
      default:
        return "false";
    }
  }

  std::string Typed(const Value& value, const std::string& v, const char* text, const char* number,
                    const char* boolean) {
    const char* piece = value.has_string_value() ? text : value.has_number_value() ? number : boolean;
    return absl::StrReplaceAll(piece, {{"{v}", v}, {"{1}", Bind(ToText(value))}});
  }

  std::string Compares(const Value& value, const std::string& v, const char* op) {
    return absl::StrReplaceAll(value.has_string_value() ? kComparesText : kComparesNumber,
                               {{"{v}", v}, {"{op}", op}, {"{1}", Bind(ToText(value))}});
  }

  std::string In(const google::protobuf::ListValue& list, const std::string& v) {
    std::map<Value::KindCase, std::vector<std::string>> by_type;
    for (const Value& value : list.values()) by_type[value.kind_case()].push_back(ToText(value));
    std::vector<std::string> parts;
    for (const auto& [type, texts] : by_type) {
      const char* piece = type == Value::kStringValue   ? kInTexts
                          : type == Value::kNumberValue ? kInNumbers
                                                        : kInBools;
      parts.push_back(absl::StrReplaceAll(piece, {{"{v}", v}, {"{1}", Bind(ToPostgresArray(texts))}}));
    }
    return absl::StrJoin(parts, " OR ");
  }

  const int own_parameters_;
  std::vector<std::string> values_;
};

}  // namespace

void FilteredStatement::SetEventProperty(const std::string& place, const std::string& key) {
  EventBreakdown property;
  property.proto.set_event_property(key);
  Set(place, std::move(property));
}

FilteredStatement::Composed FilteredStatement::Compose(int own_parameters) const {
  FilterComposer composer(own_parameters);
  std::vector<std::pair<std::string, std::string>> places;
  bool reads_users = false;
  for (const auto& [place, filter] : filters_) {
    places.emplace_back(absl::StrCat("{", place, "}"), composer.TextOf(filter));
    reads_users = reads_users || filter.reads_users;
  }
  bool reads_names = false;
  for (const auto& [place, breakdown] : breakdowns_) {
    places.emplace_back(absl::StrCat("{", place, "}"), composer.TextOf(breakdown.proto));
    reads_users = reads_users || breakdown.reads_users();
    reads_names = reads_names || breakdown.proto.event_name();
  }
  places.emplace_back("{users}", absl::StrCat(reads_users ? kUsersJoin : "", reads_names ? kNamesJoin : ""));
  return {absl::StrReplaceAll(sql_, places), std::move(composer.values())};
}

absl::StatusOr<pqxx::result> FilteredStatement::RunTexts(pqxx::transaction_base& transaction,
                                                         const std::vector<std::string>& own) const {
  RETURN_IF_ERROR(Prepare(transaction));
  const Composed composed = Compose(static_cast<int>(own.size()));
  std::vector<std::string> values = own;
  values.insert(values.end(), composed.values.begin(), composed.values.end());
  return transaction.exec_params(composed.sql, pqxx::prepare::make_dynamic_params(values));
}

absl::Status FilteredStatement::Prepare(pqxx::transaction_base& transaction) const {
  // Said by each statement, as several may share the transaction.
  transaction.exec0(avoid_nested_loops_ ? "SET LOCAL enable_nestloop = off"
                                        : "SET LOCAL enable_nestloop = on");
  for (const auto& [place, filter] : filters_) RETURN_IF_ERROR(CheckRegexes(transaction, filter));
  return absl::OkStatus();
}

absl::Status CheckRegexes(pqxx::transaction_base& transaction, const EventFilter& filter) {
  for (const EventFilter::Regex& regex : filter.regexes) {
    const absl::Status status =
        postgres::RunSavepoint(transaction, [&] { transaction.exec_params(kTryRegex, regex.text); });
    if (postgres::SqlStateOf(status) == kInvalidRegex) {
      return InvalidField(regex.field,
                          "must be a regular expression that PostgreSQL reads, and not too complex");
    }
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace donut::query
