#include "git_log.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace donut::examples {
namespace {

constexpr char kCommitMark = '\x1e';
constexpr char kFieldMark = '\x1f';
constexpr int kFields = 4;

}  // namespace

const std::vector<std::string>& GitLogOptions() {
  // Hash, parents, commit time, author's address (by .mailmap).
  static const auto* const options = new std::vector<std::string>{
      "--topo-order",  "--reverse",  "--numstat",        "--no-ext-diff",
      "--no-textconv", "--no-color", "--encoding=UTF-8", "--format=%x1e%H%x1f%P%x1f%ct%x1f%aE"};
  return *options;
}

void GitLogReader::ReadLine(const std::string& line) {
  if (!line.empty() && line[0] == kCommitMark) {
    Finish();
    const std::vector<std::string> fields =
        absl::StrSplit(line.substr(1), absl::MaxSplits(kFieldMark, kFields - 1));
    if (fields.size() != kFields || !absl::SimpleAtoi(fields[2], &commit_.commit_time)) return;
    commit_.hash = fields[0];
    const std::vector<std::string> parents = absl::StrSplit(fields[1], ' ', absl::SkipEmpty());
    commit_.parents = static_cast<int>(parents.size());
    commit_.author_email = fields[3];
    open_ = true;
    return;
  }
  // "12\t3\tpath", with dashes for a binary file.
  const std::vector<std::string> columns = absl::StrSplit(line, absl::MaxSplits('\t', 2));
  if (!open_ || columns.size() != 3) return;
  ++commit_.files_changed;
  int64_t lines = 0;
  if (absl::SimpleAtoi(columns[0], &lines)) commit_.insertions += lines;
  if (absl::SimpleAtoi(columns[1], &lines)) commit_.deletions += lines;
}

void GitLogReader::Finish() {
  const Commit commit = std::exchange(commit_, {});
  if (std::exchange(open_, false)) on_commit_(commit);
}

}  // namespace donut::examples
