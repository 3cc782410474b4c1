#include "dpkg_status.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace donut::examples {
namespace {

constexpr size_t kMaxUserIdBytes = 200;

std::string Address(const std::string& maintainer) {
  const size_t open = maintainer.find('<');
  const size_t close = maintainer.find('>', open == std::string::npos ? 0 : open);
  std::string address = open == std::string::npos || close == std::string::npos
                            ? maintainer
                            : absl::AsciiStrToLower(maintainer.substr(open + 1, close - open - 1));
  if (address.empty() || address.size() > kMaxUserIdBytes) return "unknown";
  return address;
}

}  // namespace

std::vector<Package> InstalledPackages(std::istream& status) {
  std::map<std::string, Package> installed;
  Package current;
  bool is_installed = false;
  const auto finish = [&] {
    if (is_installed && !current.name.empty()) {
      if (current.maintainer.empty()) current.maintainer = "unknown";
      installed.emplace(current.name, current);
    }
    current = {};
    is_installed = false;
  };
  for (std::string line; std::getline(status, line);) {
    if (line.empty()) {
      finish();
      continue;
    }
    const size_t colon = line.find(": ");
    if (colon == std::string::npos || absl::ascii_isspace(line[0])) continue;
    const std::string field = line.substr(0, colon);
    const std::string value = line.substr(colon + 2);
    if (field == "Package") current.name = value;
    if (field == "Version") current.version = value;
    if (field == "Maintainer") current.maintainer = Address(value);
    if (field == "Status") is_installed = absl::EndsWith(value, " installed");
  }
  finish();
  std::vector<Package> packages;
  packages.reserve(installed.size());
  for (auto& [name, package] : installed) packages.push_back(std::move(package));
  return packages;
}

}  // namespace donut::examples
