// Files for the import benchmark: the events of EventSource as lines of JSON and as CSV, plain and gzipped.
// Made once, removed with the object. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/event_source.h"

namespace donut::bench {

class ImportFiles {
 public:
  struct File {
    std::string name;  // "ndjson", "csv", "ndjson_gz", "csv_gz"
    std::string path;
    int64_t bytes = 0;  // unpacked
  };

  // In `folder`, which must exist. Fails the program when they cannot be written.
  ImportFiles(const std::string& folder, const EventSource& source);
  ~ImportFiles();
  ImportFiles(const ImportFiles&) = delete;
  ImportFiles& operator=(const ImportFiles&) = delete;

  const std::vector<File>& all() const { return files_; }

 private:
  void Write(const std::string& name, const std::string& path, const std::string& text);

  std::vector<File> files_;
};

}  // namespace donut::bench
