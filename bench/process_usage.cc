#include "bench/process_usage.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/end_to_end/process.h"

namespace donut::bench {
namespace {

// Of /proc/PID/stat, counted behind the name, which may hold spaces and brackets.
struct Stat {
  pid_t parent = 0;
  int64_t own_ticks = 0;
  int64_t waited_children_ticks = 0;
};

Stat StatOf(pid_t pid) {
  const std::string line = testing::ReadFile(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  std::string unused;
  Stat stat;
  fields >> state >> stat.parent;
  for (int i = 0; i < 9; ++i) fields >> unused;  // from the process group to the major faults of children
  int64_t user = 0;
  int64_t system = 0;
  int64_t children_user = 0;
  int64_t children_system = 0;
  fields >> user >> system >> children_user >> children_system;
  stat.own_ticks = user + system;
  stat.waited_children_ticks = children_user + children_system;
  return stat;
}

absl::Duration FromTicks(int64_t ticks) { return absl::Seconds(1) * ticks / sysconf(_SC_CLK_TCK); }

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return pids;
  for (const dirent* entry = readdir(folder); entry != nullptr; entry = readdir(folder)) {
    int pid = 0;
    if (absl::SimpleAtoi(entry->d_name, &pid)) pids.push_back(pid);
  }
  closedir(folder);
  return pids;
}

// Of a line such as "VmRSS:     1234 kB".
int64_t StatusBytes(pid_t pid, const std::string& key) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  int64_t kib = 0;
  while (status >> word) {
    if (word == key && status >> kib) return kib << 10;
  }
  return 0;
}

absl::Duration ToDuration(const timeval& time) { return absl::DurationFromTimeval(time); }

}  // namespace

absl::Duration CpuTimeOf(pid_t pid) { return FromTicks(StatOf(pid).own_ticks); }

absl::Duration CpuTimeOfFamily(pid_t parent) {
  const Stat own = StatOf(parent);
  int64_t ticks = own.own_ticks + own.waited_children_ticks;
  for (const pid_t pid : AllProcesses()) {
    const Stat stat = StatOf(pid);
    if (stat.parent == parent) ticks += stat.own_ticks;
  }
  return FromTicks(ticks);
}

absl::Duration OwnCpuTime() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return ToDuration(usage.ru_utime) + ToDuration(usage.ru_stime);
}

absl::Duration CpuTimeOfEndedChildren() {
  rusage usage = {};
  getrusage(RUSAGE_CHILDREN, &usage);
  return ToDuration(usage.ru_utime) + ToDuration(usage.ru_stime);
}

pid_t ParentOf(pid_t pid) { return StatOf(pid).parent; }

int64_t ResidentBytes(pid_t pid) { return StatusBytes(pid, "VmRSS:"); }
int64_t PeakResidentBytes(pid_t pid) { return StatusBytes(pid, "VmHWM:"); }

}  // namespace donut::bench
