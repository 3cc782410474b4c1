// A Client with several streams.
#include "client_lib/delivery_streams.h"

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client_lib/client_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client_lib/fake_network.h"

namespace donut::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kStreams = 4;
constexpr size_t kLeastQueueBytes = kStreams * (256 << 10);
constexpr int kUsers = 40;

class DeliveryStreamsTest : public ::testing::Test {
 protected:
  void Create(ClientOptions options = {}) {
    options.streams = kStreams;
    options.linger = absl::Milliseconds(1);
    if (!options.on_warning) options.on_warning = [](const std::string&) {};
    auto client = ClientFactory::Create(std::move(options), [this] { return network_.MakeTransport(); });
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }
  static std::string User(int number) { return absl::StrCat("user", number); }
  // Events of 8 KB, more than the queue holds. Returns how many were taken.
  int TrackTooMany() {
    const std::string text(8'000, 'x');
    int taken = 0;
    for (int i = 0; i < 400; ++i) {
      if (client_->Track(absl::StrCat("e", i), User(i % kUsers), {{"text", text}})) ++taken;
    }
    return taken;
  }
  struct Ledger {
    std::multiset<std::string> stored;
    int64_t skipped = 0;
    int producers_with_skips = 0;
  };
  Ledger Look() {
    Ledger ledger;
    network_.Look([&](ModelCollector& collector) {
      EXPECT_TRUE(collector.protocol_errors().empty());
      ledger.stored = collector.StoredNames();
      for (auto& [id, producer] : collector.producers()) {
        const int64_t skipped = producer.skipped[v1::SKIP_REASON_QUEUE_FULL];
        ledger.skipped += skipped;
        if (skipped > 0) ++ledger.producers_with_skips;
      }
    });
    return ledger;
  }

  FakeNetwork network_;
  std::unique_ptr<Client> client_;
};

TEST_F(DeliveryStreamsTest, KeepsTheOrderOfOneUsersEvents) {
  Create({.max_batch_events = 20});
  for (int i = 0; i < 50; ++i) {
    for (int user = 0; user < kUsers; ++user) {
      ASSERT_TRUE(client_->Track(absl::StrCat(user, ".", i), User(user)));
    }
    if (i == 25) network_.Crash();
  }
  ASSERT_TRUE(client_->Flush(kLong));
  std::map<int, int> stored_of_user;
  std::set<std::string> streams_used;
  std::map<int, std::string> stream_of_user;
  network_.Look([&](ModelCollector& collector) {
    for (const auto& [id, producer] : collector.producers()) {
      for (const auto& [sequence, name] : producer.stored) {
        const std::pair<std::string, std::string> parts = absl::StrSplit(name, '.');
        const int user = std::stoi(parts.first);
        EXPECT_EQ(std::stoi(parts.second), stored_of_user[user]++) << name;
        EXPECT_EQ(stream_of_user.emplace(user, id).first->second, id) << name;
        streams_used.insert(id);
      }
    }
  });
  for (int user = 0; user < kUsers; ++user) EXPECT_EQ(stored_of_user[user], 50) << user;
  EXPECT_EQ(streams_used.size(), static_cast<size_t>(kStreams));
}

TEST_F(DeliveryStreamsTest, CountersAreThoseOfAllStreams) {
  Create();
  EXPECT_EQ(client_->Track("", "u").outcome(), TrackOutcome::kInvalid);
  for (int i = 0; i < 100; ++i) client_->Track(i % 10 == 0 ? "reject" : "e", User(i % kUsers));
  EXPECT_TRUE(client_->Flush(kLong));
  const ClientCounters counters = client_->counters();
  EXPECT_EQ(counters.enqueued, 100);
  EXPECT_EQ(counters.acknowledged, 90);
  EXPECT_EQ(counters.rejected, 10);
  EXPECT_EQ(counters.invalid, 1);
  EXPECT_EQ(counters.queued_events, 0);
}

TEST_F(DeliveryStreamsTest, IsConnectedWhenAllStreamsAre) {
  Create();
  for (int user = 0; user < kUsers; ++user) client_->Track("e", User(user));
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_TRUE(client_->counters().connected);
  EXPECT_EQ(client_->counters().streams_opened, kStreams);
  EXPECT_TRUE(client_->Shutdown(kLong));
  EXPECT_FALSE(client_->counters().connected);
  network_.Look([](ModelCollector& collector) {
    for (const auto& [id, producer] : collector.producers()) EXPECT_TRUE(producer.closed);
  });
}

TEST_F(DeliveryStreamsTest, OneDeadlineHoldsForAllStreams) {
  network_.SetMode(FakeNetwork::Mode::kSilent);
  Create();
  for (int user = 0; user < kUsers; ++user) client_->Track("e", User(user));
  const absl::Time start = absl::Now();
  EXPECT_FALSE(client_->Flush(absl::Milliseconds(400)));
  EXPECT_FALSE(client_->Shutdown(absl::Milliseconds(400)));
  // One after the other would be 3.2 seconds.
  EXPECT_LT(absl::Now() - start, absl::Seconds(2.4));
  EXPECT_EQ(client_->counters().dropped_at_shutdown, kUsers);
}

TEST_F(DeliveryStreamsTest, CallbacksComeOneAtATime) {
  std::atomic<int> running = 0;
  std::atomic<int64_t> reported = 0;
  std::set<std::thread::id> threads;
  Create({.max_batch_events = 5, .on_delivery = [&](const DeliveryReport& report) {
            EXPECT_EQ(++running, 1);
            threads.insert(std::this_thread::get_id());
            std::this_thread::yield();
            reported += report.acknowledged;
            --running;
          }});
  for (int i = 0; i < 4'000; ++i) client_->Track("e", User(i % kUsers));
  EXPECT_TRUE(client_->Shutdown(kLong));
  EXPECT_EQ(reported, 4'000);
  EXPECT_GT(threads.size(), 1u);
}

TEST_F(DeliveryStreamsTest, TrackNeverWaitsInACallback) {
  network_.SetMode(FakeNetwork::Mode::kSlow);
  std::atomic<int> called = 0;
  std::atomic<bool> returned = false;
  Create({.queue_bytes = kLeastQueueBytes,
          .when_full = WhenFull::kBlock,
          .block_timeout = absl::Hours(1),
          .on_delivery = [&](const DeliveryReport&) {
            if (called++ > 0) return;
            TrackTooMany();
            returned = true;
          }});
  client_->Track("e", "u");
  network_.SetMode(FakeNetwork::Mode::kReachable);
  while (!returned) std::this_thread::yield();
  EXPECT_TRUE(client_->Shutdown(kLong));
  EXPECT_GT(client_->counters().dropped_newest, 0);
}

TEST_F(DeliveryStreamsTest, DroppedNewestAreSkippedInTheLedgerOfTheirStream) {
  network_.SetMode(FakeNetwork::Mode::kUnreachable);
  Create({.queue_bytes = kLeastQueueBytes});
  const int taken = TrackTooMany();
  EXPECT_GT(taken, 80);
  EXPECT_LT(taken, 200);
  network_.SetMode(FakeNetwork::Mode::kReachable);
  EXPECT_TRUE(client_->Flush(kLong));
  const Ledger ledger = Look();
  EXPECT_EQ(ledger.stored.size(), static_cast<size_t>(taken));
  EXPECT_EQ(ledger.skipped, 400 - taken);
  EXPECT_EQ(ledger.producers_with_skips, kStreams);
  EXPECT_EQ(client_->counters().dropped_newest, 400 - taken);
}

TEST_F(DeliveryStreamsTest, DroppedOldestAreSkippedInTheLedgerOfTheirStream) {
  network_.SetMode(FakeNetwork::Mode::kUnreachable);
  Create({.queue_bytes = kLeastQueueBytes, .when_full = WhenFull::kDropOldest});
  EXPECT_EQ(TrackTooMany(), 400);
  network_.SetMode(FakeNetwork::Mode::kReachable);
  EXPECT_TRUE(client_->Flush(kLong));
  const Ledger ledger = Look();
  EXPECT_EQ(ledger.stored.count("e399"), 1u);
  EXPECT_EQ(ledger.stored.count("e0"), 0u);
  EXPECT_EQ(static_cast<int64_t>(ledger.stored.size()) + ledger.skipped, 400);
  EXPECT_EQ(ledger.producers_with_skips, kStreams);
  const ClientCounters counters = client_->counters();
  EXPECT_EQ(counters.dropped_oldest, ledger.skipped);
  EXPECT_EQ(counters.enqueued, counters.acknowledged + counters.dropped_oldest);
}

TEST_F(DeliveryStreamsTest, BlocksForRoomInTheUsersOwnStream) {
  network_.SetMode(FakeNetwork::Mode::kSlow);
  Create({.queue_bytes = kLeastQueueBytes, .when_full = WhenFull::kBlock, .block_timeout = kLong});
  std::thread tracker([&] { EXPECT_EQ(TrackTooMany(), 400); });
  while (client_->counters().enqueued < 50) std::this_thread::yield();
  network_.SetMode(FakeNetwork::Mode::kReachable);
  tracker.join();
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_EQ(Look().stored.size(), 400u);
  EXPECT_EQ(Look().skipped, 0);
}

TEST_F(DeliveryStreamsTest, ManyThreadsTrackAtOnceWhileTheCollectorCrashes) {
  Create({.max_batch_events = 50});
  constexpr int kThreads = 4, kEvents = 1'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kEvents; ++i) {
        ASSERT_TRUE(client_->Track(absl::StrCat("e", t, "_", i), User(i % kUsers)));
        if (i % 300 == 150) network_.Crash();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(client_->Shutdown(kLong));
  const Ledger ledger = Look();
  EXPECT_EQ(ledger.stored.size(), static_cast<size_t>(kThreads * kEvents));
  EXPECT_EQ(std::set<std::string>(ledger.stored.begin(), ledger.stored.end()).size(), ledger.stored.size());
}

TEST_F(DeliveryStreamsTest, SaysWhyAStreamCouldNotBeMade) {
  int made = 0;
  const auto client =
      ClientFactory::Create({.streams = 3}, [&]() -> absl::StatusOr<std::unique_ptr<Transport>> {
        if (++made == 3) return absl::ResourceExhaustedError("no thread could be started");
        return network_.MakeTransport();
      });
  EXPECT_EQ(client.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ClientStreamsOptionTest, EveryStreamHasItsLeastShare) {
  const auto problem = [](ClientOptions options) { return options.Validate().ToString(); };
  EXPECT_THAT(problem({.streams = 0}), HasSubstr("streams: must be from 1 to 16"));
  EXPECT_THAT(problem({.streams = 17, .queue_bytes = 64 << 20}), HasSubstr("streams"));
  EXPECT_THAT(problem({.streams = 4, .queue_bytes = (1 << 20) - 1}), HasSubstr("queue_bytes"));
  EXPECT_EQ(problem({.streams = 4, .queue_bytes = 1 << 20}), "OK");
  EXPECT_EQ(problem({.streams = 16}), "OK");
}

}  // namespace
}  // namespace donut::testing
