#include "bench/ingest_load.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/figures.h"

namespace donut::bench {
namespace {

constexpr absl::Duration kFlushLimit = absl::Minutes(2);

// Until the client has several streams of its own: a client and a thread for each.
template <typename Options>
int TakeStreams(Options& options, int streams) {
  if constexpr (requires { options.streams; }) {
    options.streams = streams;
    return 1;
  } else {
    return streams;
  }
}

}  // namespace

IngestLoad::IngestLoad(const std::string& collector_address, int streams) {
  ClientOptions options;
  options.collector_address = collector_address;
  options.user_agent = "bench-ingest";
  options.when_full = WhenFull::kBlock;
  options.block_timeout = kFlushLimit;
  const int clients = TakeStreams(options, streams);
  const EventSource greeting("greeting", streams * 10);
  for (int i = 0; i < clients; ++i) {
    auto client = Client::Create(options);
    if (!client.ok()) Fail(client.status().ToString());
    TrackSome(**client, greeting, 0, greeting.count() / clients);
    if (!(*client)->Flush(kFlushLimit)) Fail(absl::StrCat("no answer from ", collector_address));
    clients_.push_back(*std::move(client));
  }
}

absl::Duration IngestLoad::Run(const EventSource& source) {
  const auto count = static_cast<int64_t>(clients_.size());
  const int64_t before = acknowledged();
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < count; ++i) {
    threads.emplace_back([this, &source, i, count] {
      TrackSome(*clients_[i], source, source.count() * i / count, source.count() * (i + 1) / count);
      if (!clients_[i]->Flush(kFlushLimit)) Fail("events were not acknowledged in time");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const absl::Duration took = absl::Now() - start;
  if (const int64_t stored = acknowledged() - before; stored != source.count()) {
    Fail(absl::StrCat("of ", source.count(), " events ", stored, " were acknowledged"));
  }
  return took;
}

void IngestLoad::TrackSome(Client& client, const EventSource& source, int64_t first, int64_t last) const {
  for (int64_t index = first; index < last; ++index) {
    if (const TrackResult result = source.Track(client, index); !result) {
      Fail(absl::StrCat("Track refused event ", index, ": ", result.problem()));
    }
  }
}

int64_t IngestLoad::acknowledged() const {
  int64_t sum = 0;
  for (const auto& client : clients_) sum += client->counters().acknowledged;
  return sum;
}

}  // namespace donut::bench
