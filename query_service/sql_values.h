// Between C++ values and what is bound to, or read from, the statements of the
// metrics. Arrays are bound as literals, because libpqxx binds no vectors; the
// statement casts them ($3::timestamptz[]). No state.
#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::query {

// Array literals. Texts must hold no NUL.
std::string ToPostgresArray(const std::vector<std::string>& texts);
std::string ToPostgresArray(const std::vector<int64_t>& numbers);
std::string ToPostgresArray(const std::vector<absl::Time>& times);

// For an optional list of names: NULL, which the statements read as "any", when empty.
std::optional<std::string> NamesOrNull(const std::vector<std::string>& names);

// Statements return instants as microseconds since 1970 (bigint):
// (extract(epoch FROM t) * 1000000)::bigint
absl::Time TimeFromMicros(const pqxx::field& field);

// An array of bigint without NULLs.
std::vector<int64_t> IntegersFromArray(const pqxx::field& field);

// From the columns PREFIX_count, and in microseconds PREFIX_mean, _median, _p90, _p99,
// _min and _max. Nothing when the count is 0.
std::optional<v1::DurationStatistics> DurationStatisticsFromRow(const pqxx::row& row,
                                                                const std::string& prefix);

}  // namespace donut::query
