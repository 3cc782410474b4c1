// The real donut-collector of this build as a process of its own, on a unix socket or a free port of
// loopback, with the flags given and defaults for the rest. Ends with the object, and with this
// program. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/end_to_end/process.h"

namespace donut::bench {

// build/bin/NAME.
std::string Program(const std::string& name);

struct CollectorSetup {
  // Takes its socket and its log.
  std::string folder;
  std::string database_url;
  bool loopback = false;
  std::vector<std::string> flags = {};
  // A program that runs it, with arguments, such as valgrind.
  std::vector<std::string> wrapper = {};
};

class CollectorProcess {
 public:
  // Returns when it serves; fails the program when it does not.
  explicit CollectorProcess(const CollectorSetup& setup);
  // SIGTERM, and waits for its end.
  ~CollectorProcess();

  const std::string& address() const { return address_; }
  pid_t pid() const { return process_->pid(); }
  // What it says in its log that it holds at most.
  int64_t MemoryBoundBytes() const;
  // Waits for its orderly end.
  void Stop();
  std::string log() const { return process_->err(); }

 private:
  std::string address_;
  std::unique_ptr<testing::Process> process_;
};

}  // namespace donut::bench
