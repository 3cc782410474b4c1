#include "cli/funnel_request.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/duration_text.h"
#include "cli/metric_words.h"
#include "cli/option_words.h"
#include "cli/step_text.h"
#include "common/proto_time.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr char kStepPrefix[] = "step:";

absl::StatusOr<v1::FunnelStep> StepOf(const std::string& place, const std::string& text) {
  auto step = ParseStep(text);
  if (step.ok()) return step;
  return WrongOption(place, absl::StrCat(std::string(step.status().message()), ", in: ", text));
}

// What GetFunnel and GetConversionRate have in common.
template <typename Request>
absl::Status SetShared(const FunnelArguments& arguments, absl::Time now, Request& request) {
  ASSIGN_OR_RETURN(*request.mutable_scope(), ToScope(arguments.scope, now));
  if (!arguments.window.empty()) {
    const auto window = ParseDurationText(arguments.window);
    if (!window.ok()) return InOption("--window", window.status());
    *request.mutable_window() = ToProto(*window);
  }
  ASSIGN_OR_RETURN(const auto actor, ParseActor(arguments.actor));
  request.set_actor(actor);
  ASSIGN_OR_RETURN(const auto range, ValueOfWord<v1::FunnelRange>("--range", arguments.range,
                                                                  {{"entry", v1::FUNNEL_RANGE_ENTRY},
                                                                   {"all-steps", v1::FUNNEL_RANGE_ALL_STEPS}},
                                                                  v1::FUNNEL_RANGE_UNSPECIFIED));
  request.set_range_applies_to(range);
  ASSIGN_OR_RETURN(const auto ties,
                   ValueOfWord<v1::FunnelTies>("--ties", arguments.ties,
                                               {{"by-step", v1::FUNNEL_TIES_BY_STEP},
                                                {"by-event-order", v1::FUNNEL_TIES_BY_EVENT_ORDER}},
                                               v1::FUNNEL_TIES_UNSPECIFIED));
  request.set_ties(ties);
  for (const std::string& text : arguments.exclusions) {
    auto exclusion = ParseExclusion(text);
    if (!exclusion.ok()) {
      return WrongOption("--exclude",
                         absl::StrCat(std::string(exclusion.status().message()), ", in: ", text));
    }
    *request.add_exclusions() = *std::move(exclusion);
  }
  for (const std::string& key : arguments.hold_constant) request.add_hold_constant(key);
  return SetBreakdown(arguments.breakdown, arguments.breakdown_limit, request);
}

template <typename Request>
absl::Status SetAttribution(const std::string& text, Request& request) {
  if (absl::StartsWith(text, kStepPrefix)) {
    ASSIGN_OR_RETURN(const int32_t step,
                     ParsePositive("--attribution", text.substr(sizeof(kStepPrefix) - 1)));
    request.set_attribution(v1::FUNNEL_ATTRIBUTION_STEP);
    request.set_attribution_step(step);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto attribution,
                   ValueOfWord<v1::FunnelAttribution>("--attribution", text,
                                                      {{"entry", v1::FUNNEL_ATTRIBUTION_ENTRY},
                                                       {"first-touch", v1::FUNNEL_ATTRIBUTION_FIRST_TOUCH},
                                                       {"last-touch", v1::FUNNEL_ATTRIBUTION_LAST_TOUCH},
                                                       {"step:N", v1::FUNNEL_ATTRIBUTION_STEP}},
                                                      v1::FUNNEL_ATTRIBUTION_UNSPECIFIED));
  if (attribution == v1::FUNNEL_ATTRIBUTION_STEP) {
    return WrongOption("--attribution", "N is the number of a step, such as step:2");
  }
  request.set_attribution(attribution);
  return absl::OkStatus();
}

template <typename Request>
absl::Status SetHistogram(const std::string& text, Request& request) {
  if (text.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(*request.mutable_histogram(), ParseHistogram(text));
  return absl::OkStatus();
}

absl::Status SetSeries(const FunnelArguments& arguments, v1::GetFunnelRequest& request) {
  if (arguments.by.empty() && arguments.series_steps.empty()) return absl::OkStatus();
  if (arguments.by.empty()) return WrongOption("--series-steps", "needs --by");
  ASSIGN_OR_RETURN(const auto granularity, ParseGranularity("--by", arguments.by));
  request.mutable_series()->set_granularity(granularity);
  if (arguments.series_steps.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const NumberRange steps, ParseRange("--series-steps", arguments.series_steps));
  request.mutable_series()->set_from_step(steps.first);
  request.mutable_series()->set_to_step(steps.last);
  return absl::OkStatus();
}

// Of those that come with a list of actors or with one of them, nothing may be asked beside the funnel
// itself, and of the list which row each is in.
absl::StatusOr<v1::GetFunnelRequest> FunnelAlone(const FunnelArguments& arguments, absl::Time now,
                                                 bool with_breakdown) {
  Words<std::string> others = {{"--histogram", arguments.histogram}, {"--by", arguments.by}};
  if (!with_breakdown) {
    others.emplace_back("--breakdown", arguments.breakdown);
    others.emplace_back("--attribution", arguments.attribution);
  }
  for (const auto& [option, text] : others) {
    if (!text.empty()) return WrongOption(option, "is for donut funnel");
  }
  return ToFunnelRequest(arguments, now);
}

// Into `request`, where a row is asked for.
absl::Status SetRow(const FunnelActorsArguments& arguments, v1::ListFunnelActorsRequest& request) {
  if (!arguments.value && arguments.row.empty()) return absl::OkStatus();
  if (arguments.value && !arguments.row.empty()) return WrongOption("--value and --row", "only one of them");
  if (!request.funnel().has_breakdown()) {
    return WrongOption(arguments.value ? "--value" : "--row", "needs --breakdown, whose row it is");
  }
  v1::BreakdownValue& row = *request.mutable_breakdown_value();
  if (arguments.value) {
    row.set_text(*arguments.value);
    return absl::OkStatus();
  }
  using Kind = v1::BreakdownValue::KindCase;
  ASSIGN_OR_RETURN(
      const auto kind,
      ValueOfWord<Kind>("--row", arguments.row,
                        {{"none", Kind::kNone}, {"other", Kind::kOther}, {"not-reached", Kind::kNotReached}},
                        Kind::KIND_NOT_SET));
  if (kind == Kind::kNone) row.set_none(true);
  if (kind == Kind::kOther) row.set_other(true);
  if (kind == Kind::kNotReached) row.set_not_reached(true);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FunnelRows> ParseFunnelRows(const std::string& csv_of, const FunnelArguments& arguments) {
  const FunnelRows standard = arguments.by.empty() ? FunnelRows::kSteps : FunnelRows::kSeries;
  ASSIGN_OR_RETURN(const FunnelRows rows, ValueOfWord<FunnelRows>("--csv-of", csv_of,
                                                                  {{"steps", FunnelRows::kSteps},
                                                                   {"series", FunnelRows::kSeries},
                                                                   {"histogram", FunnelRows::kHistogram}},
                                                                  standard));
  if (rows == FunnelRows::kSeries && arguments.by.empty())
    return WrongOption("--csv-of", "series needs --by");
  if (rows == FunnelRows::kHistogram && arguments.histogram.empty()) {
    return WrongOption("--csv-of", "histogram needs --histogram");
  }
  return rows;
}

absl::StatusOr<v1::HistogramBins> ParseHistogram(const std::string& text) {
  v1::HistogramBins bins;
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) {
    ASSIGN_OR_RETURN(const int32_t count, ParsePositive("--histogram", text));
    bins.set_count(count);
    return bins;
  }
  if (text.find_first_of("0123456789") == std::string::npos) {
    const auto rule =
        ValueOfWord<v1::HistogramRule>("--histogram", text,
                                       {{"freedman-diaconis", v1::HISTOGRAM_RULE_FREEDMAN_DIACONIS},
                                        {"sturges", v1::HISTOGRAM_RULE_STURGES},
                                        {"square-root", v1::HISTOGRAM_RULE_SQUARE_ROOT},
                                        {"cube-root", v1::HISTOGRAM_RULE_CUBE_ROOT}},
                                       v1::HISTOGRAM_RULE_UNSPECIFIED);
    if (!rule.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(std::string(rule.status().message()),
                                                     ", or a number of bins, or edges such as 1h,6h,1d"));
    }
    bins.set_rule(*rule);
    return bins;
  }
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::string edge_text(absl::StripAsciiWhitespace(part));
    const auto edge = edge_text == "0" ? absl::ZeroDuration() : ParseDurationText(edge_text);
    if (!edge.ok()) return InOption("--histogram", edge.status());
    *bins.mutable_edges()->add_edges() = ToProto(*edge);
  }
  return bins;
}

absl::StatusOr<v1::GetFunnelRequest> ToFunnelRequest(const FunnelArguments& arguments, absl::Time now) {
  v1::GetFunnelRequest request;
  for (size_t i = 0; i < arguments.steps.size(); ++i) {
    ASSIGN_OR_RETURN(*request.add_steps(), StepOf(absl::StrCat("step ", i + 1), arguments.steps[i]));
  }
  RETURN_IF_ERROR(SetShared(arguments, now, request));
  ASSIGN_OR_RETURN(const auto order, ValueOfWord<v1::FunnelOrder>("--order", arguments.order,
                                                                  {{"ordered", v1::FUNNEL_ORDER_ORDERED},
                                                                   {"strict", v1::FUNNEL_ORDER_STRICT},
                                                                   {"unordered", v1::FUNNEL_ORDER_UNORDERED}},
                                                                  v1::FUNNEL_ORDER_UNSPECIFIED));
  request.set_order(order);
  RETURN_IF_ERROR(SetAttribution(arguments.attribution, request));
  RETURN_IF_ERROR(SetHistogram(arguments.histogram, request));
  RETURN_IF_ERROR(SetSeries(arguments, request));
  return request;
}

absl::StatusOr<v1::GetConversionRateRequest> ToConversionRateRequest(const FunnelArguments& arguments,
                                                                     absl::Time now) {
  v1::GetConversionRateRequest request;
  if (arguments.steps.size() != 2) return WrongOption("FROM and TO", "both are needed, and no more");
  ASSIGN_OR_RETURN(*request.mutable_from(), StepOf("FROM", arguments.steps[0]));
  ASSIGN_OR_RETURN(*request.mutable_to(), StepOf("TO", arguments.steps[1]));
  RETURN_IF_ERROR(SetShared(arguments, now, request));
  RETURN_IF_ERROR(SetAttribution(arguments.attribution, request));
  RETURN_IF_ERROR(SetHistogram(arguments.histogram, request));
  ASSIGN_OR_RETURN(const auto granularity, ParseGranularity("--by", arguments.by));
  request.set_series_granularity(granularity);
  return request;
}

absl::StatusOr<v1::ListFunnelActorsRequest> ToFunnelActorsRequest(const FunnelActorsArguments& arguments,
                                                                  absl::Time now) {
  v1::ListFunnelActorsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_funnel(), FunnelAlone(arguments.funnel, now, true));
  RETURN_IF_ERROR(SetRow(arguments, request));
  if ((arguments.reached != 0) == (arguments.dropped_before != 0)) {
    return WrongOption("--reached and --dropped-before",
                       "one of them says who is listed, such as --reached 2");
  }
  if (arguments.reached != 0) {
    request.set_reached_step(arguments.reached);
  } else {
    request.set_dropped_before_step(arguments.dropped_before);
  }
  return request;
}

absl::StatusOr<v1::ExplainFunnelActorRequest> ToExplainRequest(const ExplainArguments& arguments,
                                                               absl::Time now) {
  v1::ExplainFunnelActorRequest request;
  ASSIGN_OR_RETURN(*request.mutable_funnel(), FunnelAlone(arguments.funnel, now, false));
  request.set_user_id(arguments.user);
  if (!arguments.session.empty() && !arguments.session_key.empty()) {
    return WrongOption("--session and --session-key", "only one of them");
  }
  if (!arguments.session.empty()) request.set_session_id(arguments.session);
  if (!arguments.session_key.empty()) {
    int64_t key = 0;
    if (!absl::SimpleAtoi(arguments.session_key, &key)) {
      return WrongOption("--session-key", "must be a number, as donut funnel-actors --csv has it");
    }
    request.set_session_key(key);
  }
  return request;
}

}  // namespace donut::cli
