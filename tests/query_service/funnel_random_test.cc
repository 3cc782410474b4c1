// The funnel and the conversion rate against their definition, on random histories.

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gtest/gtest.h"
#include "query_service/metrics/conversion_rate.h"
#include "query_service/metrics/funnel.h"
#include "tests/query_service/random_metric_test.h"
#include "tests/reference/funnel.h"

namespace donut::testing {
namespace {

constexpr int kHistories = 400;

// The absolute difference that printing and reading doubles may leave.
constexpr double kRounding = 1e-6;

absl::Duration PickWindow(Dice& dice, const History& history) {
  absl::Duration window = absl::Hours(dice.Between(1, 24 * 10));
  // Exactly between two events, or a microsecond beside that.
  if (history.events.size() >= 2 && dice.OneIn(2)) {
    window = absl::AbsDuration(dice.Pick(history.events).time - dice.Pick(history.events).time) +
             absl::Microseconds(dice.Between(-1, 1));
  }
  return std::min(std::max(window, absl::Microseconds(1)), absl::Hours(366 * 24));
}

v1::FunnelStep PickStep(Dice& dice) {
  v1::FunnelStep step;
  for (const std::string& name : PickNames(dice, dice.OneIn(3) ? 3 : 1)) step.add_event_names(name);
  step.set_any_event(step.event_names().empty());
  if (dice.OneIn(3)) *step.mutable_filter() = MakeRandomFilter(dice, 2);
  return step;
}

// The history and what all funnels are asked; some bounds are exactly an event's time.
template <typename Request>
RandomTrial<Request> MakeTrial(Dice& dice) {
  const RandomSetting setting = PickSetting(dice);
  RandomHistoryOptions options;
  options.most_events = 22;
  options.most_users = 3;
  RandomTrial<Request> trial = {MakeRandomHistory(dice, setting, options), setting.time_zone, {}};
  *trial.request.mutable_scope() = MakeRandomScope(dice, setting);
  if (!trial.history.events.empty() && dice.OneIn(4)) {
    *trial.request.mutable_scope()->mutable_as_of_time() =
        donut::ToProto(dice.Pick(trial.history.events).time);
  }
  if (!dice.OneIn(4)) {
    *trial.request.mutable_window() = donut::ToProto(PickWindow(dice, trial.history));
  }
  if (dice.OneIn(3)) trial.request.set_actor(v1::ACTOR_SESSION);
  FilterSome(dice, trial);
  return trial;
}

RandomTrial<v1::GetFunnelRequest> MakeFunnelTrial(Dice& dice) {
  RandomTrial<v1::GetFunnelRequest> trial = MakeTrial<v1::GetFunnelRequest>(dice);
  const int64_t steps = dice.Between(1, 6);
  for (int64_t i = 0; i < steps; ++i) *trial.request.add_steps() = PickStep(dice);
  return trial;
}

RandomTrial<v1::GetConversionRateRequest> MakeConversionTrial(Dice& dice) {
  auto trial = MakeTrial<v1::GetConversionRateRequest>(dice);
  *trial.request.mutable_from() = PickStep(dice);
  *trial.request.mutable_to() = PickStep(dice);
  return trial;
}

template <typename Request>
FunnelByDefinitionQuestion Question(const Request& request, const v1::ResolvedScope& scope,
                                    const std::vector<v1::FunnelStep>& steps, const History& history) {
  FunnelByDefinitionQuestion question;
  for (const v1::FunnelStep& step : steps) {
    question.steps.push_back({{step.event_names().begin(), step.event_names().end()}, TestOf(step, history)});
  }
  question.start = *FromProto(scope.start_time(), "start");
  question.end = *FromProto(scope.end_time(), "end");
  question.as_of = *FromProto(scope.as_of_time(), "as_of");
  question.window = request.has_window() ? *FromProto(request.window(), "window") : absl::Hours(14 * 24);
  question.by_session = request.actor() == v1::ACTOR_SESSION;
  return question;
}

// Collects what differs.
class Differences {
 public:
  void Count(const std::string& what, int64_t got, int64_t expected) {
    if (got != expected) absl::StrAppend(&text_, what, ": got ", got, ", expected ", expected, "\n");
  }

  void Statistics(const std::string& what, const std::optional<v1::DurationStatistics>& got,
                  const std::vector<absl::Duration>& expected) {
    if (got.has_value() != !expected.empty()) {
      absl::StrAppend(&text_, what, ": is ", got ? "present" : "absent", "\n");
    }
    if (!got || expected.empty()) return;
    absl::Duration sum;
    for (const absl::Duration duration : expected) sum += duration;
    Count(what + ".count", got->count(), static_cast<int64_t>(expected.size()));
    Seconds(what + ".mean", got->mean_seconds(),
            absl::ToDoubleSeconds(sum) / static_cast<double>(expected.size()));
    Seconds(what + ".median", got->median_seconds(), PercentileByDefinition(0.5, expected));
    Seconds(what + ".p90", got->p90_seconds(), PercentileByDefinition(0.9, expected));
    Seconds(what + ".p99", got->p99_seconds(), PercentileByDefinition(0.99, expected));
    Seconds(what + ".min", got->min_seconds(), PercentileByDefinition(0, expected));
    Seconds(what + ".max", got->max_seconds(), PercentileByDefinition(1, expected));
  }

  void Share(const std::string& what, bool present, const v1::Rate& got, int64_t part, int64_t whole) {
    Count(what + " is present", present, whole > 0);
    if (present && whole > 0)
      Seconds(what, got.value(), static_cast<double>(part) / static_cast<double>(whole));
  }

  const std::string& text() const { return text_; }

 private:
  void Seconds(const std::string& what, double got, double expected) {
    if (std::abs(got - expected) > kRounding) {
      absl::StrAppend(&text_, what, ": got ", got, ", expected ", expected, "\n");
    }
  }

  std::string text_;
};

template <typename Message>
std::optional<v1::DurationStatistics> If(bool present, const Message& statistics) {
  if (!present) return std::nullopt;
  return statistics;
}

void CompareSteps(const v1::GetFunnelResponse& response, const FunnelByDefinitionAnswer& answer,
                  Differences& differences) {
  int64_t previous = answer.actors[0];
  for (int i = 0; i < response.steps_size(); ++i) {
    const v1::FunnelStepResult& step = response.steps(i);
    const std::string name = absl::StrCat("steps[", i, "]");
    const int64_t actors = answer.actors[i];
    differences.Count(name, step.actor_count(), actors);
    differences.Count(name + ".drop_off_count", step.drop_off_count(), previous - actors);
    differences.Share(name + ".drop_off", step.has_drop_off(), step.drop_off(), previous - actors, previous);
    differences.Share(name + ".conversion_from_previous", step.has_conversion_from_previous(),
                      step.conversion_from_previous(), actors, previous);
    differences.Share(name + ".conversion_from_first", step.has_conversion_from_first(),
                      step.conversion_from_first(), actors, answer.actors[0]);
    differences.Statistics(name + ".time_from_previous",
                           If(step.has_time_from_previous(), step.time_from_previous()),
                           answer.from_previous[i]);
    previous = actors;
  }
}

class FunnelRandomTest : public RandomMetricTest {
 protected:
  std::string CompareFunnel(const RandomTrial<v1::GetFunnelRequest>& trial) {
    const absl::StatusOr<v1::GetFunnelResponse> response = AskTrial(query::Funnel, trial);
    if (!response.ok()) return response.status().ToString();
    Differences differences;
    const FunnelByDefinitionQuestion question =
        Question(trial.request, response->scope(),
                 {trial.request.steps().begin(), trial.request.steps().end()}, trial.history);
    const FunnelByDefinitionAnswer answer = FunnelByDefinition(SeenHistory(trial), question);
    CompareSteps(*response, answer, differences);
    differences.Statistics("time_to_convert",
                           If(response->has_time_to_convert(), response->time_to_convert()),
                           answer.to_convert);
    differences.Share("conversion", response->has_conversion(), response->conversion(), answer.actors.back(),
                      answer.actors[0]);
    differences.Count("actors_still_open", response->actors_still_open_count(), answer.still_open);
    differences.Count("complete", response->complete(), question.end + question.window <= question.as_of);
    return differences.text();
  }

  std::string CompareConversionRate(const RandomTrial<v1::GetConversionRateRequest>& trial) {
    const absl::StatusOr<v1::GetConversionRateResponse> response = AskTrial(query::ConversionRate, trial);
    if (!response.ok()) return response.status().ToString();
    Differences differences;
    const FunnelByDefinitionAnswer answer = FunnelByDefinition(
        SeenHistory(trial), Question(trial.request, response->scope(),
                                     {trial.request.from(), trial.request.to()}, trial.history));
    differences.Count("entered", response->entered_count(), answer.actors[0]);
    differences.Count("converted", response->converted_count(), answer.actors[1]);
    differences.Share("conversion", response->has_conversion(), response->conversion(), answer.actors[1],
                      answer.actors[0]);
    differences.Statistics("time_to_convert",
                           If(response->has_time_to_convert(), response->time_to_convert()),
                           answer.to_convert);
    differences.Count("actors_still_open", response->actors_still_open_count(), answer.still_open);
    return differences.text();
  }
};

TEST_F(FunnelRandomTest, FunnelIsItsDefinition) {
  CompareOnRandomHistories<v1::GetFunnelRequest>(kHistories, MakeFunnelTrial,
                                                 [&](const auto& trial) { return CompareFunnel(trial); });
}

TEST_F(FunnelRandomTest, ConversionRateIsItsDefinition) {
  CompareOnRandomHistories<v1::GetConversionRateRequest>(
      kHistories, MakeConversionTrial, [&](const auto& trial) { return CompareConversionRate(trial); });
}

}  // namespace
}  // namespace donut::testing
