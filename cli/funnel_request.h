// From the options of the funnel's subcommands to their requests. Plain functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/render/funnel.h"
#include "cli/scope_request.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/conversion_rate.pb.h"
#include "donut/analytics/v1/explain_funnel_actor.pb.h"
#include "donut/analytics/v1/funnel.pb.h"
#include "donut/analytics/v1/funnel_actors.pb.h"

namespace donut::cli {

// As they are typed; empty and 0 are the service's defaults.
struct FunnelArguments {
  ScopeArguments scope = {};
  std::vector<std::string> steps = {};
  std::string window = {};
  std::string actor = {};
  std::string order = {};
  std::string range = {};
  std::string ties = {};
  std::vector<std::string> exclusions = {};
  std::vector<std::string> hold_constant = {};
  std::string breakdown = {};
  int breakdown_limit = 0;
  std::string attribution = {};
  std::string histogram = {};
  std::string by = {};
  std::string series_steps = {};
};

struct FunnelActorsArguments {
  FunnelArguments funnel = {};
  std::optional<std::string> value = {};  // an empty text is a value
  std::string row = {};                   // of none, other or not-reached
  int reached = 0;                        // 0: not given
  int dropped_before = 0;                 // 0: not given
};

struct ExplainArguments {
  FunnelArguments funnel = {};
  std::string user = {};
  std::string session = {};
  std::string session_key = {};
};

// All INVALID_ARGUMENT that names the option.
absl::StatusOr<v1::GetFunnelRequest> ToFunnelRequest(const FunnelArguments& arguments, absl::Time now);
// `steps` are the two; without order.
absl::StatusOr<v1::GetConversionRateRequest> ToConversionRateRequest(const FunnelArguments& arguments,
                                                                     absl::Time now);
absl::StatusOr<v1::ListFunnelActorsRequest> ToFunnelActorsRequest(const FunnelActorsArguments& arguments,
                                                                  absl::Time now);
absl::StatusOr<v1::ExplainFunnelActorRequest> ToExplainRequest(const ExplainArguments& arguments,
                                                               absl::Time now);

// What --csv-of says, by default the series where there is one, else the steps.
absl::StatusOr<FunnelRows> ParseFunnelRows(const std::string& csv_of, const FunnelArguments& arguments);

// "12", "freedman-diaconis", or the edges "1h,6h,1d".
absl::StatusOr<v1::HistogramBins> ParseHistogram(const std::string& text);

}  // namespace donut::cli
