// Runs git, without a shell, and reads what it prints line by line. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut::examples {

class GitCommand {
 public:
  // `git -C repository arguments...`, in the C locale and without the user's output settings.
  static absl::StatusOr<std::unique_ptr<GitCommand>> Start(const std::string& repository,
                                                           const std::vector<std::string>& arguments);
  // Ends a git that still runs.
  ~GitCommand();
  GitCommand(const GitCommand&) = delete;
  GitCommand& operator=(const GitCommand&) = delete;

  // False at the end.
  bool ReadLine(std::string& line);
  // Waits for the end. FAILED_PRECONDITION with git's own words when it failed.
  absl::Status Finish();

 private:
  GitCommand(pid_t process, FILE* output, FILE* errors)
      : process_(process), output_(output), errors_(errors) {}

  pid_t process_;  // 0: ended
  FILE* const output_;
  FILE* const errors_;
};

// All lines of a command that is expected to print few.
absl::StatusOr<std::vector<std::string>> GitLines(const std::string& repository,
                                                  const std::vector<std::string>& arguments);

}  // namespace donut::examples
