#include "bench/ingest_load.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/figures.h"
#include "tests/end_to_end/process.h"

namespace donut::bench {
namespace {

constexpr absl::Duration kLoadLimit = absl::Minutes(2);
// Events per stream that open it: of users enough to meet all streams, so that each is warm.
constexpr int64_t kGreetings = 100;

void TrackAll(Client& client, const EventSource& source) {
  for (int64_t index = 0; index < source.count(); ++index) {
    if (const TrackResult result = source.Track(client, index); !result) {
      Fail(absl::StrCat("Track refused event ", index, ": ", result.problem()));
    }
  }
  if (!client.Flush(kLoadLimit)) Fail("events were not acknowledged in time");
}

}  // namespace

IngestLoad::IngestLoad(const std::string& collector_address, int streams) {
  ClientOptions options;
  options.collector_address = collector_address;
  options.api_key.clear();
  options.user_agent = "bench-ingest";
  options.streams = streams;
  options.queue_bytes *= streams;
  options.when_full = WhenFull::kBlock;
  options.block_timeout = kLoadLimit;
  auto client = Client::Create(options);
  if (!client.ok()) Fail(client.status().ToString());
  client_ = *std::move(client);
  TrackAll(*client_, EventSource("greeting", kGreetings * streams));
  if (!testing::Eventually([&] { return client_->counters().streams_opened >= streams; }, kLoadLimit)) {
    Fail(absl::StrCat("not every stream was answered by ", collector_address));
  }
}

absl::Duration IngestLoad::Run(const EventSource& source) {
  const int64_t before = acknowledged();
  const absl::Time start = absl::Now();
  TrackAll(*client_, source);
  const absl::Duration took = absl::Now() - start;
  if (const int64_t stored = acknowledged() - before; stored != source.count()) {
    Fail(absl::StrCat("of ", source.count(), " events ", stored, " were acknowledged"));
  }
  return took;
}

}  // namespace donut::bench
