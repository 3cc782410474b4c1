// Fetches a page by plain HTTP, as Prometheus does, from a server on loopback. For tests. No state.
#pragma once

#include <string>

namespace donut::testing {

struct HttpAnswer {
  int code = 0;  // 0: nobody answered
  std::string body;
};

HttpAnswer HttpGet(int port, const std::string& path);

}  // namespace donut::testing
