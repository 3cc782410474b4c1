// Many producers at once, each with a connection and a stream of its own, that send whatever the collector
// reads and wait for no acknowledgement: the worst that clients who keep to the protocol can do to its
// memory. Speaks the protocol itself, since thousands of Clients would cost thousands of threads. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace donut::bench {

class CrowdStream;

class StreamCrowd {
 public:
  // Opens the streams; returns when all are welcome.
  StreamCrowd(const std::string& collector_address, int streams);
  ~StreamCrowd();
  StreamCrowd(const StreamCrowd&) = delete;
  StreamCrowd& operator=(const StreamCrowd&) = delete;

  struct Result {
    int64_t sent_events = 0;
    int64_t acknowledged_events = 0;
    int broken_streams = 0;  // ended by the collector or gRPC; a client would connect again
    std::string why_broken;  // the last one
  };
  // Sends for so long, then closes all streams in order. Fails the program when a stream that was not broken
  // is not acknowledged all it sent. Once.
  Result Run(absl::Duration duration);

 private:
  class Progress;
  friend class CrowdStream;

  std::unique_ptr<Progress> progress_;
  std::vector<std::unique_ptr<CrowdStream>> streams_;
};

}  // namespace donut::bench
