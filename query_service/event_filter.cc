#include "query_service/event_filter.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/limits.h"
#include "common/status_macros.h"
#include "query_service/query_scope.h"

namespace donut::query {
namespace {

using google::protobuf::Value;

enum class Ordered { kNo, kYes };

// A text, a finite number, or, where there is no order, true or false.
absl::Status CheckValue(const Value& value, const std::string& field, Ordered ordered = Ordered::kNo) {
  switch (value.kind_case()) {
    case Value::kStringValue:
      return CheckText(value.string_value(), limits::kMaxStringValueBytes, field);
    case Value::kNumberValue:
      if (std::isfinite(value.number_value())) return absl::OkStatus();
      return InvalidField(field, "must be a finite number");
    case Value::kBoolValue:
      if (ordered == Ordered::kNo) return absl::OkStatus();
      break;
    default:
      break;
  }
  return InvalidField(field, ordered == Ordered::kYes
                                 ? "must be a text or a number"
                                 : "must be a text, a number, true or false (for null: exists)");
}

absl::Status CheckRange(const v1::FilterRange& range, const std::string& field) {
  RETURN_IF_ERROR(CheckValue(range.low(), field + ".low", Ordered::kYes));
  RETURN_IF_ERROR(CheckValue(range.high(), field + ".high", Ordered::kYes));
  if (range.low().kind_case() != range.high().kind_case()) {
    return InvalidField(field, "must be between two numbers or between two texts");
  }
  const bool ascending = range.low().has_number_value()
                             ? range.low().number_value() <= range.high().number_value()
                             : range.low().string_value() <= range.high().string_value();
  if (!ascending) return InvalidField(field, "must have a low that is not above its high");
  return absl::OkStatus();
}

absl::Status CheckList(const google::protobuf::ListValue& list, const std::string& field) {
  if (list.values().empty() || list.values_size() > kMaxFilterListValues) {
    return InvalidField(field, absl::StrCat("must have 1 to ", kMaxFilterListValues, " values"));
  }
  for (int i = 0; i < list.values_size(); ++i) {
    RETURN_IF_ERROR(CheckValue(list.values(i), absl::StrCat(field, "[", i, "]")));
  }
  return absl::OkStatus();
}

// Walks a filter once, with the path to where it is.
class Check {
 public:
  absl::Status Filter(const v1::Filter& filter, const std::string& field, int depth) {
    if (depth > kMaxFilterDepth) {
      return InvalidField(field, absl::StrCat("must not be nested more than ", kMaxFilterDepth, " deep"));
    }
    const int set = (filter.has_condition() ? 1 : 0) + (filter.all_of().empty() ? 0 : 1) +
                    (filter.any_of().empty() ? 0 : 1) + (filter.has_not_() ? 1 : 0);
    if (set != 1) {
      return InvalidField(field, "must have exactly one of condition, all_of, any_of (not empty) and not");
    }
    if (filter.has_condition()) return Condition(filter.condition(), field + ".condition");
    if (filter.has_not_()) return Filter(filter.not_(), field + ".not", depth + 1);
    RETURN_IF_ERROR(List(filter.all_of(), field + ".all_of", depth));
    return List(filter.any_of(), field + ".any_of", depth);
  }

  std::vector<EventFilter::Regex> regexes;
  bool reads_users = false;

 private:
  absl::Status List(const google::protobuf::RepeatedPtrField<v1::Filter>& filters, const std::string& field,
                    int depth) {
    for (int i = 0; i < filters.size(); ++i) {
      RETURN_IF_ERROR(Filter(filters[i], absl::StrCat(field, "[", i, "]"), depth + 1));
    }
    return absl::OkStatus();
  }

  absl::Status Condition(const v1::FilterCondition& condition, const std::string& field) {
    if (++conditions_ > kMaxFilterConditions) {
      return InvalidField(field, absl::StrCat("is one too many: a filter must have at most ",
                                              kMaxFilterConditions, " conditions"));
    }
    RETURN_IF_ERROR(Subject(condition, field));
    return Test(condition, field);
  }

  absl::Status Subject(const v1::FilterCondition& condition, const std::string& field) {
    switch (condition.subject_case()) {
      case v1::FilterCondition::kEventProperty:
        RETURN_IF_ERROR(CheckPropertyKey(condition.event_property(), field + ".event_property"));
        break;
      case v1::FilterCondition::kUserProperty:
        RETURN_IF_ERROR(CheckPropertyKey(condition.user_property(), field + ".user_property"));
        reads_users = true;
        break;
      case v1::FilterCondition::kEventName:
        if (!condition.event_name()) return InvalidField(field + ".event_name", "must be true, or not set");
        break;
      default:
        return InvalidField(field, "must have one of event_property, user_property and event_name");
    }
    return CheckNestedKeys(condition, field);
  }

  absl::Status Test(const v1::FilterCondition& condition, const std::string& field) {
    switch (condition.test_case()) {
      case v1::FilterCondition::kEquals:
        return CheckValue(condition.equals(), field + ".equals");
      case v1::FilterCondition::kNotEquals:
        return CheckValue(condition.not_equals(), field + ".not_equals");
      case v1::FilterCondition::kIn:
        return CheckList(condition.in(), field + ".in");
      case v1::FilterCondition::kContains:
        return CheckValue(condition.contains(), field + ".contains");
      case v1::FilterCondition::kGreater:
        return CheckValue(condition.greater(), field + ".greater", Ordered::kYes);
      case v1::FilterCondition::kGreaterOrEqual:
        return CheckValue(condition.greater_or_equal(), field + ".greater_or_equal", Ordered::kYes);
      case v1::FilterCondition::kLess:
        return CheckValue(condition.less(), field + ".less", Ordered::kYes);
      case v1::FilterCondition::kLessOrEqual:
        return CheckValue(condition.less_or_equal(), field + ".less_or_equal", Ordered::kYes);
      case v1::FilterCondition::kBetween:
        return CheckRange(condition.between(), field + ".between");
      case v1::FilterCondition::kExists:
        return absl::OkStatus();
      case v1::FilterCondition::kRegex:
        regexes.push_back({field + ".regex", condition.regex()});
        return CheckText(condition.regex(), kMaxFilterRegexBytes, field + ".regex");
      default:
        return InvalidField(field,
                            "must have a test: equals, not_equals, in, contains, greater, "
                            "greater_or_equal, less, less_or_equal, between, exists or regex");
    }
  }

  int conditions_ = 0;
};

}  // namespace

absl::Status CheckPropertyKey(const std::string& key, const std::string& field) {
  if (key.empty()) return InvalidField(field, "must not be empty");
  return CheckText(key, limits::kMaxPropertyKeyBytes, field);
}

absl::Status CheckNestedKeys(const google::protobuf::RepeatedPtrField<std::string>& keys, bool of_event_name,
                             const std::string& field) {
  if (of_event_name && !keys.empty()) {
    return InvalidField(field, "must be empty for event_name: a name has nothing in it");
  }
  if (keys.size() > kMaxFilterNestedKeys) {
    return InvalidField(field, absl::StrCat("must have at most ", kMaxFilterNestedKeys, " keys"));
  }
  for (int i = 0; i < keys.size(); ++i) {
    RETURN_IF_ERROR(CheckPropertyKey(keys[i], absl::StrCat(field, "[", i, "]")));
  }
  return absl::OkStatus();
}

int ConditionCount(const v1::Filter& filter) {
  if (filter.has_condition()) return 1;
  if (filter.has_not_()) return ConditionCount(filter.not_());
  int count = 0;
  for (const v1::Filter& part : filter.all_of()) count += ConditionCount(part);
  for (const v1::Filter& part : filter.any_of()) count += ConditionCount(part);
  return count;
}

absl::StatusOr<EventFilter> ResolveFilter(const v1::Filter& filter, const std::string& field) {
  Check check;
  RETURN_IF_ERROR(check.Filter(filter, field, 1));
  return EventFilter{filter, std::move(check.regexes), check.reads_users};
}

}  // namespace donut::query
