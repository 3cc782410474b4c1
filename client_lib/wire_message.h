// A message before it is joined: a few bytes that were written for it, and between them the bytes of events
// where they stand in the queue. So the queue's lock is held to choose them and not to copy them.
//
// Plain data. `body` refers to the queue and is valid until something is decided there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace donut {

struct WireMessage {
  std::string head = {};
  std::vector<std::string_view> body = {};
  std::string tail = {};

  // The whole message in one piece.
  std::string Join() const {
    size_t bytes = head.size() + tail.size();
    for (const std::string_view piece : body) bytes += piece.size();
    std::string joined;
    joined.reserve(bytes);
    joined += head;
    for (const std::string_view piece : body) joined += piece;
    joined += tail;
    return joined;
  }
};

}  // namespace donut
