// The house rules that a program can check, one function per rule: each takes the text
// of one file and returns what is wrong with it, as "path:line: what; what to do". Pure functions, without a
// file system, so that the rules are tested themselves. No state.
#pragma once

#include <string>
#include <vector>

namespace donut::tidy {

struct SourceFile {
  std::string path;  // from the top of the repository, such as "common/log.h"
  std::string text;
};

inline constexpr int kMaxLines = 400;

// proto <- common <- {collector, query_service, client_lib} <- {cli, examples, bench, tests}.
std::vector<std::string> CheckIncludes(const SourceFile& file);

// pqxx where SQL is spoken, its exceptions in common/postgres/transaction alone, grpc::Status at the edges.
std::vector<std::string> CheckLibrariesStayInPlace(const SourceFile& file);

// At most kMaxLines.
std::vector<std::string> CheckLength(const SourceFile& file);

// A header says first what it is, and is included once.
std::vector<std::string> CheckHeaderOpening(const SourceFile& file);

// A statement says first what it does and what its parameters are, and names each $n that it uses.
std::vector<std::string> CheckSqlComment(const SourceFile& file);

// No names that say nothing, no sleeping.
std::vector<std::string> CheckWords(const SourceFile& file);

// GetActiveUsers and ListEventNames give active_users and event_names: the one word of a metric.
std::string MetricWordOf(const std::string& rpc);

}  // namespace donut::tidy
