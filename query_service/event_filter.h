// A filter of a request, checked. Every error is INVALID_ARGUMENT that names the place within
// the filter and the rule. filter.proto says what is allowed, docs/metrics/common.md what it means,
// filtered_statement.h how it gets into SQL. No state, no clock, no database.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/filter.pb.h"
#include "google/protobuf/repeated_field.h"
#include "query_service/user_range.h"

namespace donut::query {

inline constexpr int kMaxFilterDepth = 10;
inline constexpr int kMaxFilterConditions = 100;
inline constexpr int kMaxFilterListValues = 1'000;
inline constexpr int kMaxFilterNestedKeys = 4;
inline constexpr int kMaxFilterRegexBytes = 200;

struct EventFilter {
  // Whether only PostgreSQL can tell that it compiles.
  struct Regex {
    std::string field;
    std::string text;
  };

  // Not set: every event passes.
  v1::Filter proto;
  std::vector<Regex> regexes;
  bool reads_users = false;
  // Only events of these users pass, whatever `proto` says. No request can say so: QueryContext::users does.
  std::optional<UserRange> users = {};

  // Of what a request can say.
  bool empty() const { return proto.ByteSizeLong() == 0; }
};

// `filter` is a field of a request that is set; `field` its path, such as "scope.filter".
absl::StatusOr<EventFilter> ResolveFilter(const v1::Filter& filter, const std::string& field);

// The key of a property, wherever a request names one: 1 to 255 bytes without NUL.
absl::Status CheckPropertyKey(const std::string& key, const std::string& field);
// The way further in. `field` is the path of `keys`.
absl::Status CheckNestedKeys(const google::protobuf::RepeatedPtrField<std::string>& keys, bool of_event_name,
                             const std::string& field);
// Those of a FilterCondition or a Breakdown at `field`.
template <typename Message>
absl::Status CheckNestedKeys(const Message& message, const std::string& field) {
  return CheckNestedKeys(message.nested_keys(), message.event_name(), field + ".nested_keys");
}

// How many conditions it has, however deep.
int ConditionCount(const v1::Filter& filter);

// Nothing when `message` has no filter: ResolveFilterOf(request.scope(), "scope.filter").
template <typename Message>
absl::StatusOr<EventFilter> ResolveFilterOf(const Message& message, const std::string& field) {
  if (!message.has_filter()) return EventFilter();
  return ResolveFilter(message.filter(), field);
}

}  // namespace donut::query
