#include "cli/metric_words.h"

#include "absl/strings/str_cat.h"
#include "cli/filter_expression.h"
#include "cli/option_words.h"

namespace donut::cli {

absl::StatusOr<v1::Actor> ParseActor(const std::string& text) {
  return ValueOfWord<v1::Actor>(
      "--actor", text, {{"user", v1::ACTOR_USER}, {"run", v1::ACTOR_SESSION}, {"session", v1::ACTOR_SESSION}},
      v1::ACTOR_UNSPECIFIED);
}

absl::StatusOr<v1::Granularity> ParseGranularity(const std::string& option, const std::string& text) {
  return ValueOfWord<v1::Granularity>(option, text,
                                      {{"hour", v1::GRANULARITY_HOUR},
                                       {"day", v1::GRANULARITY_DAY},
                                       {"week", v1::GRANULARITY_WEEK},
                                       {"month", v1::GRANULARITY_MONTH}},
                                      v1::GRANULARITY_UNSPECIFIED);
}

absl::StatusOr<v1::Breakdown> BreakdownOf(const std::string& text, int limit) {
  if (text.empty()) return WrongOption("--breakdown-limit", "needs --breakdown");
  auto breakdown = ParseBreakdown(text);
  if (!breakdown.ok()) return InOption("--breakdown", breakdown.status());
  breakdown->set_limit(limit);
  return breakdown;
}

}  // namespace donut::cli
