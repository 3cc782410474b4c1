#include "tests/reference/feature_usage.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace donut::testing {
namespace {

using UserAndSession = std::pair<std::string, std::string>;

// Strings as they are, everything else as JSON; nothing for null and for what is not there.
std::optional<std::string> PropertyText(const HistoryEvent& event, const std::string& property) {
  const auto found = event.properties.find(property);
  if (found == event.properties.end() || found->second == "null") return std::nullopt;
  const std::string& text = found->second;
  return text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

FeatureUsageByDefinitionResult FeatureUsageByDefinition(const History& history,
                                                        const FeatureUsageQuestion& question) {
  std::set<UserAndSession> active;
  std::map<std::string, std::pair<FeatureUsageRow, std::set<UserAndSession>>> features;
  for (const HistoryEvent& event : history.events) {
    if (event.time < question.start || event.time >= question.end || event.time > question.as_of) continue;
    if (question.by_session && event.session.empty()) continue;
    const UserAndSession actor = {event.user, question.by_session ? event.session : ""};
    active.insert(actor);
    const bool is_use = question.names.empty() || std::find(question.names.begin(), question.names.end(),
                                                            event.name) != question.names.end();
    const std::optional<std::string> feature =
        question.property.empty() ? std::optional(event.name) : PropertyText(event, question.property);
    if (!is_use || !feature) continue;
    auto& [row, actors] = features[*feature];
    row.first = row.uses == 0 ? event.time : std::min(row.first, event.time);
    row.last = row.uses == 0 ? event.time : std::max(row.last, event.time);
    ++row.uses;
    actors.insert(actor);
  }
  FeatureUsageByDefinitionResult result;
  result.active = static_cast<int64_t>(active.size());
  for (auto& [feature, counted] : features) {
    counted.first.feature = feature;
    counted.first.actors = static_cast<int64_t>(counted.second.size());
    result.rows.push_back(counted.first);
  }
  std::sort(result.rows.begin(), result.rows.end(), [](const FeatureUsageRow& a, const FeatureUsageRow& b) {
    return std::tuple(-a.actors, -a.uses, a.feature) < std::tuple(-b.actors, -b.uses, b.feature);
  });
  return result;
}

}  // namespace donut::testing
