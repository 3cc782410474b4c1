#include "bench/process_usage.h"

#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "gtest/gtest.h"

namespace donut::bench {
namespace {

void Compute(absl::Duration time) {
  const absl::Duration until = OwnCpuTime() + time;
  while (OwnCpuTime() < until) continue;
}

TEST(ProcessUsageTest, CountsTheTimeOfAProcess) {
  const absl::Duration before = CpuTimeOf(getpid());
  Compute(absl::Milliseconds(50));
  const absl::Duration used = CpuTimeOf(getpid()) - before;
  EXPECT_GE(used, absl::Milliseconds(30));  // ticks of 10 ms
  EXPECT_LT(used, absl::Seconds(5));
}

TEST(ProcessUsageTest, KeepsTheTimeOfChildrenThatEnded) {
  const absl::Duration before = CpuTimeOfFamily(getpid());
  const pid_t child = fork();
  if (child == 0) {
    Compute(absl::Milliseconds(100));
    _exit(0);
  }
  EXPECT_EQ(ParentOf(child), getpid());
  waitpid(child, nullptr, 0);
  EXPECT_GE(CpuTimeOfFamily(getpid()) - before, absl::Milliseconds(80));
}

TEST(ProcessUsageTest, SeesMemoryThatIsTouchedAndItsPeak) {
  constexpr int64_t kBytes = 64 << 20;
  const int64_t before = ResidentBytes(getpid());
  {
    std::vector<char> touched(kBytes, 'x');
    EXPECT_GE(ResidentBytes(getpid()) - before, kBytes * 9 / 10);
    ASSERT_EQ(touched.back(), 'x');
  }
  EXPECT_LT(ResidentBytes(getpid()) - before, kBytes / 2);
  EXPECT_GE(PeakResidentBytes(getpid()) - before, kBytes * 9 / 10);
}

TEST(ProcessUsageTest, SaysNothingOfAProcessThatIsGone) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(CpuTimeOf(child), absl::ZeroDuration());
  EXPECT_EQ(ResidentBytes(child), 0);
}

}  // namespace
}  // namespace donut::bench
