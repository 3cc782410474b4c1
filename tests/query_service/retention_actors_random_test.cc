// The actors behind every cell of retention against its definition, on random histories.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/proto_time.h"
#include "gtest/gtest.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/retention/retention_actors.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/query_service/retention_trial.h"

namespace donut::testing {
namespace {

constexpr int kRetentionActorsHistories = 60;
// Of each table: there are many cells, most of them alike.
constexpr size_t kMostCells = 5;

std::string ShowReturn(absl::Time time) {
  return absl::FormatTime("%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string Line(const std::string& user, absl::Time start, const std::optional<absl::Time>& returned) {
  return absl::StrCat(user, " ", ShowReturn(start), " ", returned ? ShowReturn(*returned) : "-");
}

// Who must be listed.
std::vector<std::string> ExpectedActors(const RetentionCohortByDefinition& cohort, int column,
                                        v1::RetentionActorsWho who) {
  std::vector<std::string> lines;
  for (const RetentionMemberByDefinition& member : cohort.members) {
    const bool retained = column >= 0 && member.returned[column];
    if (who == v1::RETENTION_ACTORS_WHO_RETAINED && !retained) continue;
    if (who == v1::RETENTION_ACTORS_WHO_NOT_RETAINED && retained) continue;
    lines.push_back(
        Line(member.user, member.start.time, column < 0 ? std::nullopt : member.returned[column]));
  }
  return lines;
}

class RetentionActorsRandomTest : public RandomMetricTest {
 protected:
  // All pages; or what went wrong.
  std::string CompareCell(v1::ListRetentionActorsRequest request, const std::vector<std::string>& expected) {
    std::vector<std::string> got;
    do {
      const auto response = Ask(query::RetentionActors, request);
      if (!response.ok()) return response.status().ToString();
      if (response->total_size() != static_cast<int64_t>(expected.size())) {
        return absl::StrCat("total_size ", response->total_size(), ", expected ", expected.size(), " of ",
                            request.ShortDebugString());
      }
      for (const v1::RetentionActor& actor : response->actors()) {
        std::optional<absl::Time> returned;
        if (actor.has_return_time()) returned = *FromProto(actor.return_time(), "return_time");
        got.push_back(Line(actor.user_id(), *FromProto(actor.start_time(), "start_time"), returned));
      }
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
    if (got == expected) return "";
    return absl::StrCat(request.ShortDebugString(), "\ngot:\n", absl::StrJoin(got, "\n"), "\nexpected:\n",
                        absl::StrJoin(expected, "\n"), "\n");
  }

  std::string Compare(const RandomTrial<v1::GetRetentionRequest>& trial) {
    const absl::StatusOr<v1::GetRetentionResponse> table = AskTrial(query::Retention, trial);
    if (!table.ok()) return table.status().ToString();
    const absl::StatusOr<query::QueryScope> scope = query::ResolveScope(trial.request.scope(), context_);
    const std::vector<RetentionCohortByDefinition> cohorts =
        RetentionByDefinition(SeenHistory(trial), QuestionByDefinition(trial.request, *scope, trial.history));
    // Those with somebody in them first.
    std::vector<size_t> places;
    for (size_t i = 0; i < cohorts.size(); ++i) places.push_back(i);
    std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) {
      return cohorts[a].members.size() > cohorts[b].members.size();
    });
    const size_t columns = static_cast<size_t>(table->offsets_size());
    for (size_t i = 0; i < std::min(kMostCells, places.size() * columns); ++i) {
      const size_t place = places[i / columns];
      const int column = static_cast<int>(i % columns);
      v1::ListRetentionActorsRequest request;
      *request.mutable_retention() = trial.request;
      request.set_cohort(table->cohorts(static_cast<int>(place)).bucket().label());
      request.set_page_size(2);
      for (const auto who : {v1::RETENTION_ACTORS_WHO_RETAINED, v1::RETENTION_ACTORS_WHO_NOT_RETAINED,
                             v1::RETENTION_ACTORS_WHO_ALL}) {
        request.set_who(who);
        request.set_offset(table->offsets(column));
        std::string text = CompareCell(request, ExpectedActors(cohorts[place], column, who));
        if (!text.empty()) return text;
      }
      request.set_offset(0);
      std::string text = CompareCell(request, ExpectedActors(cohorts[place], -1, request.who()));
      if (!text.empty()) return text;
    }
    return "";
  }
};

TEST_F(RetentionActorsRandomTest, EveryCellListsItsActors) {
  CompareOnRandomHistories<v1::GetRetentionRequest>(kRetentionActorsHistories, MakeRetentionTrial,
                                                    [&](const auto& trial) { return Compare(trial); });
}

}  // namespace
}  // namespace donut::testing
