// The settings of PostgreSQL with which the statements of the metrics run, beside those of every
// connection. Here and not in main, so that what measures the statements measures the same. No state.
#pragma once

#include <map>
#include <string>

namespace donut::query {

// Of PostgreSQL's memory, for each sort of a query; a query has a handful of them. More spills to disk.
inline constexpr char kWorkMemory[] = "32MB";

inline std::map<std::string, std::string> StatementSettings() {
  // Compiling a statement takes longer than it saves here: one to two seconds a query.
  return {{"jit", "off"}, {"work_mem", kWorkMemory}};
}

}  // namespace donut::query
