// The small language of --where and of the brackets of a funnel's step, which becomes a Filter:
//
//   plan = pro                     price > 10                     url contains "/pricing"
//   plan != pro                    price between 10 and 20        email ~ "@example\.com$"
//   plan in (pro, team)            coupon exists                  coupon missing
//   not (a = 1) and (b = 2 or c = 3)
//
// `not` binds closest, then `and`, then `or`; `not` also stands before in, contains and between.
// What is tested: a property of the event (plan), of its user (user.country), further in
// (address->city), or the event's name (event). A key with spaces, dots or signs, or one that is called
// event, not, and or or stands in backticks or double quotes: `utm source`, user."signup date", "event".
// Values: JSON numbers and true and false are such; all else is a text, in double or single quotes where it
// has spaces or signs. Two quotes within quotes are one; a backslash is a backslash.
// Errors are INVALID_ARGUMENT that point at the column. Plain functions, thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/filter.pb.h"

namespace donut::cli {

// So deep may `not` and parentheses stand in each other. A Filter may be 10 deep, which the service checks.
inline constexpr int kMaxExpressionDepth = 40;

absl::StatusOr<v1::Filter> ParseFilterExpression(const std::string& text, int first_column = 1);

// What --breakdown takes: the same names, without a test.
absl::StatusOr<v1::Breakdown> ParseBreakdown(const std::string& text);

// Whether it is written as a JSON number is.
bool IsJsonNumber(const std::string& text);

}  // namespace donut::cli
