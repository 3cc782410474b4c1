#include "common/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace donut {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The fields of /proc/self/stat behind the program's name, which may hold anything: proc(5)'s field 3 first.
std::vector<std::string> StatFields() {
  const std::string text = ReadAll("/proc/self/stat");
  const size_t name_end = text.rfind(')');
  std::vector<std::string> fields;
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(text.substr(name_end + 1));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

// When the machine started, in seconds since 1970; zero when /proc does not say.
double BootTime() {
  std::istringstream lines(ReadAll("/proc/stat"));
  for (std::string line; std::getline(lines, line);) {
    double seconds = 0;
    if (absl::StartsWith(line, "btime ") && absl::SimpleAtod(line.substr(6), &seconds)) return seconds;
  }
  return 0;
}

void AddFromStat(MetricPage& page) {
  // proc(5)'s numbers, less the three before.
  constexpr size_t kUserTime = 14 - 3;
  constexpr size_t kSystemTime = 15 - 3;
  constexpr size_t kStartTime = 22 - 3;
  constexpr size_t kVirtualBytes = 23 - 3;
  constexpr size_t kResidentPages = 24 - 3;
  const std::vector<std::string> fields = StatFields();
  const auto field = [&fields](size_t index) {
    double value = 0;
    return absl::SimpleAtod(fields[index], &value) ? value : 0;
  };
  if (fields.size() <= kResidentPages) return;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  page.AddCounter("process_cpu_seconds_total", "User and system CPU time.",
                  (field(kUserTime) + field(kSystemTime)) / ticks_per_second);
  page.AddGauge("process_resident_memory_bytes", "Memory that is in RAM.",
                field(kResidentPages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  page.AddGauge("process_virtual_memory_bytes", "Address space.", field(kVirtualBytes));
  if (const double boot = BootTime(); boot > 0) {
    page.AddGauge("process_start_time_seconds", "When the process started, since 1970.",
                  boot + field(kStartTime) / ticks_per_second);
  }
}

void AddDescriptors(MetricPage& page) {
  std::error_code error;
  int64_t open = 0;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    ++open;
  }
  // One of them is the folder that was just read.
  if (open > 0) page.AddGauge("process_open_fds", "Open file descriptors.", static_cast<double>(open - 1));
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    page.AddGauge("process_max_fds", "File descriptors that may be open.",
                  static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

void AddProcessMetrics(MetricPage& page) {
  AddFromStat(page);
  AddDescriptors(page);
}

}  // namespace donut
