#include "dpkg_status.h"

#include <gtest/gtest.h>

#include <sstream>

namespace donut::examples {
namespace {

TEST(DpkgStatusTest, ListsInstalledPackagesWithTheirMaintainersAddress) {
  std::istringstream status(R"(Package: zsh
Status: install ok installed
Maintainer: Ada <ADA@example.org>
Version: 5.9-4
Description: a shell
 Maintainer: not a field

Package: gone
Status: deinstall ok config-files
Maintainer: Bob <bob@example.org>
Version: 1

Package: adduser
Status: install ok installed
Version: 3.134
Maintainer: no address)");
  const std::vector<Package> packages = InstalledPackages(status);
  ASSERT_EQ(packages.size(), 2);
  EXPECT_EQ(packages[0].name, "adduser");
  EXPECT_EQ(packages[0].maintainer, "no address");
  EXPECT_EQ(packages[1].name, "zsh");
  EXPECT_EQ(packages[1].version, "5.9-4");
  EXPECT_EQ(packages[1].maintainer, "ada@example.org");
}

TEST(DpkgStatusTest, TakesAPackageOfTwoArchitecturesOnce) {
  const std::string entry = "Package: libc6\nStatus: install ok installed\nVersion: 2.36\nArchitecture: ";
  std::istringstream status(entry + "amd64\n\n" + entry + "i386\n");
  const std::vector<Package> packages = InstalledPackages(status);
  ASSERT_EQ(packages.size(), 1);
  EXPECT_EQ(packages[0].maintainer, "unknown");
}

TEST(DpkgStatusTest, FindsNothingInNothing) {
  std::istringstream status("");
  EXPECT_TRUE(InstalledPackages(status).empty());
}

}  // namespace
}  // namespace donut::examples
