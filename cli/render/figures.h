// Numbers as people read them. An absent rate is "-", never 0. Plain functions, thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::cli {

inline constexpr char kAbsent[] = "-";

// "1,234,567".
std::string Count(int64_t number);
// "1 run", "1,234 runs": `one` gets an s.
std::string Counted(int64_t number, const std::string& one);
// A sum of a property: "1,234.5", at most two decimals.
std::string Amount(double amount);
// Between 0 and 1; 0 of nothing.
double Share(int64_t part, int64_t whole);
// "12.3%"; "100%" and "0%" only when exact.
std::string Percent(double fraction);
// Of a rate, or kAbsent.
std::string Percent(bool has_rate, const v1::Rate& rate);
// The 95 % interval, "10-15%"; empty where there is none.
std::string RateInterval(bool has_rate, const v1::Rate& rate);
// Three units of precision at most: "350 ms", "1.2 s", "3 m 20 s", "2 h 5 m", "3 d 4 h".
std::string Seconds(double seconds);

// An answer's time; the epoch for one that is none.
absl::Time TimeOf(const google::protobuf::Timestamp& timestamp);

// The zone of a response; UTC for a name that this machine does not know.
absl::TimeZone ZoneNamed(const std::string& name);

}  // namespace donut::cli
