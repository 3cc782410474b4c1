// A program that tracks as fast as its events are taken, over a number of streams, and knows when they are
// all stored: the client library as an application uses it, with WhenFull::kBlock and defaults for the rest
// but the queue, of which each stream has as much as one stream has by default. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "bench/event_source.h"
#include "donut/client.h"

namespace donut::bench {

class IngestLoad {
 public:
  // Connects; returns when the collector has answered on every stream.
  IngestLoad(const std::string& collector_address, int streams);

  // Tracks all events. Returns the time from the first Track until the last one is acknowledged; fails
  // the program when one was not taken, or dropped.
  absl::Duration Run(const EventSource& source);

  // So far, those that opened the streams included.
  int64_t acknowledged() const { return client_->counters().acknowledged; }

 private:
  std::unique_ptr<Client> client_;
};

}  // namespace donut::bench
