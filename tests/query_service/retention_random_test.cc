// Retention against its definition, on random histories.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gtest/gtest.h"
#include "query_service/metrics/retention/retention.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/query_service/retention_trial.h"
#include "tests/reference/retention.h"

namespace donut::testing {
namespace {

constexpr int kRetentionHistories = 600;

using Cohorts = std::vector<RetentionCohortByDefinition>;

std::string ShowTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

RandomTrial<v1::GetRetentionRequest> MakeRetentionTableTrial(Dice& dice) {
  RandomTrial<v1::GetRetentionRequest> trial = MakeRetentionTrial(dice);
  if (dice.OneIn(3)) trial.request.set_value_property(kRandomPrice);
  if (dice.OneIn(2)) {
    v1::Breakdown& breakdown = *trial.request.mutable_breakdown();
    breakdown.set_limit(static_cast<int32_t>(dice.Between(0, 3)));
    switch (dice.Between(1, 3)) {
      case 1:
        breakdown.set_event_name(true);
        break;
      case 2:
        breakdown.set_user_property("tier");
        break;
      default:
        breakdown.set_event_property("feature");
    }
    for (int i = 1; i <= 4; ++i) {
      if (dice.OneIn(2))
        trial.history.user_properties[absl::StrCat("user", i)]["tier"] = dice.OneIn(2) ? "\"b\"" : "\"B\"";
    }
  }
  return trial;
}

// What the row of a member is called: "=" and the value's text, or "none".
std::string KeyOf(const v1::Breakdown& breakdown, const RetentionMemberByDefinition& member,
                  const History& history) {
  if (breakdown.event_name()) return "=" + member.start.name;
  std::map<std::string, std::string> properties = member.start.properties;
  std::string key = breakdown.event_property();
  if (breakdown.subject_case() == v1::Breakdown::kUserProperty) {
    const auto user = history.user_properties.find(member.user);
    properties = user == history.user_properties.end() ? std::map<std::string, std::string>() : user->second;
    key = breakdown.user_property();
  }
  const auto found = properties.find(key);
  if (found == properties.end() || found->second == "null") return "none";
  const std::string& json = found->second;
  return "=" + (json[0] == '"' ? json.substr(1, json.size() - 2) : json);
}

std::string KeyOf(const v1::BreakdownValue& value) {
  return value.other() ? "other" : value.none() ? "none" : "=" + value.text();
}

// The rows in their order, each with its cohorts.
std::vector<std::pair<std::string, Cohorts>> BreakDown(const v1::Breakdown& breakdown, const Cohorts& cohorts,
                                                       const History& history, int64_t& value_count) {
  std::map<std::string, int64_t> sizes;
  for (const RetentionCohortByDefinition& cohort : cohorts) {
    for (const auto& member : cohort.members) ++sizes[KeyOf(breakdown, member, history)];
  }
  sizes.erase("none");
  value_count = static_cast<int64_t>(sizes.size());
  std::vector<std::string> keys;
  for (const auto& [key, size] : sizes) keys.push_back(key);
  // std::string compares by bytes, and the map has them in that order.
  std::stable_sort(keys.begin(), keys.end(),
                   [&](const std::string& a, const std::string& b) { return sizes[a] > sizes[b]; });
  const size_t limit = breakdown.limit() == 0 ? 10 : breakdown.limit();
  if (keys.size() > limit) keys.resize(limit);
  std::vector<std::string> rows = keys;
  rows.push_back("other");
  rows.push_back("none");
  std::vector<std::pair<std::string, Cohorts>> tables;
  for (const std::string& row : rows) {
    Cohorts table = cohorts;
    bool anyone = false;
    for (RetentionCohortByDefinition& cohort : table) {
      const auto is_elsewhere = [&](const RetentionMemberByDefinition& member) {
        std::string key = KeyOf(breakdown, member, history);
        if (key != "none" && std::find(keys.begin(), keys.end(), key) == keys.end()) key = "other";
        return key != row;
      };
      cohort.members.erase(std::remove_if(cohort.members.begin(), cohort.members.end(), is_elsewhere),
                           cohort.members.end());
      anyone = anyone || !cohort.members.empty();
    }
    if (anyone) tables.emplace_back(row, table);
  }
  return tables;
}

// Collects what differs.
class RetentionDifferences {
 public:
  RetentionDifferences(const v1::GetRetentionRequest& request, std::string& text)
      : request_(request), text_(text) {}

  void Count(const std::string& what, int64_t got, int64_t expected) {
    if (got != expected) absl::StrAppend(&text_, what, ": got ", got, ", expected ", expected, "\n");
  }

  // In hundredths.
  template <typename Message>
  void Value(const std::string& what, const Message& got, int64_t sum, int64_t cumulative, int64_t size) {
    Count(what + " has a value", got.has_value(), !request_.value_property().empty());
    if (request_.value_property().empty()) return;
    Number(what + " sum", got.value().sum(), static_cast<double>(sum) / 100);
    const double total = static_cast<double>(cumulative) / 100;
    Number(what + " cumulative", got.value().cumulative_sum(), total);
    Count(what + " has a value per actor", got.value().has_cumulative_per_actor(), size > 0);
    if (size > 0) {
      Number(what + " per actor", got.value().cumulative_per_actor(), total / static_cast<double>(size));
    }
  }

  void Cohort(const std::string& row, const v1::RetentionCohort& got,
              const RetentionCohortByDefinition& expected) {
    const std::string name = absl::StrCat(row, "cohort ", got.bucket().label());
    if (*FromProto(got.bucket().start_time(), "start") != expected.start ||
        *FromProto(got.bucket().end_time(), "end") != expected.end) {
      absl::StrAppend(&text_, name, ": expected ", ShowTime(expected.start), " to ", ShowTime(expected.end),
                      "\n");
    }
    const int64_t size = static_cast<int64_t>(expected.members.size());
    Count(name + " size", got.size(), size);
    int64_t own = 0;
    for (const auto& member : expected.members) own += member.own_value;
    Value(name, got, own, own, size);
    for (int i = 0; i < got.cells_size(); ++i) {
      const v1::RetentionCell& cell = got.cells(i);
      const std::string place = absl::StrCat(name, " offset ", cell.offset());
      const Cell found = Sum(expected, i);
      Count(place, cell.retained_count(), found.retained);
      Count(place + " complete", cell.complete(), expected.complete[i]);
      Count(place + " has a rate", cell.has_retention(), size > 0);
      Value(place, cell, found.value, found.cumulative, size);
    }
  }

  template <typename Message>
  void Table(const std::string& row, const Message& got, const Cohorts& expected) {
    Count(row + "cohorts", got.cohorts_size(), static_cast<int64_t>(expected.size()));
    if (!text_.empty()) return;
    for (size_t i = 0; i < expected.size(); ++i) Cohort(row, got.cohorts(static_cast<int>(i)), expected[i]);
    for (int i = 0; i < got.pooled_size(); ++i) {
      Cell sum;
      int64_t size = 0, cohorts = 0;
      for (const RetentionCohortByDefinition& cohort : expected) {
        if (!cohort.complete[i]) continue;
        const Cell cell = Sum(cohort, i);
        sum.retained += cell.retained;
        sum.value += cell.value;
        sum.cumulative += cell.cumulative;
        size += static_cast<int64_t>(cohort.members.size());
        ++cohorts;
      }
      const v1::PooledRetention& pooled = got.pooled(i);
      const std::string place = absl::StrCat(row, "pooled offset ", pooled.offset());
      Count(place, pooled.retained_count(), sum.retained);
      Count(place + " size", pooled.size(), size);
      Count(place + " cohorts", pooled.cohort_count(), cohorts);
      Count(place + " has a rate", pooled.has_retention(), size > 0);
      Count(place + " has an interval", pooled.retention().has_low(),
            size > 0 && request_.kind() != v1::RETENTION_KIND_RECURRING);
      Value(place, pooled, sum.value, sum.cumulative, size);
    }
  }

 private:
  struct Cell {
    int64_t retained = 0;
    int64_t value = 0;
    int64_t cumulative = 0;
  };

  static Cell Sum(const RetentionCohortByDefinition& cohort, int column) {
    Cell cell;
    for (const auto& member : cohort.members) {
      cell.retained += member.returned[column].has_value() ? 1 : 0;
      cell.value += member.value[column];
      cell.cumulative += member.cumulative_value[column];
    }
    return cell;
  }

  // Exactly: sums are decimals.
  void Number(const std::string& what, double got, double expected) {
    if (got != expected) absl::StrAppend(&text_, what, ": got ", got, ", expected ", expected, "\n");
  }

  const v1::GetRetentionRequest& request_;
  std::string& text_;
};

class RetentionRandomTest : public RandomMetricTest {
 protected:
  std::string Compare(const RandomTrial<v1::GetRetentionRequest>& trial) {
    const absl::StatusOr<v1::GetRetentionResponse> response = AskTrial(query::Retention, trial);
    if (!response.ok()) return response.status().ToString();
    const absl::StatusOr<query::QueryScope> scope = query::ResolveScope(trial.request.scope(), context_);
    if (!scope.ok()) return scope.status().ToString();
    const Cohorts cohorts =
        RetentionByDefinition(SeenHistory(trial), QuestionByDefinition(trial.request, *scope, trial.history));
    std::string text;
    RetentionDifferences differences(trial.request, text);
    differences.Table("", *response, cohorts);
    if (!trial.request.has_breakdown()) return text;
    int64_t value_count = 0;
    const auto rows = BreakDown(trial.request.breakdown(), cohorts, trial.history, value_count);
    differences.Count("values", response->breakdown_value_count(), value_count);
    differences.Count("rows", response->breakdown_rows_size(), static_cast<int64_t>(rows.size()));
    for (size_t i = 0; text.empty() && i < rows.size(); ++i) {
      const v1::RetentionBreakdownRow& got = response->breakdown_rows(static_cast<int>(i));
      if (KeyOf(got.value()) != rows[i].first) {
        absl::StrAppend(&text, "row ", i, ": got ", KeyOf(got.value()), ", expected ", rows[i].first, "\n");
      }
      differences.Table(absl::StrCat("row ", rows[i].first, " "), got, rows[i].second);
    }
    return text;
  }
};

TEST_F(RetentionRandomTest, RetentionIsItsDefinition) {
  CompareOnRandomHistories<v1::GetRetentionRequest>(kRetentionHistories, MakeRetentionTableTrial,
                                                    [&](const auto& trial) { return Compare(trial); });
}

}  // namespace
}  // namespace donut::testing
