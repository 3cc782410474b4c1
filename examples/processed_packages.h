// Remembers in a small file which versions of which packages went through the pipeline, and how
// often, so that a second run only takes what is new or changed. Not thread-safe.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace donut::examples {

class ProcessedPackages {
 public:
  // A file that is not there is an empty memory.
  static absl::StatusOr<ProcessedPackages> Load(const std::string& path);

  // `run` is a package and its version: "adduser 3.134".
  bool IsDone(const std::string& run) const;
  // 1 for a run that was never tried.
  int NextAttempt(const std::string& run) const;
  // `done` is false when it is not known that everything about the run arrived: it is tried again.
  void Remember(const std::string& run, int attempt, bool done);

  // Replaces the file at once or not at all.
  absl::Status Save(const std::string& path) const;

 private:
  struct Entry {
    int attempts = 0;
    bool done = false;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace donut::examples
