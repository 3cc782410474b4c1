// The installed packages and their maintainers, from dpkg's status file. Plain functions, thread-safe.
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace donut::examples {

struct Package {
  std::string name;
  std::string version;
  // The maintainer's address, else the whole field, else "unknown". At most 200 bytes.
  std::string maintainer;
};

// Those that are installed, by name; one of several architectures.
std::vector<Package> InstalledPackages(std::istream& status);

}  // namespace donut::examples
