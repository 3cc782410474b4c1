#include "processed_packages.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace donut::examples {
namespace {

class ProcessedPackagesTest : public ::testing::Test {
 protected:
  ~ProcessedPackagesTest() override { std::filesystem::remove_all(folder_); }
  const std::string folder_ = ::testing::TempDir() + "processed_packages_test." + std::to_string(getpid());
  const std::string path_ = folder_ + "/state";
};

TEST_F(ProcessedPackagesTest, RemembersWhatIsDone) {
  ProcessedPackages first = ProcessedPackages::Load(path_).value();
  EXPECT_FALSE(first.IsDone("zsh 5.9-4"));
  EXPECT_EQ(first.NextAttempt("zsh 5.9-4"), 1);
  first.Remember("zsh 5.9-4", 1, true);
  first.Remember("adduser 3.134", 2, false);
  ASSERT_TRUE(first.Save(path_).ok());

  const ProcessedPackages second = ProcessedPackages::Load(path_).value();
  EXPECT_TRUE(second.IsDone("zsh 5.9-4"));
  EXPECT_FALSE(second.IsDone("zsh 5.9-5"));
  EXPECT_FALSE(second.IsDone("adduser 3.134"));
  EXPECT_EQ(second.NextAttempt("adduser 3.134"), 3);
}

TEST_F(ProcessedPackagesTest, SaysThatAFileIsBroken) {
  std::filesystem::create_directories(folder_);
  std::ofstream(path_) << "1 done zsh 5.9-4\nnonsense\n";
  EXPECT_EQ(ProcessedPackages::Load(path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ProcessedPackagesTest, SaysThatItCannotBeSaved) {
  EXPECT_FALSE(ProcessedPackages().Save("/proc/no/such/state").ok());
}

}  // namespace
}  // namespace donut::examples
