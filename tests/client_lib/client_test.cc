#include "donut/client.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client_lib/client_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client_lib/fake_network.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClientTest : public ::testing::Test {
 protected:
  void Create(ClientOptions options = {}) {
    if (options.linger == ClientOptions().linger) options.linger = absl::Milliseconds(1);
    if (!options.on_warning) options.on_warning = [](const std::string&) {};
    auto client = ClientFactory::Create(std::move(options), [this] { return network_.MakeTransport(); });
    ASSERT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }
  std::multiset<std::string> Stored() {
    std::multiset<std::string> names;
    network_.Look([&](ModelCollector& collector) {
      names = collector.StoredNames();
      EXPECT_TRUE(collector.protocol_errors().empty());
    });
    return names;
  }
  // Fills the buffer with events of 8 KB until one is refused.
  int Fill() {
    const std::string text(8'000, 'x');
    int taken = 0;
    while (client_->Track("filler", "u", {{"text", text}})) ++taken;
    return taken;
  }

  FakeNetwork network_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, DeliversWhatWasTracked) {
  Create();
  EXPECT_TRUE(client_->Track("signup", "u1", {{"plan", "pro"}}, {.session_id = "s"}));
  EXPECT_TRUE(client_->Track("login", "u1"));
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_THAT(Stored(), ElementsAre("login", "signup"));
  const ClientCounters counters = client_->counters();
  EXPECT_EQ(counters.enqueued, 2);
  EXPECT_EQ(counters.acknowledged, 2);
  EXPECT_EQ(counters.queued_events, 0);
  EXPECT_EQ(counters.queued_bytes, 0);
  EXPECT_TRUE(counters.connected);
}

TEST_F(ClientTest, SaysWhyAnEventIsInvalid) {
  Create();
  const TrackResult result = client_->Track("signup", "", {});
  EXPECT_FALSE(result);
  EXPECT_EQ(result.outcome(), TrackOutcome::kInvalid);
  EXPECT_STREQ(result.problem(), "user_id: must not be empty");
  EXPECT_EQ(client_->counters().invalid, 1);
  EXPECT_TRUE(client_->Flush(kLong));
}

TEST_F(ClientTest, SendsWithoutBeingAskedTo) {
  std::atomic<int64_t> acknowledged = 0;
  Create({.on_delivery = [&](const DeliveryReport& report) {
    acknowledged += report.acknowledged;
    acknowledged.notify_all();
  }});
  client_->Track("a", "u");
  acknowledged.wait(0);
  EXPECT_EQ(acknowledged, 1);
  client_->Shutdown(kLong);
}

TEST_F(ClientTest, ManyThreadsTrackAtOnceWhileTheCollectorCrashes) {
  Create({.queue_bytes = 8 << 20, .max_batch_events = 50});
  constexpr int kThreads = 4, kEvents = 2'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kEvents; ++i) {
        const std::string name = absl::StrCat("e", t, "_", i);
        ASSERT_TRUE(client_->Track(name, "u", {{"i", i}}));
        if (i % 500 == 250) network_.Crash();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(client_->Flush(kLong));
  const auto stored = Stored();
  EXPECT_EQ(stored.size(), static_cast<size_t>(kThreads * kEvents));
  EXPECT_EQ(std::set<std::string>(stored.begin(), stored.end()).size(), stored.size());
  EXPECT_EQ(client_->counters().acknowledged, kThreads * kEvents);
}

TEST_F(ClientTest, WithoutACollectorItCostsNothingButACounter) {
  network_.SetMode(FakeNetwork::Mode::kUnreachable);
  std::atomic<int> warnings = 0;
  Create({.queue_bytes = 256 << 10, .on_warning = [&](const std::string&) { ++warnings; }});
  network_.AwaitStreams(5);
  const int taken = Fill();
  EXPECT_GT(taken, 20);
  EXPECT_EQ(client_->Track("one", "more", {{"text", std::string(8'000, 'x')}}).outcome(),
            TrackOutcome::kQueueFull);
  const ClientCounters counters = client_->counters();
  EXPECT_EQ(counters.enqueued, taken);
  EXPECT_EQ(counters.dropped_newest, 2);
  EXPECT_LE(counters.queued_bytes, 256 << 10);
  EXPECT_FALSE(counters.connected);
  const absl::Time start = absl::Now();
  client_ = nullptr;  // gives up at once: nobody ever answered
  EXPECT_LT(absl::Now() - start, absl::Seconds(1.5));
  EXPECT_EQ(warnings, 1);
}

TEST_F(ClientTest, ShutdownReturnsWithinItsTimeAndCountsWhatIsLeft) {
  network_.SetMode(FakeNetwork::Mode::kSilent);
  Create();
  client_->Track("a", "u");
  const absl::Time start = absl::Now();
  EXPECT_FALSE(client_->Shutdown(absl::Milliseconds(50)));
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  EXPECT_FALSE(client_->Shutdown(absl::Milliseconds(50)));
  const ClientCounters counters = client_->counters();
  EXPECT_EQ(counters.dropped_at_shutdown, 1);
  EXPECT_EQ(counters.queued_events, 0);
  EXPECT_EQ(client_->Track("b", "u").outcome(), TrackOutcome::kShutDown);
}

TEST_F(ClientTest, ShutdownDeliversEverythingAndClosesInOrder) {
  Create();
  for (int i = 0; i < 100; ++i) client_->Track("e", "u");
  EXPECT_TRUE(client_->Shutdown(kLong));
  EXPECT_TRUE(client_->Shutdown(kLong));
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_EQ(client_->counters().acknowledged, 100);
  network_.Look([](ModelCollector& collector) {
    ASSERT_EQ(collector.producers().size(), 1u);
    EXPECT_TRUE(collector.producers().begin()->second.closed);
  });
}

TEST_F(ClientTest, FlushSaysWhenTimeIsOver) {
  network_.SetMode(FakeNetwork::Mode::kSlow);
  Create();
  client_->Track("a", "u");
  EXPECT_FALSE(client_->Flush(absl::Milliseconds(20)));
  network_.SetMode(FakeNetwork::Mode::kReachable);
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_EQ(client_->counters().acknowledged, 1);
}

TEST_F(ClientTest, DroppedEventsAreKnownToTheCollector) {
  network_.SetMode(FakeNetwork::Mode::kSlow);
  Create({.queue_bytes = 256 << 10});
  const int taken = Fill();
  network_.SetMode(FakeNetwork::Mode::kReachable);
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_EQ(Stored().size(), static_cast<size_t>(taken));
  network_.Look([](ModelCollector& collector) {
    EXPECT_EQ(collector.producers().begin()->second.skipped[v1::SKIP_REASON_QUEUE_FULL], 1);
  });
}

TEST_F(ClientTest, DropsTheOldestWhenAskedTo) {
  network_.SetMode(FakeNetwork::Mode::kUnreachable);
  std::atomic<int64_t> reported = 0;
  Create({.queue_bytes = 256 << 10,
          .when_full = WhenFull::kDropOldest,
          .on_delivery = [&](const DeliveryReport& report) { reported += report.dropped; }});
  const std::string text(8'000, 'x');
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(client_->Track(absl::StrCat("e", i), "u", {{"text", text}}));
  network_.SetMode(FakeNetwork::Mode::kReachable);
  EXPECT_TRUE(client_->Flush(kLong));
  const auto stored = Stored();
  EXPECT_EQ(stored.count("e199"), 1u);
  EXPECT_EQ(stored.count("e0"), 0u);
  EXPECT_EQ(client_->counters().dropped_oldest + static_cast<int64_t>(stored.size()), 200);
  EXPECT_TRUE(client_->Shutdown(kLong));
  EXPECT_EQ(reported, client_->counters().dropped_oldest);
  network_.Look([this](ModelCollector& collector) {
    EXPECT_EQ(collector.producers().begin()->second.skipped[v1::SKIP_REASON_QUEUE_FULL],
              client_->counters().dropped_oldest);
  });
}

TEST_F(ClientTest, DropsTheOldestAlsoWhileTheCollectorOwesAnswers) {
  network_.SetMode(FakeNetwork::Mode::kUnreachable);
  Create({.queue_bytes = 256 << 10, .when_full = WhenFull::kDropOldest});
  const std::string text(8'000, 'x');
  int64_t tracked = 0;
  const auto track = [&] {
    return client_->Track(absl::StrCat("e", tracked++), "u", {{"text", text}}).outcome();
  };
  // The queue is full when the collector comes up, and must not be sent as a whole.
  while (tracked < 100) EXPECT_EQ(track(), TrackOutcome::kTaken);
  network_.SetMode(FakeNetwork::Mode::kSlow);
  network_.AwaitStreams(network_.streams_opened() + 1);
  for (const absl::Time end = absl::Now() + absl::Milliseconds(50); absl::Now() < end;) {
    ASSERT_EQ(track(), TrackOutcome::kTaken);
  }
  network_.SetMode(FakeNetwork::Mode::kReachable);
  EXPECT_TRUE(client_->Flush(kLong));
  const auto stored = Stored();
  EXPECT_EQ(stored.count(absl::StrCat("e", tracked - 1)), 1u);
  EXPECT_EQ(client_->counters().dropped_oldest + static_cast<int64_t>(stored.size()), tracked);
}

TEST_F(ClientTest, BlocksForRoomWhenAskedTo) {
  network_.SetMode(FakeNetwork::Mode::kSlow);
  Create({.queue_bytes = 256 << 10, .when_full = WhenFull::kBlock, .block_timeout = kLong});
  const std::string text(8'000, 'x');
  std::thread tracker([&] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(client_->Track("e", "u", {{"text", text}}));
  });
  while (client_->counters().enqueued < 20) std::this_thread::yield();
  EXPECT_LT(client_->counters().enqueued, 100);
  network_.SetMode(FakeNetwork::Mode::kReachable);
  tracker.join();
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_EQ(client_->counters().acknowledged, 100);
}

TEST_F(ClientTest, BlockingEndsWithItsTimeAndWithShutdown) {
  network_.SetMode(FakeNetwork::Mode::kSlow);
  Create({.queue_bytes = 256 << 10, .when_full = WhenFull::kBlock, .block_timeout = absl::Milliseconds(10)});
  EXPECT_GT(Fill(), 20);
  EXPECT_EQ(client_->counters().dropped_newest, 1);
  network_.SetMode(FakeNetwork::Mode::kReachable);
  EXPECT_TRUE(client_->Shutdown(kLong));
  network_.Look([](ModelCollector& collector) {
    EXPECT_EQ(collector.producers().begin()->second.skipped[v1::SKIP_REASON_QUEUE_FULL], 1);
  });
}

TEST_F(ClientTest, ReportsRejectionsByNameAndReason) {
  std::vector<DeliveryReport::Rejection> rejections;
  Create({.on_delivery = [&](const DeliveryReport& report) {
    rejections.insert(rejections.end(), report.rejections.begin(), report.rejections.end());
  }});
  client_->Track("fine", "u");
  client_->Track("reject me", "u");
  EXPECT_TRUE(client_->Shutdown(kLong));
  ASSERT_EQ(rejections.size(), 1u);
  EXPECT_EQ(rejections[0].event_name, "reject me");
  EXPECT_EQ(rejections[0].reason, "REJECTION_REASON_BAD_VALUE");
  EXPECT_EQ(rejections[0].detail, "as the test wants it");
  EXPECT_EQ(client_->counters().rejected, 1);
}

TEST_F(ClientTest, CallbackMayTrackAndMayThrow) {
  std::atomic<int> calls = 0;
  Create({.on_delivery = [&](const DeliveryReport&) {
    if (++calls == 1) client_->Track("from the callback", "u");
    throw std::runtime_error("the program's own mistake");
  }});
  client_->Track("a", "u");
  EXPECT_TRUE(client_->Flush(kLong));
  while (client_->counters().acknowledged < 2) std::this_thread::yield();
  EXPECT_TRUE(client_->Shutdown(kLong));
}

TEST_F(ClientTest, IsHarmlessInAChildProcess) {
  Create();
  ASSERT_TRUE(client_->Track("before", "u"));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool harmless = client_->Track("in the child", "u").outcome() == TrackOutcome::kShutDown &&
                          !client_->Flush(kLong) && !client_->Shutdown(kLong) &&
                          client_->counters().enqueued == 0;
    client_ = nullptr;
    _exit(harmless ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(client_->Track("after", "u"));
  EXPECT_TRUE(client_->Shutdown(kLong));
  EXPECT_THAT(Stored(), ElementsAre("after", "before"));
}

TEST_F(ClientTest, TwoThreadsMayShutDownAtOnce) {
  Create();
  client_->Track("a", "u");
  std::thread other([this] { EXPECT_TRUE(client_->Shutdown(kLong)); });
  EXPECT_TRUE(client_->Shutdown(kLong));
  other.join();
}

TEST(ClientOptionsTest, NamesTheWrongOption) {
  EXPECT_TRUE(ClientOptions().Validate().ok());
  const auto problem = [](ClientOptions options) { return options.Validate().ToString(); };
  EXPECT_THAT(problem({.collector_address = ""}), HasSubstr("collector_address"));
  EXPECT_THAT(problem({.user_agent = std::string(151, 'x')}), HasSubstr("user_agent"));
  EXPECT_THAT(problem({.queue_bytes = 1000}), HasSubstr("queue_bytes"));
  EXPECT_THAT(problem({.max_batch_events = 5'001}), HasSubstr("max_batch_events"));
  EXPECT_THAT(problem({.max_batch_bytes = 2 << 20}), HasSubstr("max_batch_bytes"));
  EXPECT_THAT(problem({.linger = absl::Minutes(2)}), HasSubstr("linger"));
}

TEST(ClientOptionsTest, TakesAddressAndKeyFromTheEnvironment) {
  setenv("DONUT_COLLECTOR_ADDRESS", "example:1234", 1);
  setenv("DONUT_API_KEY", "secret", 1);
  EXPECT_EQ(ClientOptions().collector_address, "example:1234");
  EXPECT_EQ(ClientOptions().api_key, "secret");
  unsetenv("DONUT_COLLECTOR_ADDRESS");
  unsetenv("DONUT_API_KEY");
  EXPECT_EQ(ClientOptions().collector_address, "127.0.0.1:50051");
  EXPECT_EQ(ClientOptions().api_key, "");
}

// Remembers the last call.
class LastCall : public Tracker {
 public:
  TrackResult Track(std::string_view event_name, std::string_view user_id,
                    std::span<const Property> properties, const TrackOptions& options) noexcept override {
    name = event_name;
    user = user_id;
    count = properties.size();
    time = options.event_time;
    for (const Property& property : options.user_properties.span()) keys += std::string(property.key) + " ";
    return TrackResult::Taken();
  }
  std::string name, user, keys;
  size_t count = 0;
  std::optional<absl::Time> time;
};

TEST_F(ClientTest, SetUserPropertiesSendsAnEventThatCarriesThem) {
  LastCall call;
  EXPECT_TRUE(call.SetUserProperties("ada", {{"plan", "pro"}, {"trial", nullptr}}));
  EXPECT_EQ(call.name, "user_properties_set");
  EXPECT_EQ(call.user, "ada");
  EXPECT_EQ(call.keys, "plan trial ");
  EXPECT_EQ(call.count, 0u);
  EXPECT_FALSE(call.time.has_value());
  const std::vector<Property> built = {{"seats", 5}};
  EXPECT_TRUE(call.SetUserProperties("ada", built, absl::UnixEpoch()));
  EXPECT_EQ(call.keys, "plan trial seats ");
  EXPECT_EQ(call.time, absl::UnixEpoch());
}

TEST_F(ClientTest, TakesUserPropertiesWithAnyEventAndChecksThem) {
  Create();
  EXPECT_TRUE(
      client_->Track("signup", "ada", {{"plan", "pro"}}, {.user_properties = {{"plan", "pro"}, {"n", 1}}}));
  EXPECT_TRUE(client_->SetUserProperties("ada", {{"plan", nullptr}}));
  const TrackResult wrong = client_->SetUserProperties("ada", {{"", 1}});
  EXPECT_EQ(wrong.outcome(), TrackOutcome::kInvalid);
  EXPECT_STREQ(wrong.problem(), "user_properties: a key must not be empty");
  EXPECT_TRUE(client_->Flush(kLong));
  EXPECT_EQ(Stored(), (std::multiset<std::string>{"signup", "user_properties_set"}));
}

}  // namespace
}  // namespace donut::testing
