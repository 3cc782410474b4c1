#include "processed_packages.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace donut::examples {
namespace {

constexpr char kFirstLine[] = "# attempts, done or open, package and version";

}  // namespace

absl::StatusOr<ProcessedPackages> ProcessedPackages::Load(const std::string& path) {
  ProcessedPackages processed;
  std::ifstream file(path);
  if (!file) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return processed;
    return absl::PermissionDeniedError(absl::StrCat(path, ": cannot be read"));
  }
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t first = line.find(' ');
    const size_t second = first == std::string::npos ? first : line.find(' ', first + 1);
    Entry entry;
    if (second == std::string::npos || !absl::SimpleAtoi(line.substr(0, first), &entry.attempts)) {
      return absl::DataLossError(
          absl::StrCat(path, ": a line cannot be read; remove the file to begin anew"));
    }
    entry.done = line.substr(first + 1, second - first - 1) == "done";
    processed.entries_[line.substr(second + 1)] = entry;
  }
  return processed;
}

bool ProcessedPackages::IsDone(const std::string& run) const {
  const auto entry = entries_.find(run);
  return entry != entries_.end() && entry->second.done;
}

int ProcessedPackages::NextAttempt(const std::string& run) const {
  const auto entry = entries_.find(run);
  return entry == entries_.end() ? 1 : entry->second.attempts + 1;
}

void ProcessedPackages::Remember(const std::string& run, int attempt, bool done) {
  entries_[run] = {attempt, done};
}

absl::Status ProcessedPackages::Save(const std::string& path) const {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const std::string next = path + ".new";
  {
    std::ofstream file(next, std::ios::trunc);
    file << kFirstLine << '\n';
    for (const auto& [run, entry] : entries_) {
      file << entry.attempts << (entry.done ? " done " : " open ") << run << '\n';
    }
    if (!file.flush()) return absl::PermissionDeniedError(absl::StrCat(next, ": cannot be written"));
  }
  std::filesystem::rename(next, path, error);
  if (error) return absl::PermissionDeniedError(absl::StrCat(path, ": ", error.message()));
  return absl::OkStatus();
}

}  // namespace donut::examples
