// The funnel, the conversion rate and the actors behind a bar against their definition, on random histories.

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/proto_time.h"
#include "common/status_macros.h"
#include "gtest/gtest.h"
#include "query_service/metrics/conversion_rate/conversion_rate.h"
#include "query_service/metrics/funnel/funnel.h"
#include "query_service/metrics/funnel/funnel_actors.h"
#include "query_service/metrics/funnel/funnel_question.h"
#include "tests/query_service/funnel_differences.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/reference/funnel_breakdown.h"
#include "tests/reference/funnel_request.h"

namespace donut::testing {
namespace {

constexpr int kFunnelHistories = 300;

RandomTrial<v1::GetFunnelRequest> MakeFunnelTrial(Dice& dice) {
  RandomHistoryOptions options;
  options.most_events = 22;
  options.most_users = 3;
  RandomTrial<v1::GetFunnelRequest> trial = MakeRandomFunnelTrial(dice, options);
  AddRandomFunnelReports(dice, trial.request);
  return trial;
}

// What both requests have.
template <typename From, typename To>
void CopyOptions(const From& from, To& to) {
  *to.mutable_scope() = from.scope();
  if (from.has_window()) *to.mutable_window() = from.window();
  to.set_actor(from.actor());
  to.set_range_applies_to(from.range_applies_to());
  to.set_ties(from.ties());
  *to.mutable_exclusions() = from.exclusions();
  *to.mutable_hold_constant() = from.hold_constant();
  if (from.has_breakdown()) *to.mutable_breakdown() = from.breakdown();
  to.set_attribution(from.attribution());
  to.set_attribution_step(from.attribution_step());
  if (from.has_histogram()) *to.mutable_histogram() = from.histogram();
}

const v1::GetFunnelRequest& FunnelOf(const v1::GetFunnelRequest& request) { return request; }
v1::GetFunnelRequest FunnelOf(const v1::GetConversionRateRequest& request) {
  v1::GetFunnelRequest funnel;
  CopyOptions(request, funnel);
  *funnel.add_steps() = request.from();
  *funnel.add_steps() = request.to();
  if (request.series_granularity() != v1::GRANULARITY_UNSPECIFIED) {
    funnel.mutable_series()->set_granularity(request.series_granularity());
  }
  return funnel;
}

RandomTrial<v1::GetConversionRateRequest> MakeConversionTrial(Dice& dice) {
  RandomTrial<v1::GetFunnelRequest> funnel;
  do {
    funnel = MakeFunnelTrial(dice);
  } while (funnel.request.steps_size() != 2 || funnel.request.order() > v1::FUNNEL_ORDER_ORDERED);
  RandomTrial<v1::GetConversionRateRequest> trial = {funnel.history, funnel.time_zone, {}};
  CopyOptions(funnel.request, trial.request);
  *trial.request.mutable_from() = funnel.request.steps(0);
  *trial.request.mutable_to() = funnel.request.steps(1);
  trial.request.set_series_granularity(funnel.request.series().granularity());
  return trial;
}

template <typename Request>
std::optional<v1::HistogramBins> HistogramOf(const Request& request) {
  if (!request.has_histogram()) return std::nullopt;
  return request.histogram();
}

class FunnelRandomTest : public RandomMetricTest {
 protected:
  template <typename Request>
  FunnelByDefinitionAnswer Expected(const RandomTrial<Request>& trial) {
    // The filter has been applied once: the events that do not pass were never there.
    seen_ = SeenHistory(trial);
    const v1::GetFunnelRequest& funnel = FunnelOf(trial.request);
    question_ = *query::ResolveFunnel(funnel, context_);
    return FunnelByDefinition(seen_, QuestionByDefinition(funnel, ToProto(question_.scope), seen_));
  }

  // A bucket is complete when it lies in the interval as a whole, and its windows are closed.
  bool IsComplete(const query::CalendarBucket& bucket) const {
    return bucket.start >= question_.scope.start && bucket.end <= question_.scope.end &&
           (question_.all_steps() ? bucket.end : bucket.end + question_.window) <= question_.scope.as_of;
  }

  std::string CompareFunnel(const RandomTrial<v1::GetFunnelRequest>& trial) {
    const absl::StatusOr<v1::GetFunnelResponse> got = AskTrial(query::Funnel, trial);
    if (!got.ok()) return got.status().ToString();
    const FunnelByDefinitionAnswer expected = Expected(trial);
    FunnelDifferences differences(HistogramOf(trial.request));
    differences.Steps("", *got, expected);
    differences.Count(
        "complete", got->complete(),
        (question_.all_steps() ? question_.scope.end : question_.scope.end + question_.window) <=
            question_.scope.as_of);
    differences.Count("values", got->breakdown_value_count(), expected.value_count);
    differences.Count("rows", got->breakdown_rows_size(), static_cast<int64_t>(expected.rows.size()));
    for (int i = 0; i < std::min<int>(got->breakdown_rows_size(), static_cast<int>(expected.rows.size()));
         ++i) {
      const std::string name = absl::StrCat("breakdown_rows[", i, "].");
      differences.Text(name + "value", got->breakdown_rows(i).value().ShortDebugString(),
                       expected.rows[i].value.ShortDebugString());
      differences.Steps(name, got->breakdown_rows(i), expected.rows[i].counts);
    }
    differences.Count("buckets", got->series_buckets_size(), static_cast<int64_t>(expected.series.size()));
    for (int i = 0; i < got->series_buckets_size(); ++i) {
      const v1::FunnelSeriesBucket& bucket = got->series_buckets(i);
      const std::string name = absl::StrCat("series_buckets[", i, "].");
      differences.Count(name + "entered", bucket.entered_count(), expected.series[i].entered);
      differences.Count(name + "from", bucket.from_count(), expected.series[i].from);
      differences.Count(name + "to", bucket.to_count(), expected.series[i].to);
      differences.Share(name + "conversion", bucket.has_conversion(), bucket.conversion(),
                        expected.series[i].to, expected.series[i].from);
      differences.Count(name + "complete", bucket.bucket().complete(),
                        IsComplete(question_.series->buckets[i]));
    }
    return differences.text();
  }

  std::string CompareConversionRate(const RandomTrial<v1::GetConversionRateRequest>& trial) {
    const absl::StatusOr<v1::GetConversionRateResponse> got = AskTrial(query::ConversionRate, trial);
    if (!got.ok()) return got.status().ToString();
    const FunnelByDefinitionAnswer expected = Expected(trial);
    FunnelDifferences differences(HistogramOf(trial.request));
    const auto compare = [&](const std::string& name, const auto& counts,
                             const FunnelCountsByDefinition& of) {
      differences.Count(name + "entered", counts.entered_count(), of.actors[0]);
      differences.Count(name + "converted", counts.converted_count(), of.actors[1]);
      differences.Share(name + "conversion", counts.has_conversion(), counts.conversion(), of.actors[1],
                        of.actors[0]);
      differences.Times(name + "time_to_convert", counts.has_time_to_convert(), counts.time_to_convert(),
                        counts.time_to_convert_histogram(), of.to_convert);
      differences.Count(name + "actors_still_open", counts.actors_still_open_count(), of.still_open);
    };
    compare("", *got, expected);
    differences.Count("rows", got->breakdown_rows_size(), static_cast<int64_t>(expected.rows.size()));
    for (int i = 0; i < std::min<int>(got->breakdown_rows_size(), static_cast<int>(expected.rows.size()));
         ++i) {
      compare(absl::StrCat("breakdown_rows[", i, "]."), got->breakdown_rows(i), expected.rows[i].counts);
    }
    for (int i = 0; i < got->series_buckets_size(); ++i) {
      const std::string name = absl::StrCat("series_buckets[", i, "].");
      differences.Count(name + "entered", got->series_buckets(i).entered_count(), expected.series[i].entered);
      differences.Count(name + "converted", got->series_buckets(i).converted_count(), expected.series[i].to);
    }
    return differences.text();
  }

  // Walks the pages of two actors each.
  absl::StatusOr<std::vector<v1::FunnelActor>> AllPages(v1::ListFunnelActorsRequest request, int64_t& total) {
    std::vector<v1::FunnelActor> actors;
    request.set_page_size(2);
    do {
      ASSIGN_OR_RETURN(const v1::ListFunnelActorsResponse page, Ask(query::FunnelActors, request));
      actors.insert(actors.end(), page.actors().begin(), page.actors().end());
      total = page.total_size();
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return actors;
  }

  std::string CompareActors(const RandomTrial<v1::GetFunnelRequest>& trial) {
    RandomTrial<v1::GetFunnelRequest> plain = trial;
    plain.request.clear_histogram();
    plain.request.clear_series();
    Load(plain.history, plain.time_zone);
    const FunnelByDefinitionAnswer expected = Expected(plain);
    FunnelDifferences differences(std::nullopt);
    v1::ListFunnelActorsRequest request;
    *request.mutable_funnel() = plain.request;
    CompareBars("", request, expected.each_actor, differences);
    for (const v1::BreakdownValue& row : RowsToAskFor(plain.request, expected)) {
      *request.mutable_breakdown_value() = row;
      CompareBars(absl::StrCat("row ", row.ShortDebugString(), ": "), request,
                  ActorsOfRowByDefinition(expected, row), differences);
    }
    return differences.text();
  }

 private:
  // Those of the funnel's answer, the values beyond the limit, and rows that there may not be.
  static std::vector<v1::BreakdownValue> RowsToAskFor(const v1::GetFunnelRequest& request,
                                                      const FunnelByDefinitionAnswer& expected) {
    if (!request.has_breakdown()) return {};
    std::set<std::string> texts = {"nosuch"};
    for (const FunnelActorByDefinition& actor : expected.each_actor) {
      if (actor.value) texts.insert(*actor.value);
    }
    std::vector<v1::BreakdownValue> rows;
    for (const std::string& text : texts) rows.emplace_back().set_text(text);
    rows.emplace_back().set_none(true);
    rows.emplace_back().set_other(true);
    if (request.attribution() == v1::FUNNEL_ATTRIBUTION_STEP) rows.emplace_back().set_not_reached(true);
    return rows;
  }

  // Every bar of the whole, and of a row those of its first and its last step. `actors`: all that are in it,
  // whatever their level.
  void CompareBars(const std::string& name, v1::ListFunnelActorsRequest request,
                   const std::vector<FunnelActorByDefinition>& actors, FunnelDifferences& differences) {
    const int steps = request.funnel().steps_size();
    for (int step = 1; step <= steps; ++step) {
      if (request.has_breakdown_value() && step != 1 && step != steps) continue;
      for (const bool dropped : {false, true}) {
        if (dropped && step == 1) continue;
        if (dropped) request.set_dropped_before_step(step);
        if (!dropped) request.set_reached_step(step);
        const std::string bar = absl::StrCat(name, dropped ? "dropped before " : "reached ", step);
        int64_t total = 0;
        const auto got = AllPages(request, total);
        differences.Text(bar, got.status().ToString(), "OK");
        if (!got.ok()) continue;
        std::vector<FunnelActorByDefinition> of;
        for (const FunnelActorByDefinition& actor : actors) {
          if (dropped ? actor.level() == step - 1 : actor.level() >= step) of.push_back(actor);
        }
        CompareList(bar, *got, of, request.funnel().has_breakdown(), differences);
        differences.Count(bar + ", total", total, static_cast<int64_t>(of.size()));
      }
    }
  }

  // Of a breakdown.
  static v1::BreakdownValue ValueOf(const FunnelActorByDefinition& actor) {
    v1::BreakdownValue value;
    if (actor.not_reached) {
      value.set_not_reached(true);
    } else if (actor.value) {
      value.set_text(*actor.value);
    } else {
      value.set_none(true);
    }
    return value;
  }

  // Sessions have no order but that of their keys: the oracle knows their texts only.
  static std::string Show(const std::string& user, int level, bool open, const std::string& value,
                          bool in_other, const std::vector<absl::Time>& times) {
    std::string text = absl::StrCat(user, " ", level, open ? " open" : "");
    absl::StrAppend(&text, " {", value, "}", in_other ? " in other" : "");
    for (const absl::Time time : times)
      absl::StrAppend(&text, " ", absl::FormatTime(time, absl::UTCTimeZone()));
    return text;
  }

  static void CompareList(const std::string& what, const std::vector<v1::FunnelActor>& got,
                          const std::vector<FunnelActorByDefinition>& expected, bool has_values,
                          FunnelDifferences& differences) {
    std::vector<std::string> got_texts, expected_texts;
    for (const v1::FunnelActor& actor : got) {
      std::vector<absl::Time> times;
      for (const auto& time : actor.step_times()) times.push_back(*FromProto(time, "step_times"));
      got_texts.push_back(Show(actor.user_id(), actor.level(), actor.still_open(),
                               actor.breakdown_value().ShortDebugString(), actor.in_other_row(), times));
    }
    for (const FunnelActorByDefinition& actor : expected) {
      std::vector<absl::Time> times;
      for (const HistoryEvent& event : actor.attempt) times.push_back(event.time);
      expected_texts.push_back(Show(actor.user, actor.level(), actor.open,
                                    has_values ? ValueOf(actor).ShortDebugString() : "", actor.in_other,
                                    times));
    }
    std::sort(got_texts.begin(), got_texts.end());
    std::sort(expected_texts.begin(), expected_texts.end());
    differences.Text(what, absl::StrJoin(got_texts, ", "), absl::StrJoin(expected_texts, ", "));
  }

  History seen_;
  query::FunnelQuestion question_;
};

TEST_F(FunnelRandomTest, FunnelIsItsDefinition) {
  CompareOnRandomHistories<v1::GetFunnelRequest>(kFunnelHistories, MakeFunnelTrial,
                                                 [&](const auto& trial) { return CompareFunnel(trial); });
}

TEST_F(FunnelRandomTest, ConversionRateIsItsDefinition) {
  CompareOnRandomHistories<v1::GetConversionRateRequest>(
      kFunnelHistories / 2, MakeConversionTrial,
      [&](const auto& trial) { return CompareConversionRate(trial); });
}

TEST_F(FunnelRandomTest, ActorsAreThoseOfTheDefinition) {
  CompareOnRandomHistories<v1::GetFunnelRequest>(kFunnelHistories / 4, MakeFunnelTrial,
                                                 [&](const auto& trial) { return CompareActors(trial); });
}

}  // namespace
}  // namespace donut::testing
