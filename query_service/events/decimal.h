// Decimal numbers as texts, as PostgreSQL's numeric prints them ("-12.50", without exponent): compared as
// numbers, whatever their length. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace donut::query {

// <0, 0 or >0. Both are decimals without exponent.
int CompareDecimals(std::string_view a, std::string_view b);

// A double as the shortest decimal that reads back as it, without exponent.
std::string ToDecimal(double number);

}  // namespace donut::query
