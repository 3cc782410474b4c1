#include "bench/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/figures.h"

namespace donut::bench {
namespace {

// Of the first line of `path` that starts with `key`, what stands behind the colon.
std::string ValueIn(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, key)) continue;
    const size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "unknown";
}

// "ext4 on /dev/vda": the mount with the longest path that leads to `folder`.
std::string FileSystemOf(const std::string& folder) {
  std::ifstream mounts("/proc/mounts");
  std::string found = "unknown";
  size_t longest = 0;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device;
    std::string path;
    std::string type;
    fields >> device >> path >> type;
    const bool leads_there = folder == path || path == "/" || absl::StartsWith(folder, path + "/");
    if (!leads_there || path.size() < longest) continue;
    longest = path.size();
    found = absl::StrCat(type, " on ", device);
  }
  return found;
}

}  // namespace

void PrintMachine(const std::string& folder) {
  utsname kernel = {};
  uname(&kernel);
  PrintRemark(absl::StrCat("machine_cpu ", ValueIn("/proc/cpuinfo", "model name")));
  PrintRemark(absl::StrCat("machine_cores ", sysconf(_SC_NPROCESSORS_ONLN)));
  PrintRemark(absl::StrCat("machine_memory ", ValueIn("/proc/meminfo", "MemTotal")));
  PrintRemark(absl::StrCat("machine_kernel ", kernel.release));
  PrintRemark(absl::StrCat("machine_file_system ", FileSystemOf(folder)));
  double load = 0;
  if (getloadavg(&load, 1) == 1) PrintRemark(absl::StrFormat("machine_load_before %.2f", load));
}

}  // namespace donut::bench
