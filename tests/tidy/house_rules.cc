#include "tests/tidy/house_rules.h"

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace donut::tidy {
namespace {

// For each folder, those whose headers it may include beside its own and the generated ones.
const std::map<std::string, std::set<std::string>>& AllowedIncludes() {
  static const auto* const allowed = new std::map<std::string, std::set<std::string>>{
      {"common", {}},
      {"history", {"common"}},
      {"collector", {"common", "history"}},
      {"compactor", {"common", "history"}},
      {"query_service", {"common", "history"}},
      {"client_lib", {"common"}},
      {"cli", {"common", "client_lib"}},
      {"examples", {"common", "client_lib"}},
      {"bench",
       {"common", "history", "collector", "compactor", "query_service", "client_lib", "cli", "tests"}},
      {"tests",
       {"common", "history", "collector", "compactor", "query_service", "client_lib", "cli", "examples",
        "bench"}}};
  return *allowed;
}

// Stems of the files that may name the library; a trailing slash means the folder.
constexpr const char* kPqxxPlaces[] = {"common/postgres/",
                                       "query_service/",
                                       "compactor/",
                                       "collector/database_upkeep",
                                       "collector/event_names",
                                       "collector/event_writer",
                                       "collector/group_texts",
                                       "collector/group_transaction",
                                       "collector/main",
                                       "collector/pipeline_writer",
                                       "collector/postgres_event_sink",
                                       "collector/sql_array",
                                       "collector/user_property_writer",
                                       "cli/database",
                                       "cli/history",
                                       "cli/keys",
                                       "cli/migrate",
                                       "cli/projects",
                                       "bench/",
                                       "tests/"};
constexpr const char* kGrpcStatusPlaces[] = {"common/grpc_",
                                             "collector/event_collector_service",
                                             "collector/stream_reactor",
                                             "collector/track_call",
                                             "query_service/metric_runner",
                                             "query_service/query_service",
                                             "client_lib/grpc_transport",
                                             "cli/",
                                             "bench/",
                                             "tests/"};
// What sleeps there has nothing else to wait on.
constexpr const char* kSleepPlaces[] = {"common/grpc_server.cc", "tests/end_to_end/process.h", "tests/tidy/"};

template <size_t kCount>
bool IsIn(const std::string& path, const char* const (&places)[kCount]) {
  return std::any_of(std::begin(places), std::end(places),
                     [&path](const char* place) { return absl::StartsWith(path, place); });
}

std::string FolderOf(const std::string& path) { return path.substr(0, path.find('/')); }

bool IsCpp(const std::string& path) { return absl::EndsWith(path, ".h") || absl::EndsWith(path, ".cc"); }

void ForEachLine(const SourceFile& file,
                 const std::function<void(int number, const std::string& line)>& visit) {
  int number = 0;
  for (const auto line : absl::StrSplit(file.text, '\n')) visit(++number, std::string(line));
}

std::string At(const SourceFile& file, int line, const std::string& what) {
  return absl::StrCat(file.path, ":", line, ": ", what);
}

// Why `file` may not include `header`; empty when it may.
std::string WhyNotInclude(const std::string& path, const std::string& header) {
  const std::string from = FolderOf(path);
  const std::string to = FolderOf(header);
  if (to == "donut") {
    if (absl::StartsWith(header, "donut/analytics/")) return "";
    const bool is_public_client = from != "common" && from != "collector" && from != "query_service" &&
                                  from != "history" && from != "compactor";
    return is_public_client ? "" : "the services and common do not use the client";
  }
  if (from == "client_lib" && absl::StartsWith(header, "common/postgres/")) {
    return "a program that links the client must not link libpq";
  }
  const bool is_source_folder = AllowedIncludes().count(to) > 0;
  if (!is_source_folder || from == to) return "";
  const auto allowed = AllowedIncludes().find(from);
  if (allowed == AllowedIncludes().end() || allowed->second.count(to) > 0) return "";
  return absl::StrCat(from, " may not know ", to, ", see ARCHITECTURE.md");
}

std::string WithoutComment(const std::string& line) { return line.substr(0, line.find("//")); }

}  // namespace

std::vector<std::string> CheckIncludes(const SourceFile& file) {
  static const std::regex include("^\\s*#include \"([^\"]+)\"");
  std::vector<std::string> wrong;
  if (!IsCpp(file.path)) return wrong;
  ForEachLine(file, [&](int number, const std::string& line) {
    std::smatch match;
    if (!std::regex_search(line, match, include)) return;
    const std::string why = WhyNotInclude(file.path, match[1]);
    if (!why.empty()) wrong.push_back(At(file, number, absl::StrCat("includes ", match[1].str(), ": ", why)));
  });
  return wrong;
}

std::vector<std::string> CheckLibrariesStayInPlace(const SourceFile& file) {
  static const std::regex pqxx("\\bpqxx\\b");
  static const std::regex catches("catch \\((const )?pqxx::");
  static const std::regex grpc_status("\\bgrpc::Status\\b");
  std::vector<std::string> wrong;
  if (!IsCpp(file.path)) return wrong;
  const bool may_catch =
      absl::StartsWith(file.path, "common/postgres/transaction.") || absl::StartsWith(file.path, "tests/");
  ForEachLine(file, [&](int number, const std::string& line) {
    const std::string code = WithoutComment(line);
    if (!IsIn(file.path, kPqxxPlaces) && std::regex_search(code, pqxx)) {
      wrong.push_back(
          At(file, number, "names pqxx: only the files that speak SQL do; put it behind one of them"));
    }
    if (!may_catch && std::regex_search(code, catches)) {
      wrong.push_back(
          At(file, number, "catches an exception of pqxx: use RunTransaction, which returns a status"));
    }
    if (!IsIn(file.path, kGrpcStatusPlaces) && std::regex_search(code, grpc_status)) {
      wrong.push_back(
          At(file, number, "names grpc::Status: inside it is absl::Status, see common/grpc_status.h"));
    }
  });
  return wrong;
}

std::vector<std::string> CheckLength(const SourceFile& file) {
  const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
  if (lines <= kMaxLines) return {};
  return {At(file, kMaxLines + 1,
             absl::StrCat("has ", lines, " lines, at most ", kMaxLines, ": split it by what it does"))};
}

std::vector<std::string> CheckHeaderOpening(const SourceFile& file) {
  if (!absl::EndsWith(file.path, ".h")) return {};
  std::vector<std::string> wrong;
  if (!absl::StartsWith(file.text, "// ")) {
    wrong.push_back(
        At(file, 1, "opens without a comment: say what it is, why it exists, who may call it from where"));
  }
  if (!absl::StrContains(file.text, "\n#pragma once\n")) wrong.push_back(At(file, 1, "lacks #pragma once"));
  return wrong;
}

std::vector<std::string> CheckSqlComment(const SourceFile& file) {
  static const std::regex parameter("\\$([1-9][0-9]?)(?![0-9])");
  if (!absl::EndsWith(file.path, ".sql") || absl::StartsWith(file.path, "migrations/")) return {};
  if (!absl::StartsWith(file.text, "-- ")) {
    return {At(file, 1, "opens without a comment: say what it does, its parameters and its columns")};
  }
  std::string comment;
  std::string statement;
  ForEachLine(file, [&](int /*number*/, const std::string& line) {
    if (statement.empty() && absl::StartsWith(line, "--")) {
      absl::StrAppend(&comment, line, "\n");
    } else {
      absl::StrAppend(&statement, line.substr(0, line.find("--")), "\n");
    }
  });
  std::set<std::string> missing;
  for (std::sregex_iterator it(statement.begin(), statement.end(), parameter), end; it != end; ++it) {
    const std::regex named("\\$" + (*it)[1].str() + "(?![0-9])");
    if (!std::regex_search(comment, named)) missing.insert(it->str());
  }
  std::vector<std::string> wrong;
  wrong.reserve(missing.size());
  for (const std::string& one : missing) {
    wrong.push_back(
        At(file, 1, absl::StrCat("its comment does not name ", one, ": say its type and meaning")));
  }
  return wrong;
}

std::vector<std::string> CheckWords(const SourceFile& file) {
  static const std::regex empty_name(
      "\\b(class|struct) (\\w*(Manager|Helper|Helpers|Util|Utils|Impl|Base|Data|Info))\\b(?!.*;)");
  static const std::regex sleeping("\\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\\b");
  std::vector<std::string> wrong;
  if (!IsCpp(file.path)) return wrong;
  ForEachLine(file, [&](int number, const std::string& line) {
    const std::string code = WithoutComment(line);
    std::smatch match;
    if (std::regex_search(code, match, empty_name)) {
      wrong.push_back(
          At(file, number, absl::StrCat("names a type ", match[2].str(), ": say what it does instead")));
    }
    if (!IsIn(file.path, kSleepPlaces) && std::regex_search(code, sleeping)) {
      wrong.push_back(At(file, number, "sleeps: wait for what you wait for, and take the time from a Clock"));
    }
  });
  return wrong;
}

std::string MetricWordOf(const std::string& rpc) {
  std::string name = rpc;
  for (const char* verb : {"Get", "List"}) {
    if (absl::StartsWith(name, verb)) name = name.substr(std::string(verb).size());
  }
  std::string word;
  for (const char c : name) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !word.empty()) word += '_';
    word += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return word;
}

}  // namespace donut::tidy
