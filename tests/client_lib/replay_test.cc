#include "donut/replay.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client_lib/client_factory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client_lib/fake_network.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kId[] = "0123456789abcdef";

v1::Event Event(const std::string& name) {
  v1::Event event;
  event.set_name(name);
  event.set_user_id("u");
  return event;
}

class ReplayTest : public ::testing::Test {
 protected:
  absl::Status Open(ReplayOptions options = {}) {
    options.producer_id = kId;
    options.linger = absl::Milliseconds(1);
    auto replay = ReplayFactory::Open(std::move(options), network_.MakeTransport(), kLong);
    if (replay.ok()) replay_ = *std::move(replay);
    return replay.status();
  }
  ModelCollector::Producer Ledger() {
    ModelCollector::Producer producer;
    network_.Look([&](ModelCollector& collector) {
      producer = collector.producers()[kId];
      EXPECT_TRUE(collector.protocol_errors().empty());
    });
    return producer;
  }
  FakeNetwork network_;
  std::unique_ptr<Replay> replay_;
};

TEST_F(ReplayTest, SendsASourceInOrderWithItsBookmark) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(replay_->committed_sequence(), 0);
  EXPECT_EQ(replay_->bookmark(), "");
  EXPECT_TRUE(replay_->Send(Event("a"), "after a").ok());
  EXPECT_TRUE(replay_->SendUnparsed("{bad", "no JSON", "after bad").ok());
  EXPECT_TRUE(replay_->Skip(2).ok());
  EXPECT_TRUE(replay_->Send(Event("b"), "after b").ok());
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  const auto ledger = Ledger();
  EXPECT_EQ(ledger.committed, 5);
  EXPECT_EQ(ledger.stored, (std::map<int64_t, std::string>{{1, "a"}, {5, "b"}}));
  EXPECT_THAT(ledger.unparsed_reasons, ElementsAre("no JSON"));
  EXPECT_EQ(ledger.bookmark, "after b");
  EXPECT_TRUE(ledger.closed);
  EXPECT_TRUE(ledger.last_hello.durable());
  EXPECT_EQ(replay_->progress().committed_sequence, 5);
  EXPECT_EQ(replay_->progress().rejected, 1);
}

TEST_F(ReplayTest, NextProcessGoesOnWhereTheLedgerStands) {
  ASSERT_TRUE(Open().ok());
  for (int i = 1; i <= 10; ++i)
    ASSERT_TRUE(replay_->Send(Event(absl::StrCat("e", i)), absl::StrCat("b", i)).ok());
  while (replay_->progress().committed_sequence < 10) std::this_thread::yield();
  replay_ = nullptr;  // without Finish, as if killed
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(replay_->committed_sequence(), 10);
  EXPECT_EQ(replay_->bookmark(), "b10");
  EXPECT_EQ(replay_->bookmark_sequence(), 10);
  EXPECT_TRUE(replay_->Send(Event("e11"), "b11").ok());
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  EXPECT_EQ(Ledger().stored.size(), 11u);
}

TEST_F(ReplayTest, FlushWaitsUntilAllIsCommitted) {
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(replay_->Flush(kLong).ok());
  ASSERT_TRUE(replay_->Send(Event("a"), "after a").ok());
  ASSERT_TRUE(replay_->Flush(kLong).ok());
  EXPECT_EQ(Ledger().committed, 1);
  EXPECT_EQ(Ledger().bookmark, "after a");
  network_.SetMode(FakeNetwork::Mode::kSilent);
  ASSERT_TRUE(replay_->Send(Event("b")).ok());
  EXPECT_EQ(replay_->Flush(absl::Milliseconds(50)).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ReplayTest, GoesOnThroughCrashesOfTheCollector) {
  ASSERT_TRUE(Open({.max_batch_events = 20}).ok());
  for (int i = 1; i <= 1'000; ++i) {
    ASSERT_TRUE(replay_->Send(Event(absl::StrCat("e", i)), absl::StrCat("b", i)).ok());
    if (i % 200 == 0) network_.Crash();
  }
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  const auto ledger = Ledger();
  EXPECT_EQ(ledger.stored.size(), 1'000u);
  EXPECT_EQ(ledger.stored.at(1'000), "e1000");
  EXPECT_EQ(ledger.bookmark, "b1000");
}

TEST_F(ReplayTest, WaitsWhileTheWindowIsFull) {
  ASSERT_TRUE(Open({.window_bytes = 2 << 20}).ok());
  network_.SetMode(FakeNetwork::Mode::kSlow);
  v1::Event event = Event("e");
  (*event.mutable_properties()->mutable_fields())["text"].set_string_value(std::string(8'000, 'x'));
  std::atomic<int> sent = 0;
  std::thread sender([&] {
    for (int i = 0; i < 400; ++i) {
      EXPECT_TRUE(replay_->Send(event).ok());
      ++sent;
    }
  });
  while (sent < 200) std::this_thread::yield();
  EXPECT_LT(sent, 300);
  network_.SetMode(FakeNetwork::Mode::kReachable);
  sender.join();
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  EXPECT_EQ(Ledger().stored.size(), 400u);
}

TEST_F(ReplayTest, StopsWhenAnotherProcessTakesTheSourceOver) {
  ASSERT_TRUE(Open().ok());
  auto first = std::move(replay_);
  ASSERT_TRUE(first->Send(Event("a")).ok());
  while (first->progress().committed_sequence < 1) std::this_thread::yield();
  ASSERT_TRUE(Open().ok());
  ASSERT_NE(replay_, nullptr);
  EXPECT_EQ(replay_->committed_sequence(), 1);
  absl::Status status = first->Send(Event("b"));
  if (status.ok()) status = first->Finish(kLong);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(replay_->Send(Event("c")).ok());
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  EXPECT_EQ(Ledger().stored, (std::map<int64_t, std::string>{{1, "a"}, {2, "c"}}));
}

TEST_F(ReplayTest, ABlockedSendEndsWithStop) {
  ASSERT_TRUE(Open({.window_bytes = 2 << 20}).ok());
  network_.SetMode(FakeNetwork::Mode::kSilent);
  v1::Event event = Event("e");
  (*event.mutable_properties()->mutable_fields())["text"].set_string_value(std::string(8'000, 'x'));
  absl::Status status;
  std::atomic<int> sent = 0;
  std::thread sender([&] {
    while (status.ok()) {
      status = replay_->Send(event);
      ++sent;
    }
  });
  while (sent < 200) std::this_thread::yield();
  replay_->Stop();
  sender.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST_F(ReplayTest, OpeningFailsAtOnceWhenTheKeyIsWrong) {
  network_.RefuseWith(absl::UnauthenticatedError("no such key"));
  EXPECT_EQ(Open().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(ReplayTest, OpeningSaysWhyNobodyAnswered) {
  network_.SetMode(FakeNetwork::Mode::kUnreachable);
  auto replay = ReplayFactory::Open({.producer_id = kId}, network_.MakeTransport(), absl::Milliseconds(200));
  EXPECT_EQ(replay.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(replay.status().ToString(), HasSubstr("refused"));
}

TEST_F(ReplayTest, OpeningWaitsForACollectorThatComesUp) {
  network_.SetMode(FakeNetwork::Mode::kUnreachable);
  std::thread starter([this] {
    network_.AwaitStreams(3);
    network_.SetMode(FakeNetwork::Mode::kReachable);
  });
  EXPECT_TRUE(Open().ok());
  starter.join();
}

TEST_F(ReplayTest, SendsAnEventThatWouldBreakItsMessageAsUnparsed) {
  ASSERT_TRUE(Open().ok());
  v1::Event bad_name = Event("\xff");
  v1::Event bad_value = Event("n");
  auto& list = *(*bad_value.mutable_properties()->mutable_fields())["l"].mutable_list_value();
  (*list.add_values()->mutable_struct_value()->mutable_fields())["k"].set_string_value("\xc3");
  v1::Event huge = Event("h");
  (*huge.mutable_properties()->mutable_fields())["text"].set_string_value(std::string(2 << 20, 'x'));
  EXPECT_TRUE(replay_->Send(bad_name).ok());
  EXPECT_TRUE(replay_->Send(bad_value).ok());
  EXPECT_TRUE(replay_->Send(huge).ok());
  EXPECT_TRUE(replay_->Send(Event("fine")).ok());
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  EXPECT_THAT(Ledger().unparsed_reasons,
              ElementsAre("name: not UTF-8", "properties: not UTF-8", HasSubstr("over 32768 bytes")));
  EXPECT_EQ(Ledger().stored, (std::map<int64_t, std::string>{{4, "fine"}}));
}

TEST_F(ReplayTest, SendsEncodedEventsAsTheyAre) {
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(replay_->SendEncoded(Event("a").SerializeAsString(), "after a").ok());
  EXPECT_TRUE(replay_->SendEncoded(Event(std::string(1 << 20, 'x')).SerializeAsString()).ok());
  EXPECT_TRUE(replay_->SendEncoded(Event("b").SerializeAsString(), "after b").ok());
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  EXPECT_EQ(Ledger().stored, (std::map<int64_t, std::string>{{1, "a"}, {3, "b"}}));
  EXPECT_THAT(Ledger().unparsed_reasons, ElementsAre("event: over 32768 bytes"));
  EXPECT_EQ(Ledger().bookmark, "after b");
}

TEST_F(ReplayTest, RefusesALongBookmarkWithoutTakingANumber) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(replay_->Send(Event("a"), std::string(257, 'b')).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(replay_->Send(Event("a"), std::string(256, 'b')).ok());
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  EXPECT_EQ(Ledger().committed, 1);
}

TEST_F(ReplayTest, ReportsRejectionsByNumber) {
  std::vector<int64_t> numbers;
  ASSERT_TRUE(Open({.on_rejection = [&](const v1::Rejection& r) { numbers.push_back(r.sequence()); }}).ok());
  for (const char* name : {"a", "reject", "b", "reject"}) ASSERT_TRUE(replay_->Send(Event(name)).ok());
  EXPECT_TRUE(replay_->Finish(kLong).ok());
  EXPECT_THAT(numbers, ElementsAre(2, 4));
}

TEST_F(ReplayTest, FinishSaysWhatIsMissing) {
  ASSERT_TRUE(Open().ok());
  network_.SetMode(FakeNetwork::Mode::kSilent);
  ASSERT_TRUE(replay_->Send(Event("a")).ok());
  const absl::Status status = replay_->Finish(absl::Milliseconds(50));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(status.ToString(), HasSubstr("number 1"));
  EXPECT_EQ(replay_->Send(Event("b")).code(), absl::StatusCode::kCancelled);
}

TEST(ReplayOptionsTest, NamesTheWrongOption) {
  EXPECT_TRUE(ReplayOptions{.producer_id = kId}.Validate().ok());
  EXPECT_THAT(ReplayOptions{}.Validate().ToString(), HasSubstr("producer_id: must have 16 bytes"));
  EXPECT_THAT((ReplayOptions{.producer_id = kId, .linger = absl::Minutes(2)}).Validate().ToString(),
              HasSubstr("linger: must be from 0 to a minute"));
  EXPECT_THAT((ReplayOptions{.producer_id = kId, .window_bytes = 1}).Validate().ToString(),
              HasSubstr("window_bytes"));
}

}  // namespace
}  // namespace donut::testing
