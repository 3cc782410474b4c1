// A program run by a test: started without a shell, its output kept in files of the
// test's folder, ended with the object. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace donut::testing {

class Process {
 public:
  // `arguments[0]` is looked up on PATH unless it has a slash. `environment` is added
  // to the test's own. Output goes to `folder`/NAME.out and NAME.err, appended.
  Process(const std::string& name, const std::string& folder, const std::vector<std::string>& arguments,
          const std::map<std::string, std::string>& environment = {});
  // kill -9 where it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Sends a signal; nothing when it has ended.
  void Signal(int signal_number);
  // The exit code, or 128 + signal. Fails the test and kills it after `limit`.
  int Wait(absl::Duration limit = absl::Seconds(120));
  bool running();
  pid_t pid() const { return pid_; }

  std::string out() const;
  std::string err() const;

 private:
  const std::string out_path_;
  const std::string err_path_;
  pid_t pid_ = -1;
  int exit_code_ = -1;
};

// Asks until it is true or `limit` has passed; the answer is the last one.
template <typename Condition>
bool Eventually(const Condition& condition, absl::Duration limit = absl::Seconds(30));

// What stands after `key=` in the first line of `log` that has it, up to the next space.
std::string ValueInLog(const std::string& log, const std::string& key);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

// A folder under /tmp that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <typename Condition>
bool Eventually(const Condition& condition, absl::Duration limit) {
  const absl::Time until = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() > until) return false;
    absl::SleepFor(absl::Milliseconds(10));  // processes of their own: there is nothing to wait on
  }
  return true;
}

}  // namespace donut::testing
