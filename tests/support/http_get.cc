#include "tests/support/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace donut::testing {
namespace {

// Everything that is said until the other side closes; empty when nobody listens.
std::string Ask(int port, const std::string& request) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit = {.tv_sec = 20, .tv_usec = 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      send(connection, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char buffer[1 << 16];
    ssize_t got = 0;
    while ((got = recv(connection, buffer, sizeof(buffer), 0)) > 0)
      answer.append(buffer, static_cast<size_t>(got));
  }
  close(connection);
  return answer;
}

}  // namespace

HttpAnswer HttpGet(int port, const std::string& path) {
  const std::string answer =
      Ask(port, absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"));
  HttpAnswer parsed;
  // "HTTP/1.1 200 OK"
  const size_t code = answer.find(' ');
  const size_t body = answer.find("\r\n\r\n");
  if (code == std::string::npos || body == std::string::npos) return parsed;
  if (!absl::SimpleAtoi(answer.substr(code + 1, 3), &parsed.code)) return parsed;
  parsed.body = answer.substr(body + 4);
  return parsed;
}

}  // namespace donut::testing
