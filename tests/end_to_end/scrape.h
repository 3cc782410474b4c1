// What a service tells Prometheus, fetched and read as Prometheus does. No state.
#pragma once

#include <map>
#include <set>
#include <string>

namespace donut::testing {

struct Scrape {
  // By series as it stands: "name" or "name{label=\"value\"}".
  std::map<std::string, double> values;
  // Names of the # TYPE lines.
  std::set<std::string> families;

  // Of a series that is not there: -1, which no metric of ours is.
  double Value(const std::string& series) const;
  // Over all labels of a counter or gauge.
  double Sum(const std::string& name) const;
};

// Fails the test when nothing is there, or a line cannot be read.
Scrape ScrapeUrl(const std::string& url);

}  // namespace donut::testing
