// Questions about a stretch of the users' ids, as verification asks them: of both engines, of every metric.
#include "query_service/user_range.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/funnel/funnel.h"
#include "query_service/metrics/funnel/funnel_actors.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/summary/summary.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

namespace fs = std::filesystem;

class UserRangeTest : public RandomMetricTest {
 protected:
  // The users of the loaded project by their ids.
  std::vector<std::pair<int64_t, std::string>> UsersById() {
    pqxx::work transaction(database().owner());
    std::vector<std::pair<int64_t, std::string>> users;
    for (const auto& row : transaction.exec_params(
             "SELECT user_id, distinct_id FROM users WHERE project_id = $1 ORDER BY user_id",
             context_.project.project_id)) {
      users.emplace_back(row[0].as<int64_t>(), row[1].as<std::string>());
    }
    return users;
  }

  // Asks about the first of the users, and holds it against a project that has no other ones.
  template <typename Request, typename Response>
  void CompareWithAProjectOfTheirOwn(
      absl::StatusOr<Response> (*metric)(const Request&, const query::QueryContext&, pqxx::transaction_base&),
      const Request& request, const History& history, const std::string& time_zone, size_t user_count) {
    context_.users.reset();
    Load(history, time_zone);
    context_.project.name = "the same";
    const auto users = UsersById();
    ASSERT_FALSE(users.empty());
    user_count = std::min(user_count, users.size());
    context_.users = query::UserRange{std::numeric_limits<int64_t>::min(), users[user_count - 1].first};
    ASSERT_OK_AND_ASSIGN(const Response of_range, Ask(metric, request));

    History theirs = history;
    theirs.events.clear();
    for (const HistoryEvent& event : history.events) {
      for (size_t i = 0; i < user_count; ++i) {
        if (event.user == users[i].second) theirs.events.push_back(event);
      }
    }
    context_.users.reset();
    Load(theirs, time_zone);
    context_.project.name = "the same";
    ASSERT_OK_AND_ASSIGN(const Response of_project, Ask(metric, request));
    EXPECT_EQ(EngineDifference(of_project, of_range), "") << request.ShortDebugString() << "\n"
                                                          << ToString(history);
  }

  void TearDown() override { context_.users.reset(); }
};

v1::GetFunnelRequest FunnelFor(Dice& dice, const v1::Scope& scope) {
  v1::GetFunnelRequest funnel;
  *funnel.mutable_scope() = scope;
  for (const char* name : {"a", "b"}) funnel.add_steps()->add_event_names(name);
  funnel.mutable_window()->set_seconds(86'400 * dice.Between(1, 10));
  funnel.set_order(static_cast<v1::FunnelOrder>(dice.Between(1, 3)));
  if (dice.OneIn(2)) funnel.mutable_breakdown()->set_event_property("p");
  return funnel;
}

v1::GetRetentionRequest RetentionFor(Dice& dice, const v1::Scope& scope) {
  v1::GetRetentionRequest retention;
  *retention.mutable_scope() = scope;
  retention.set_period(v1::GRANULARITY_DAY);
  for (int offset = 1; offset < 4; ++offset) retention.add_offsets(offset);
  retention.set_kind(static_cast<v1::RetentionKind>(dice.Between(1, 2)));
  retention.set_mode(static_cast<v1::RetentionMode>(dice.Between(1, 2)));
  if (retention.kind() == v1::RETENTION_KIND_FIRST_TIME && dice.OneIn(2)) {
    retention.set_alignment(v1::RETENTION_ALIGNMENT_ROLLING);
  }
  if (dice.OneIn(2)) retention.mutable_breakdown()->set_user_property("p");
  return retention;
}

TEST_F(UserRangeTest, AnswersAsIfThereWereNoOtherUsers) {
  const uint64_t seed = RandomSeed();
  for (uint64_t i = 0; i < 12; ++i) {
    SCOPED_TRACE(absl::StrCat("DONUT_RANDOM_SEED=", seed, " round ", i));
    Dice dice(seed + i);
    const RandomSetting setting = PickSetting(dice);
    RandomTrial<v1::GetActiveUsersRequest> trial = {MakeRandomHistory(dice, setting), setting.time_zone, {}};
    trial.history.attempts.clear();
    if (trial.history.events.empty()) continue;
    *trial.request.mutable_scope() = MakeRandomScope(dice, setting, 10);
    FilterSome(dice, trial);
    const v1::Scope& scope = trial.request.scope();
    const auto compare = [&](auto metric, const auto& request) {
      CompareWithAProjectOfTheirOwn(metric, request, trial.history, trial.time_zone, 1 + i % 3);
    };
    v1::GetFeatureUsageRequest usage;
    *usage.mutable_scope() = scope;
    v1::GetSummaryRequest summary;
    *summary.mutable_scope() = scope;
    v1::ListFunnelActorsRequest funnel_actors;
    *funnel_actors.mutable_funnel() = FunnelFor(dice, scope);
    funnel_actors.mutable_funnel()->clear_breakdown();
    funnel_actors.set_reached_step(1);
    if (dice.OneIn(2)) trial.request.mutable_breakdown()->set_event_property("p");
    compare(&query::ActiveUsers, trial.request);
    compare(&query::FeatureUsage, usage);
    compare(&query::Funnel, FunnelFor(dice, scope));
    // One user: the order of more is that of their ids, which differ between projects.
    CompareWithAProjectOfTheirOwn(&query::FunnelActors, funnel_actors, trial.history, trial.time_zone, 1);
    compare(&query::Retention, RetentionFor(dice, scope));
    compare(&query::Summary, summary);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST_F(UserRangeTest, ARangeWithoutUsersHasNoEvents) {
  History history;
  history.events.push_back({At("2024-06-10 10:00:00"), "ann", "", "open", 1, 1, {}});
  Load(history);
  v1::GetSummaryRequest request;
  const int64_t ann = UsersById()[0].first;
  context_.users = query::UserRange{ann, ann};
  ASSERT_OK_AND_ASSIGN(const v1::GetSummaryResponse of_ann, Ask(query::Summary, request));
  EXPECT_EQ(of_ann.event_count(), 1);
  context_.users = query::UserRange{ann + 1, std::numeric_limits<int64_t>::max()};
  ASSERT_OK_AND_ASSIGN(const v1::GetSummaryResponse of_others, Ask(query::Summary, request));
  EXPECT_EQ(of_others.event_count(), 0);
  EXPECT_EQ(of_others.active_users().active_count(), 0);
}

// Else a question about some users would be answered for all of them.
TEST_F(UserRangeTest, EveryStatementThatReadsEventsHasThePlaceOfTheFilter) {
  static const std::regex comment("--[^\n]*");
  int reading = 0;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(DONUT_CASES_FOLDER) / "../../query_service/metrics")) {
    if (entry.path().extension() != ".sql") continue;
    std::ifstream stream(entry.path());
    std::ostringstream text;
    text << stream.rdbuf();
    std::string sql = std::regex_replace(text.str(), comment, "");
    const std::string table = "analytics_events";
    for (size_t at = sql.find(table); at != std::string::npos;) {
      ++reading;
      const size_t next = sql.find(table, at + 1);
      EXPECT_LT(sql.find("AND {filter}", at), std::min(next, sql.size())) << entry.path();
      at = next;
    }
  }
  EXPECT_GE(reading, 14);
}

}  // namespace
}  // namespace donut::testing
