#include "common/process_metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

double ValueOf(const std::string& name) {
  MetricPage page;
  AddProcessMetrics(page);
  const std::optional<double> value = page.Find(name);
  EXPECT_TRUE(value.has_value()) << name;
  return value.value_or(-1);
}

TEST(ProcessMetricsTest, TellMemoryInBytes) {
  EXPECT_GT(ValueOf("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(ValueOf("process_virtual_memory_bytes"), ValueOf("process_resident_memory_bytes"));
}

TEST(ProcessMetricsTest, TellWhenTheProcessStarted) {
  const double age =
      absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) - ValueOf("process_start_time_seconds");
  EXPECT_GT(age, -2);  // the boot time is in whole seconds
  EXPECT_LT(age, 3600);
}

TEST(ProcessMetricsTest, CountTheDescriptorsThatAreOpen) {
  const double before = ValueOf("process_open_fds");
  const int one = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(ValueOf("process_open_fds"), before + 1);
  close(one);
  EXPECT_EQ(ValueOf("process_open_fds"), before);
  EXPECT_GE(ValueOf("process_max_fds"), before);
}

TEST(ProcessMetricsTest, CountTheTimeThatWasSpent) {
  const double before = ValueOf("process_cpu_seconds_total");
  volatile double sum = 0;
  while (ValueOf("process_cpu_seconds_total") < before + 0.02) sum = sum + 1;
  EXPECT_GE(before, 0);
}

}  // namespace
}  // namespace donut
