#include "collector/ingest_queue.h"

#include <future>

#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/collector/fake_event_sink.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::NamedEvent;
using testing::StatusIs;

// Hands a lane a sink that the test keeps; optionally stops each commit until it is let go.
class GatedSink : public EventSink {
 public:
  explicit GatedSink(testing::FakeEventSink* sink) : sink_(sink) {}
  absl::StatusOr<HelloAnswer> Grant(const HelloClaim& claim) override { return sink_->Grant(claim); }
  absl::Status Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) override {
    {
      MutexLock lock(mutex_);
      ++waiting_;
      changed_.NotifyAll();
      while (held_) changed_.Wait(mutex_);
    }
    return sink_->Commit(spans, outcome);
  }
  void Hold(bool held) {
    MutexLock lock(mutex_);
    held_ = held;
    changed_.NotifyAll();
  }
  void WaitForCommit() {
    MutexLock lock(mutex_);
    while (waiting_ == 0) changed_.Wait(mutex_);
  }

 private:
  testing::FakeEventSink* const sink_;
  Mutex mutex_;
  ConditionVariable changed_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

class IngestQueueTest : public ::testing::Test {
 protected:
  void Start(size_t max_staged_bytes = 1 << 20) {
    IngestQueueOptions options;
    options.lanes = 1;
    options.max_staged_bytes = max_staged_bytes;
    options.commit.max_away = absl::Milliseconds(100);
    queue_.emplace(options, &clock_, [this](int) {
      auto gate = std::make_unique<GatedSink>(&sink_);
      gate_ = gate.get();
      return gate;
    });
  }
  HelloAnswer Hello() {
    std::promise<absl::StatusOr<HelloAnswer>> answer;
    queue_->Submit(testing::Claim("p", 0, "t"),
                   [&](absl::StatusOr<HelloAnswer> a) { answer.set_value(std::move(a)); });
    return answer.get_future().get().value();
  }
  std::future<PieceResult> Submit(StagedPiece piece) {
    auto promise = std::make_shared<std::promise<PieceResult>>();
    queue_->Submit("p", std::move(piece),
                   [promise](PieceResult result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }

  SystemClock clock_;
  testing::FakeEventSink sink_;
  GatedSink* gate_ = nullptr;
  std::optional<IngestQueue> queue_;
};

TEST_F(IngestQueueTest, CommitsManyPiecesTogetherWhileOneGroupIsInFlight) {
  Start();
  const HelloAnswer grant = Hello();
  gate_->Hold(true);
  std::vector<std::future<PieceResult>> results;
  results.push_back(Submit(testing::StreamPiece(grant, 1, {NamedEvent("a", "u")})));
  gate_->WaitForCommit();
  for (int64_t n = 2; n <= 50; ++n)
    results.push_back(Submit(testing::StreamPiece(grant, n, {NamedEvent("a", "u")})));
  gate_->Hold(false);
  for (auto& result : results) EXPECT_TRUE(result.get().status.ok());
  EXPECT_EQ(sink_.stored().size(), 50u);
  EXPECT_EQ(sink_.commits(), 2);
  EXPECT_EQ(queue_->metrics().events_stored.value(), 50);
}

TEST_F(IngestQueueTest, HasNoRoomAboveItsBytesAndTellsWhenItHasAgain) {
  Start(1'000);
  const HelloAnswer grant = Hello();
  gate_->Hold(true);
  EXPECT_TRUE(queue_->HasRoom());
  auto result = Submit(testing::StreamPiece(grant, 1, std::vector<v1::Event>(20, NamedEvent("a", "u"))));
  EXPECT_FALSE(queue_->HasRoom());
  std::promise<void> room;
  EXPECT_TRUE(queue_->WaitForRoom([&] { room.set_value(); }).has_value());
  auto waited = room.get_future();
  EXPECT_EQ(waited.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  gate_->Hold(false);
  waited.get();
  EXPECT_EQ(queue_->staged_bytes(), 0u);
  EXPECT_FALSE(queue_->WaitForRoom([] { FAIL() << "there is room"; }).has_value());
  EXPECT_TRUE(result.get().status.ok());
}

// Room for one at a time: those that died must not take it, and those that do not use it pass it on.
TEST_F(IngestQueueTest, ResumesAllThatStillWaitForRoomInTheirOrder) {
  Start(1'000);
  const HelloAnswer grant = Hello();
  gate_->Hold(true);
  auto result = Submit(testing::StreamPiece(grant, 1, std::vector<v1::Event>(20, NamedEvent("a", "u"))));
  std::vector<int> resumed;  // by one thread: each goes on where the one before it passes the room on
  std::promise<void> last;
  std::vector<RoomTicket> tickets;
  constexpr int kWaiters = 20;
  for (int i = 0; i < kWaiters; ++i) {
    tickets.push_back(queue_
                          ->WaitForRoom([&, i] {
                            resumed.push_back(i);
                            queue_->PassRoomOn();
                            if (i == kWaiters - 1) last.set_value();
                          })
                          .value());
  }
  for (size_t i = 0; i < kWaiters; i += 2) EXPECT_TRUE(queue_->LeaveLine(tickets[i]));
  EXPECT_FALSE(queue_->LeaveLine(tickets[0]));
  EXPECT_EQ(queue_->waiting_for_room(), 10u);
  gate_->Hold(false);
  last.get_future().get();
  EXPECT_EQ(resumed, (std::vector<int>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
  EXPECT_EQ(queue_->waiting_for_room(), 0u);
  EXPECT_TRUE(result.get().status.ok());
}

TEST_F(IngestQueueTest, GrantsNoHelloThatNobodyWaitsForAnyMore) {
  Start();
  EXPECT_EQ(Hello().epoch, 1);
  std::promise<absl::StatusOr<HelloAnswer>> stale;
  queue_->Submit(
      testing::Claim("p", 0, "t"), [&](absl::StatusOr<HelloAnswer> a) { stale.set_value(std::move(a)); },
      [] { return false; });
  EXPECT_THAT(stale.get_future().get(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Hello")));
  EXPECT_EQ(Hello().epoch, 2);
}

TEST_F(IngestQueueTest, AnswersAtOnceWhileTheDatabaseIsAway) {
  Start();
  sink_.SetAway(true);
  EXPECT_THAT(Submit(testing::UnaryPiece({NamedEvent("a", "u")})).get().status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("nothing was stored")));
  EXPECT_THAT(queue_->CheckAvailable(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("away")));
}

TEST_F(IngestQueueTest, RecoversByItself) {
  Start();
  const HelloAnswer grant = Hello();
  sink_.SetAway(true);
  auto lost = Submit(testing::StreamPiece(grant, 1, {NamedEvent("a", "u")}));
  EXPECT_FALSE(lost.get().status.ok());
  sink_.SetAway(false);
  EXPECT_TRUE(Submit(testing::StreamPiece(grant, 1, {NamedEvent("a", "u")})).get().status.ok());
  queue_->Drain();  // bytes are given back after the answer
  EXPECT_EQ(queue_->staged_bytes(), 0u);
}

TEST_F(IngestQueueTest, CountsEachEventOnceHoweverItsCommitGoes) {
  Start();
  const HelloAnswer grant = Hello();
  const std::vector<v1::Event> two(2, NamedEvent("a", "u"));
  // Committed and not told so; then again under the same numbers; then rolled back and repeated.
  sink_.FailNext({testing::Fault::kUnknownCommitted});
  EXPECT_TRUE(Submit(testing::StreamPiece(grant, 1, two)).get().status.ok());
  EXPECT_TRUE(Submit(testing::StreamPiece(grant, 1, two)).get().status.ok());
  sink_.FailNext({testing::Fault::kUnknownRolledBack});
  EXPECT_TRUE(Submit(testing::StreamPiece(grant, 3, two)).get().status.ok());
  EXPECT_EQ(sink_.stored().size(), 4u);
  const CollectorMetrics& metrics = queue_->metrics();
  EXPECT_EQ(metrics.events_stored.value(), 4);
  EXPECT_EQ(metrics.events_duplicate.value(), 2);
  EXPECT_EQ(metrics.commit_failures.value(static_cast<int>(CommitFailure::kInDoubt)), 2);
  EXPECT_EQ(metrics.acknowledgement.Read().count, 3);
}

TEST_F(IngestQueueTest, ShowsWhatItHolds) {
  Start(1'000);
  const HelloAnswer grant = Hello();
  gate_->Hold(true);
  auto result = Submit(testing::StreamPiece(grant, 1, std::vector<v1::Event>(20, NamedEvent("a", "u"))));
  EXPECT_TRUE(queue_->WaitForRoom([] {}).has_value());
  MetricPage page;
  queue_->AddMetrics(page);
  EXPECT_EQ(page.Find("donut_collector_staged_bytes"), static_cast<double>(queue_->staged_bytes()));
  EXPECT_GT(queue_->staged_bytes(), 1'000u);
  EXPECT_EQ(page.Find("donut_collector_staged_bytes_limit"), 1'000);
  EXPECT_EQ(page.Find("donut_collector_streams_waiting"), 1);
  EXPECT_EQ(page.Find("donut_collector_hellos_total", {{"result", "granted"}}), 1);
  gate_->Hold(false);
  EXPECT_TRUE(result.get().status.ok());
}

TEST_F(IngestQueueTest, DrainCommitsWhatWaitsAndRefusesWhatComes) {
  Start();
  const HelloAnswer grant = Hello();
  gate_->Hold(true);
  auto first = Submit(testing::StreamPiece(grant, 1, {NamedEvent("a", "u")}));
  gate_->WaitForCommit();
  auto second = Submit(testing::StreamPiece(grant, 2, {NamedEvent("a", "u")}));
  gate_->Hold(false);
  queue_->Drain();
  EXPECT_TRUE(first.get().status.ok());
  EXPECT_TRUE(second.get().status.ok());
  EXPECT_THAT(Submit(testing::StreamPiece(grant, 3, {NamedEvent("a", "u")})).get().status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("going down")));
  EXPECT_EQ(sink_.stored().size(), 2u);
}

}  // namespace
}  // namespace donut::collector
