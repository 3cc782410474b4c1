// Understands the output of `git log` in a format of our own: one commit after the other, with
// what it changed. Plain, not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace donut::examples {

struct Commit {
  std::string hash;
  int parents = 0;
  int64_t commit_time = 0;  // Unix seconds
  std::string author_email;
  int64_t files_changed = 0;
  int64_t insertions = 0;  // of text files
  int64_t deletions = 0;
};

// The options that make git print what is read here.
const std::vector<std::string>& GitLogOptions();

// Takes the lines of the output one by one.
class GitLogReader {
 public:
  explicit GitLogReader(std::function<void(const Commit&)> on_commit) : on_commit_(std::move(on_commit)) {}
  void ReadLine(const std::string& line);
  // After the last line.
  void Finish();

 private:
  const std::function<void(const Commit&)> on_commit_;
  Commit commit_;
  bool open_ = false;
};

}  // namespace donut::examples
