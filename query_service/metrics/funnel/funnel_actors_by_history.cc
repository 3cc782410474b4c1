#include "query_service/metrics/funnel/funnel_actors_by_history.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/proto_time.h"
#include "common/status_macros.h"
#include "query_service/metrics/funnel/funnel_fold.h"
#include "query_service/metrics/funnel/funnel_plan.h"
#include "query_service/metrics/funnel/funnel_rows.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

// Which actors are asked for by their row.
class AskedRow {
 public:
  // Without a breakdown both are null.
  AskedRow(const FunnelActorsQuestion& question, const FunnelRows* rows, const ValueNames* names)
      : row_(question.row), rows_(rows) {
    if (row_ != FunnelActorsQuestion::kValue) return;
    for (uint32_t number = 1; number <= names->size(); ++number) {
      if (names->At(number) == question.value) value_ = number;
    }
  }

  bool Has(const FunnelFold::Actor& actor) const {
    switch (row_) {
      case FunnelActorsQuestion::kAllRows:
        return true;
      case FunnelActorsQuestion::kValue:
        return value_ != 0 && actor.value == value_;
      case FunnelActorsQuestion::kNone:
        return actor.value == 0;
      case FunnelActorsQuestion::kNotReached:
        return actor.value == FunnelFold::kNotReached;
      default:
        return rows_->RowOf(actor.value) == rows_->other();
    }
  }

 private:
  const FunnelActorsQuestion::Row row_;
  const FunnelRows* const rows_;
  // 0: nobody has it.
  uint32_t value_ = 0;
};

// Chosen by level and row: actors, and where each one's times begin.
struct ChosenActors {
  std::vector<const FunnelFold::Actor*> actors;
  std::vector<const int64_t*> times_us;
};

ChosenActors Choose(const FunnelActorsQuestion& question, const FunnelFold& fold, const AskedRow& row) {
  ChosenActors chosen;
  const int64_t* times_us = fold.times_us().data();
  for (const FunnelFold::Actor& actor : fold.actors()) {
    const bool is_asked = actor.level >= question.lowest_level && actor.level <= question.highest_level;
    if (is_asked && row.Has(actor)) {
      chosen.actors.push_back(&actor);
      chosen.times_us.push_back(times_us);
    }
    times_us += actor.level;
  }
  return chosen;
}

v1::BreakdownValue ValueOf(const FunnelFold::Actor& actor, const ValueNames& names) {
  v1::BreakdownValue value;
  if (actor.value == FunnelFold::kNotReached) {
    value.set_not_reached(true);
  } else if (actor.value == 0) {
    value.set_none(true);
  } else {
    value.set_text(names.At(actor.value));
  }
  return value;
}

// Sorted and cut as the page is: their texts, and which of the chosen each one is.
pqxx::result FindTexts(const FunnelActorsQuestion& question, const ChosenActors& chosen,
                       pqxx::transaction_base& transaction) {
  std::vector<int64_t> users;
  std::vector<int64_t> sessions;
  for (const FunnelFold::Actor* actor : chosen.actors) {
    users.push_back(actor->user_id);
    sessions.push_back(actor->session_id);
  }
  return transaction.exec_params(sql::kFunnelActorsTexts, question.funnel.scope.project_id,
                                 ToPostgresArray(users), ToPostgresArray(sessions), question.after_user,
                                 question.after_session, question.page_size + 1,
                                 question.funnel.actor == v1::ACTOR_SESSION);
}

}  // namespace

absl::StatusOr<FunnelActorsPage> FunnelActorsByHistory(const FunnelActorsQuestion& question,
                                                       HistoryRun& run) {
  const FunnelQuestion& funnel = question.funnel;
  ASSIGN_OR_RETURN(const std::unique_ptr<ActorScan> scan, run.Open(FunnelEventQuestion(funnel)));
  ASSIGN_OR_RETURN(const FunnelFold fold,
                   FoldActors(*scan, FunnelFold(std::make_shared<const FunnelQuestion>(funnel))));
  std::optional<FunnelRows> rows;
  const ValueNames* names = nullptr;
  if (!funnel.breakdown.empty()) {
    names = &scan->value_names(funnel.held.size());
    rows.emplace(fold, *names, funnel.breakdown.limit());
  }
  const AskedRow asked(question, rows ? &*rows : nullptr, names);
  const ChosenActors chosen = Choose(question, fold, asked);
  FunnelActorsPage page;
  for (const pqxx::row& row : FindTexts(question, chosen, run.transaction())) {
    page.total_size = row["total_size"].as<int64_t>();
    if (row["distinct_id"].is_null()) continue;
    const auto place = row["place"].as<size_t>() - 1;
    const FunnelFold::Actor& found = *chosen.actors[place];
    v1::FunnelActor& actor = page.actors.emplace_back();
    actor.set_user_id(row["distinct_id"].as<std::string>());
    actor.set_session_key(found.session_id);
    if (!row["session_text"].is_null()) actor.set_session_id(row["session_text"].as<std::string>());
    actor.set_level(found.level);
    for (int i = 0; i < found.level; ++i) {
      *actor.add_step_times() = donut::ToProto(absl::FromUnixMicros(chosen.times_us[place][i]));
    }
    actor.set_still_open(found.is_open);
    if (names == nullptr) continue;
    *actor.mutable_breakdown_value() = ValueOf(found, *names);
    actor.set_in_other_row(rows->RowOf(found.value) == rows->other());
  }
  return page;
}

}  // namespace donut::query
