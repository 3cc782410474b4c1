#include "query_service/metrics/funnel/funnel_statement.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "query_service/metrics_sql.h"

namespace donut::query {
namespace {

using Places = std::vector<std::pair<std::string, std::string>>;

std::string Fill(const char* piece, const Places& places) { return absl::StrReplaceAll(piece, places); }

// "one1, one2, ..." for 1 to `count`.
std::string Numbered(int count, const std::function<std::string(int)>& one, const char* separator = ", ") {
  std::vector<std::string> all;
  for (int i = 1; i <= count; ++i) all.push_back(one(i));
  return absl::StrJoin(all, separator);
}

// A list that goes on behind other columns.
std::string Further(const std::string& list) { return list.empty() ? "" : ", " + list; }

std::string Bit(int number) { return absl::StrCat("(1 << ", number - 1, ")"); }

std::string HasStep(int step) { return absl::StrCat("steps & ", Bit(step), " <> 0"); }

// The bits that an event matches, of those that its name does: some have a filter of their own, at
// {PLACE_n}.
std::string MatchedBits(const std::string& bits, const std::string& place, const std::vector<int>& filtered) {
  std::string unfiltered = "~0";
  std::string passed;
  for (const int number : filtered) {
    absl::StrAppend(&unfiltered, " & ~", Bit(number));
    absl::StrAppend(&passed, " | CASE WHEN ", bits, " & ", Bit(number), " <> 0 AND {", place, number,
                    "} THEN ", Bit(number), " ELSE 0 END");
  }
  return filtered.empty() ? bits : absl::StrCat(bits, " & (", unfiltered, ")", passed);
}

// Composes the statements of one question.
class FunnelComposer {
 public:
  explicit FunnelComposer(const FunnelQuestion& question)
      : question_(question),
        steps_(question.step_count()),
        strict_(question.order == v1::FUNNEL_ORDER_STRICT),
        unordered_(question.order == v1::FUNNEL_ORDER_UNORDERED),
        held_(!question.held.empty()),
        // The events of the timed attempts, not only their times.
        with_places_(question.attribution == v1::FUNNEL_ATTRIBUTION_ENTRY ||
                     question.attribution == v1::FUNNEL_ATTRIBUTION_STEP),
        with_values_(question.attribution != v1::FUNNEL_ATTRIBUTION_UNSPECIFIED),
        whole_events_(unordered_ && (held_ || with_values_ || !question.exclusions.empty())) {}

  std::string Counts() const {
    std::string sql =
        absl::StrCat(TimedAttempts(), Rows(), Fill(sql::kFunnelTotals, {{"{steps}", Steps()}, Quartiles()}));
    const int next = question_.breakdown.empty() ? 12 : 13;
    if (question_.histogram) {
      absl::StrAppend(&sql, Fill(sql::kFunnelHistogram, {{"{rule}", absl::StrCat("$", next)},
                                                         {"{count}", absl::StrCat("$", next + 1)},
                                                         {"{edges}", absl::StrCat("$", next + 2)}}));
    }
    absl::StrAppend(
        &sql,
        Fill(sql::kFunnelAnswer,
             {{"{steps}", Steps()},
              {"{histogram}", question_.histogram ? ", bin_count, bins, bin_laps" : ""},
              {"{histogram_join}", question_.histogram ? "LEFT JOIN histograms USING (place, step)" : ""}}));
    return sql;
  }

  std::string Series() const {
    const FunnelSeriesQuestion& series = *question_.series;
    const Places places = {{"{from_step}", absl::StrCat(series.from_step)},
                           {"{to_step}", absl::StrCat(series.to_step)}};
    std::string sql;
    if (unordered_) {
      sql = absl::StrCat(Events(), UnorderedAttempts(), Fill(sql::kFunnelSeriesEntriesUnordered, places));
    } else {
      sql = absl::StrCat(Events(), StepEvents(), BackwardPasses(), sql::kFunnelSeriesEntries);
    }
    return absl::StrCat(sql, sql::kFunnelSeriesTotals);
  }

  std::string Actors() const {
    const std::string row = question_.breakdown.empty()
                                ? sql::kFunnelActorsWhole
                                : absl::StrCat(BreakdownRows("$17"), sql::kFunnelActorsRow);
    return absl::StrCat(TimedAttempts(), row, sql::kFunnelActors);
  }

 private:
  std::string Steps() const { return absl::StrCat(steps_); }
  std::string HeldColumn() const { return held_ ? ", held" : ""; }

  std::string Order(bool descending = false) const {
    std::string order =
        question_.order == v1::FUNNEL_ORDER_ORDERED && question_.ties == v1::FUNNEL_TIES_BY_STEP
            ? "time_us, lowest_step, producer_no, sequence"
            : "time_us, producer_no, sequence";
    if (!descending) return order;
    return absl::StrCat(absl::StrReplaceAll(order, {{",", " DESC,"}}), " DESC");
  }

  std::string Events() const {
    std::vector<int> filtered_steps, filtered_exclusions;
    for (int i = 0; i < steps_; ++i) {
      if (!question_.steps[i].filter.empty()) filtered_steps.push_back(i + 1);
    }
    const int exclusions = static_cast<int>(question_.exclusions.size());
    for (int i = 0; i < exclusions; ++i) {
      if (!question_.exclusions[i].filter.empty()) filtered_exclusions.push_back(i + 1);
    }
    std::string columns;
    if (exclusions > 0) {
      absl::StrAppend(&columns, ", ", MatchedBits("n.exclusions", "exclusion_filter_", filtered_exclusions),
                      " AS exclusions");
    }
    if (held_) {
      absl::StrAppend(&columns, ", ARRAY[",
                      Numbered(static_cast<int>(question_.held.size()),
                               [](int i) { return absl::StrCat("{held_", i, "}"); }),
                      "] COLLATE \"C\" AS held");
    }
    if (with_values_) absl::StrAppend(&columns, ", {breakdown_value} AS value");
    // OFFSET 0 keeps the planner from copying filters and properties to each place that reads them.
    const bool once = !filtered_steps.empty() || !columns.empty();
    const std::string events =
        Fill(sql::kFunnelEvents, {{"{steps}", MatchedBits("n.steps", "step_filter_", filtered_steps)},
                                  {"{event_columns}", columns},
                                  {"{every_event}", strict_ ? "true" : "false"},
                                  {"{once}", once ? "OFFSET 0" : ""}});
    return held_ ? absl::StrCat(events, sql::kFunnelHeld) : events;
  }

  std::string EventsName() const { return held_ ? "held_events" : "matching_events"; }

  // Whether an event excludes: one that is a step between the two as well counts as the step.
  std::string Excludes(int number) const {
    const FunnelExclusionQuestion& exclusion = question_.exclusions[number - 1];
    int between = 0;
    for (int step = exclusion.from_step; step <= exclusion.to_step; ++step) between |= 1 << (step - 1);
    if (unordered_) between = (1 << steps_) - 1;
    return absl::StrCat("exclusions & ", Bit(number), " <> 0 AND steps & ", between, " = 0");
  }

  std::string StepEvents() const {
    std::string sql;
    std::string events = EventsName();
    const int exclusions = static_cast<int>(question_.exclusions.size());
    const std::string counts = Further(Numbered(exclusions, [](int i) { return absl::StrCat("seen_", i); }));
    if (exclusions > 0) {
      sql = Fill(sql::kFunnelExclusions, {{"{events}", events},
                                          {"{held}", HeldColumn()},
                                          {"{exclusion_counts}", Further(Numbered(exclusions, [&](int i) {
                                             return absl::StrCat("count(*) FILTER (WHERE ", Excludes(i),
                                                                 ") OVER seen AS seen_", i);
                                           }))}});
      events = "exclusion_counts";
    }
    std::string columns = absl::StrCat(HeldColumn(), counts);
    if (with_values_) absl::StrAppend(&columns, ", value");
    if (with_places_) {
      absl::StrAppend(&columns, ", row_number() OVER (PARTITION BY user_id, session ORDER BY ",
                      absl::StrReplaceAll(Order(), {{"lowest_step", "steps & -steps"}}), ") AS place");
    }
    absl::StrAppend(&sql, Fill(sql::kFunnelSteps, {{"{events}", events},
                                                   {"{every_event}", strict_ ? "true" : "false"},
                                                   {"{step_columns}", columns}}));
    return sql;
  }

  // What the passes carry along beside the attempts.
  std::string CarriedColumns() const {
    return absl::StrCat(HeldColumn(),
                        Further(Numbered(static_cast<int>(question_.exclusions.size()),
                                         [](int i) { return absl::StrCat("seen_", i); })),
                        with_places_ ? ", place" : "");
  }

  // Between step `step` - 1 and `step` there must be none of the exclusions that span them.
  std::string Partition(int step) const {
    if (strict_) return "";
    std::string partition = HeldColumn();
    for (size_t i = 0; i < question_.exclusions.size(); ++i) {
      const FunnelExclusionQuestion& exclusion = question_.exclusions[i];
      if (exclusion.from_step < step && step <= exclusion.to_step)
        absl::StrAppend(&partition, ", seen_", i + 1);
    }
    return partition;
  }

  // The best of `column` among the neighbours in window `window`.
  std::string Best(const std::string& function, const std::string& column, const std::string& window) const {
    if (!strict_) return absl::StrCat(function, "(", column, ") OVER ", window);
    // STRICT: the very neighbour, which an event of another value is as well.
    std::string neighbour = absl::StrCat("lag(", column, ") OVER ", window);
    if (!held_) return neighbour;
    return absl::StrCat("CASE WHEN lag(held) OVER ", window, " = held THEN ", neighbour, " END");
  }

  std::string Passes() const {
    std::string sql = Fill(sql::kFunnelFirstPass,
                           {{"{attempt}", with_places_ ? "ARRAY[time_us, place]" : "ARRAY[time_us]"}});
    for (int step = 2; step <= steps_; ++step) {
      const std::string best =
          absl::StrCat("(", Best("max", absl::StrCat("attempt_", step - 1), "earlier"), ")");
      const std::string attempt = with_places_ ? absl::StrCat(best, "[:", step - 1, "] || -time_us || ", best,
                                                              "[", step, ":] || -place")
                                               : absl::StrCat(best, " || -time_us");
      absl::StrAppend(&sql, Fill(sql::kFunnelPass, {{"{step}", absl::StrCat(step)},
                                                    {"{previous}", absl::StrCat(step - 1)},
                                                    {"{columns}", CarriedColumns()},
                                                    {"{best}", best},
                                                    {"{attempt}", attempt},
                                                    {"{partition}", Partition(step)},
                                                    {"{order}", Order()}}));
    }
    const std::string ranked =
        with_places_ ? "ARRAY[cardinality(attempt) / 2, -time_us] || attempt[:cardinality(attempt) / 2] "
                       "|| -abs(attempt[cardinality(attempt)]) || attempt[cardinality(attempt) / 2 + 1:]"
                     : "ARRAY[cardinality(attempt), -time_us] || attempt";
    absl::StrAppend(&sql, Fill(sql::kFunnelAttempts, {{"{steps}", Steps()}, {"{ranked}", ranked}}));
    return sql;
  }

  // The matching step with the most conditions, of equals the lowest.
  std::string StepOfEvent() const {
    std::vector<int> by_conditions(steps_);
    std::iota(by_conditions.begin(), by_conditions.end(), 1);
    std::stable_sort(by_conditions.begin(), by_conditions.end(), [&](int a, int b) {
      return ConditionCount(question_.steps[a - 1].filter.proto) >
             ConditionCount(question_.steps[b - 1].filter.proto);
    });
    std::string sql = "CASE";
    for (const int step : by_conditions) absl::StrAppend(&sql, " WHEN ", HasStep(step), " THEN ", step);
    return absl::StrCat(sql, " END");
  }

  std::string UnorderedAttempts() const {
    if (whole_events_) return UnorderedEventAttempts();
    const auto within = [](int i) { return absl::StrCat("within_", i); };
    return Fill(sql::kFunnelUnordered,
                {{"{step_of_event}", StepOfEvent()},
                 {"{next_times}", Further(Numbered(steps_,
                                                   [](int i) {
                                                     return absl::StrCat("min(time_us) FILTER (WHERE step = ",
                                                                         i, ") OVER later AS next_", i);
                                                   }))},
                 {"{times_within_window}", Further(Numbered(steps_,
                                                            [](int i) {
                                                              return absl::StrCat(
                                                                  "CASE WHEN next_", i,
                                                                  " - time_us <= $8::bigint THEN next_", i,
                                                                  " END AS within_", i);
                                                            }))},
                 {"{times}", Numbered(steps_, within)}});
  }

  std::string UnorderedEventAttempts() const {
    const int exclusions = static_cast<int>(question_.exclusions.size());
    const auto next_exclusion = [&](int i) {
      return absl::StrCat("coalesce(min(time_us) FILTER (WHERE ", Excludes(i),
                          ") OVER strictly_later, 9223372036854775807)");
    };
    const auto next_event = [](int i) {
      return absl::StrCat("min(event) FILTER (WHERE step = ", i, ") OVER later AS next_", i);
    };
    // Of its own step an entry is the event, not the first of those at its time.
    const auto next_event_row = [](int i) {
      return absl::StrCat("(", i, ", CASE WHEN step = ", i, " THEN event ELSE next_", i, " END)");
    };
    // None between the from-th event and the to-th, or the last: it would come after the one and not after
    // the other.
    const auto does_not_exclude = [&](int i) {
      const FunnelExclusionQuestion& exclusion = question_.exclusions[i - 1];
      return absl::StrCat("(n <= ", exclusion.from_step, " OR events[least(", exclusion.to_step,
                          ", n)][1] < events[", exclusion.from_step, "][", i + 2, "])");
    };
    return Fill(
        sql::kFunnelUnorderedEvents,
        {{"{step_of_event}", StepOfEvent()},
         {"{events}", EventsName()},
         {"{held}", HeldColumn()},
         {"{next_exclusions}", Further(Numbered(exclusions, next_exclusion))},
         {"{next_events}", Further(Numbered(steps_, next_event))},
         {"{next_event_rows}", Numbered(steps_, next_event_row)},
         {"{nothing_excludes}", exclusions == 0 ? "true" : Numbered(exclusions, does_not_exclude, " AND ")}});
  }

  std::string TimedAttempts() const {
    std::string times = "best[3:]";
    std::string places;
    if (whole_events_ || with_places_) {
      times = "best[3 : 2 + best[1]]";
      places = ", best[4 + best[1] :] AS places";
    } else if (unordered_) {
      times = "ARRAY(SELECT t FROM unnest(best[4:]) AS t WHERE t IS NOT NULL ORDER BY t)";
    }
    const std::string attempts = unordered_ ? UnorderedAttempts() : absl::StrCat(StepEvents(), Passes());
    return absl::StrCat(
        Events(), attempts,
        Fill(sql::kFunnelTimedAttempts, {{"{steps}", Steps()}, {"{times}", times}, {"{places}", places}}));
  }

  // The rows of the answer: the whole, and those of the breakdown.
  std::string Rows() const {
    if (question_.breakdown.empty()) return sql::kFunnelWhole;
    return absl::StrCat(BreakdownRows("$12"), sql::kFunnelBreakdown);
  }

  // Each actor's value, and the row of each value. `limit` is a parameter.
  std::string BreakdownRows(const std::string& limit) const {
    std::string values;
    switch (question_.attribution) {
      case v1::FUNNEL_ATTRIBUTION_ENTRY:
        values = Fill(sql::kFunnelValuesOfStep, {{"{step}", "1"}});
        break;
      case v1::FUNNEL_ATTRIBUTION_STEP:
        values = Fill(sql::kFunnelValuesOfStep, {{"{step}", absl::StrCat(question_.attribution_step)}});
        break;
      case v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH:
      case v1::FUNNEL_ATTRIBUTION_LAST_TOUCH:
        values = Fill(sql::kFunnelValuesOfTouch,
                      {{"{is_step}", unordered_ ? "step IS NOT NULL" : "steps <> 0"},
                       {"{touch_order}", question_.attribution == v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH
                                             ? "time_us, producer_no, sequence"
                                             : "time_us DESC, producer_no DESC, sequence DESC"}});
        break;
      default:
        values = sql::kFunnelValuesOfUser;
    }
    return absl::StrCat(values, Fill(sql::kFunnelBreakdownRows, {{"{limit}", limit}}));
  }

  std::pair<std::string, std::string> Quartiles() const {
    return {"{quartiles}", question_.histogram
                               ? ", percentile_cont(0.25) WITHIN GROUP (ORDER BY took_us) AS took_q1"
                                 ", percentile_cont(0.75) WITHIN GROUP (ORDER BY took_us) AS took_q3"
                               : ""};
  }

  std::string BackwardPasses() const {
    const int from = question_.series->from_step;
    const int to = question_.series->to_step;
    // Only an entry is step 1.
    const auto is_step = [](int step) { return step == 1 ? std::string("is_entry") : HasStep(step); };
    const auto reaches = [&](const std::string& what, int step) {
      return absl::StrCat(", CASE WHEN ", is_step(step), " THEN ",
                          Best("min", absl::StrCat(what, "_", step + 1), "later"), " END AS ", what, "_",
                          step);
    };
    const auto is_reached = [&](int step) {
      return absl::StrCat(", CASE WHEN ", is_step(step), " THEN time_us END AS from_", step);
    };
    std::string sql = Fill(sql::kFunnelSeriesStart, {{"{to_step}", absl::StrCat(to)},
                                                     {"{is_step}", is_step(to)},
                                                     {"{reached}", from == to ? is_reached(from) : ""}});
    for (int step = to - 1; step >= 1; --step) {
      const std::string reached = absl::StrCat(reaches("to", step), step == from  ? is_reached(step)
                                                                    : step < from ? reaches("from", step)
                                                                                  : "");
      absl::StrAppend(&sql, Fill(sql::kFunnelSeriesPass, {{"{step}", absl::StrCat(step)},
                                                          {"{next}", absl::StrCat(step + 1)},
                                                          {"{columns}", CarriedColumns()},
                                                          {"{reached}", reached},
                                                          {"{partition}", Partition(step + 1)},
                                                          {"{order}", Order(true)}}));
    }
    return sql;
  }

  const FunnelQuestion& question_;
  const int steps_;
  const bool strict_;
  const bool unordered_;
  const bool held_;
  const bool with_places_;
  const bool with_values_;
  const bool whole_events_;
};

}  // namespace

std::string FunnelCountsSql(const FunnelQuestion& question) { return FunnelComposer(question).Counts(); }
std::string FunnelSeriesSql(const FunnelQuestion& question) { return FunnelComposer(question).Series(); }
std::string FunnelActorsSql(const FunnelQuestion& question) { return FunnelComposer(question).Actors(); }

}  // namespace donut::query
