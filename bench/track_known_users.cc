// track-known-users EVENTS ADDRESS: tracks that many events and ends when they are acknowledged; with an
// empty ADDRESS it only makes the events. bench-ingest counts its instructions.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/event_source.h"
#include "bench/ingest_load.h"

int main(int argc, char** argv) {
  const int64_t events = argc == 3 ? std::atoll(argv[1]) : 0;
  if (events <= 0) {
    std::fputs("usage: track-known-users EVENTS ADDRESS\n", stderr);
    return 2;
  }
  const donut::bench::EventSource source(donut::bench::kKnownUsers, events);
  const std::string address = argv[2];
  if (!address.empty()) {
    donut::bench::IngestLoad(address, 1).Run(source);
    return 0;
  }
  donut::bench::NoTracker tracker;
  for (int64_t index = 0; index < events; ++index) source.Track(tracker, index);
  return 0;
}
