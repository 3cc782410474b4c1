// Random questions of retention with every option, and the same questions as the oracle takes them. For
// tests. Not thread-safe.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/proto_time.h"
#include "donut/analytics/v1/retention.pb.h"
#include "query_service/query_scope.h"
#include "tests/reference/random_comparison.h"
#include "tests/reference/retention.h"

namespace donut::testing {

inline constexpr char kRandomPrice[] = "price";

inline void SetRandomColumns(Dice& dice, v1::GetRetentionRequest& request) {
  int64_t offset = 0;
  for (int64_t i = dice.Between(1, 4); i > 0; --i) {
    offset += dice.Between(1, 3);
    if (request.mode() == v1::RETENTION_MODE_BRACKET) {
      request.add_brackets()->set_first_offset(static_cast<int32_t>(offset));
      offset += dice.Between(0, 4);
      request.mutable_brackets()->rbegin()->set_last_offset(static_cast<int32_t>(offset));
    } else {
      request.add_offsets(static_cast<int32_t>(offset));
    }
  }
}

inline RandomTrial<v1::GetRetentionRequest> MakeRetentionTrial(Dice& dice) {
  static const auto& prices =
      *new std::vector<std::string>{"0.1", "0.25", "19.99", "-3", "1e3", "0", "\"5\"", "null", "true", "[1]"};
  const RandomSetting setting = PickSetting(dice);
  RandomTrial<v1::GetRetentionRequest> trial = {MakeRandomHistory(dice, setting), setting.time_zone, {}};
  for (HistoryEvent& event : trial.history.events) {
    if (dice.OneIn(2)) event.properties[kRandomPrice] = dice.Pick(prices);
  }
  v1::GetRetentionRequest& request = trial.request;
  request.set_period(static_cast<v1::Granularity>(dice.Between(0, v1::GRANULARITY_MONTH)));
  *request.mutable_scope() =
      MakeRandomScope(dice, setting, request.period() == v1::GRANULARITY_HOUR ? 4 : 20);
  if (!trial.history.events.empty() && dice.OneIn(4)) {
    *request.mutable_scope()->mutable_as_of_time() = donut::ToProto(dice.Pick(trial.history.events).time);
  }
  request.set_kind(static_cast<v1::RetentionKind>(dice.Between(0, v1::RETENTION_KIND_RECURRING)));
  request.set_mode(static_cast<v1::RetentionMode>(dice.Between(0, v1::RETENTION_MODE_BRACKET)));
  if (request.kind() != v1::RETENTION_KIND_RECURRING && dice.OneIn(2)) {
    request.set_alignment(v1::RETENTION_ALIGNMENT_ROLLING);
  }
  SetRandomColumns(dice, request);
  for (const std::string& name : PickNames(dice, 2)) request.add_start_event_names(name);
  for (const std::string& name : PickNames(dice, 3)) request.add_return_event_names(name);
  FilterSome(dice, trial);
  if (dice.OneIn(3)) *request.mutable_start_filter() = MakeRandomFilter(dice, 2);
  if (dice.OneIn(3)) *request.mutable_return_filter() = MakeRandomFilter(dice, 2);
  return trial;
}

inline int64_t PriceInHundredths(const HistoryEvent& event) {
  const auto found = event.properties.find(kRandomPrice);
  if (found == event.properties.end()) return 0;
  const nlohmann::json price = nlohmann::json::parse(found->second);
  return price.is_number() ? std::llround(price.get<double>() * 100) : 0;
}

// Points to `history`.
inline RetentionByDefinitionQuestion QuestionByDefinition(const v1::GetRetentionRequest& request,
                                                          const query::QueryScope& scope,
                                                          const History& history) {
  RetentionByDefinitionQuestion question;
  question.start = scope.start;
  question.end = scope.end;
  question.as_of = scope.as_of;
  question.time_zone = scope.time_zone;
  question.week_start = scope.week_start;
  if (request.period() != v1::GRANULARITY_UNSPECIFIED) question.period = request.period();
  if (request.kind() != v1::RETENTION_KIND_UNSPECIFIED) question.kind = request.kind();
  if (request.mode() != v1::RETENTION_MODE_UNSPECIFIED) question.mode = request.mode();
  if (request.alignment() != v1::RETENTION_ALIGNMENT_UNSPECIFIED) question.alignment = request.alignment();
  for (const int32_t offset : request.offsets()) question.columns.push_back({offset, offset});
  for (const v1::RetentionBracket& bracket : request.brackets()) {
    question.columns.push_back({bracket.first_offset(), bracket.last_offset()});
  }
  question.start_names.assign(request.start_event_names().begin(), request.start_event_names().end());
  question.return_names.assign(request.return_event_names().begin(), request.return_event_names().end());
  if (request.has_start_filter()) {
    question.passes_start = [&history, filter = request.start_filter()](const HistoryEvent& event) {
      return PassesByDefinition(filter, event, history);
    };
  }
  if (request.has_return_filter()) {
    question.passes_return = [&history, filter = request.return_filter()](const HistoryEvent& event) {
      return PassesByDefinition(filter, event, history);
    };
  }
  question.value_of = PriceInHundredths;
  return question;
}

}  // namespace donut::testing
