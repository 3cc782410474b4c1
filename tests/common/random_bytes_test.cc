#include "common/random_bytes.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace donut {
namespace {

constexpr size_t kBytes = 16;

// What a child forked off here draws.
std::string DrawnInAChild() {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    const std::string bytes = RandomBytes(kBytes);
    _exit(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(kBytes) ? 0 : 1);
  }
  close(ends[1]);
  std::string bytes(kBytes, '\0');
  const ssize_t got = read(ends[0], bytes.data(), bytes.size());
  close(ends[0]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(got, static_cast<ssize_t>(kBytes));
  return bytes;
}

TEST(RandomBytesTest, GivesAsManyAsAsked) {
  EXPECT_EQ(RandomBytes(0), "");
  EXPECT_EQ(RandomBytes(kBytes).size(), kBytes);
  // More than the kernel gives in one piece when a signal comes.
  EXPECT_EQ(RandomBytes(100'000).size(), 100'000u);
  EXPECT_NE(RandomBytes(kBytes), RandomBytes(kBytes));
}

TEST(RandomBytesTest, DiffersInEachForkedChild) {
  RandomBytes(kBytes);  // what state there were, the children would inherit
  const std::string first = DrawnInAChild();
  const std::string second = DrawnInAChild();
  EXPECT_NE(first, second);
  EXPECT_NE(first, RandomBytes(kBytes));
}

}  // namespace
}  // namespace donut
