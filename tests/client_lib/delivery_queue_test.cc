#include "client_lib/delivery_queue.h"

#include <cstring>
#include <string>
#include <vector>

#include "common/limits.h"
#include "donut/analytics/v1/event.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr DeliveryQueue::BatchLimits kAll = {.max_events = 5'000, .max_bytes = 1 << 20};

bool Append(DeliveryQueue& queue, const std::string& name, size_t padding = 0) {
  v1::Event event;
  event.set_name(name);
  event.set_user_id(std::string(padding, 'p'));
  const std::string bytes = event.SerializeAsString();
  char* place = queue.AppendEvent(bytes.size());
  if (place != nullptr) std::memcpy(place, bytes.data(), bytes.size());
  return place != nullptr;
}

v1::StreamEventsRequest Next(DeliveryQueue& queue, const DeliveryQueue::BatchLimits& most = kAll) {
  v1::StreamEventsRequest request;
  EXPECT_TRUE(queue.HasUnsent());
  EXPECT_TRUE(request.ParseFromString(queue.NextMessage(most).wire.Join()));
  return request;
}

std::vector<std::string> Names(const v1::EventBatch& batch) {
  std::vector<std::string> names;
  for (const v1::Event& event : batch.events()) names.push_back(event.name());
  return names;
}

TEST(DeliveryQueueTest, ComposesABatchThatParsesBack) {
  DeliveryQueue queue({});
  Append(queue, "a");
  Append(queue, "b", 300);
  const auto request = Next(queue);
  EXPECT_EQ(request.batch().first_sequence(), 1);
  EXPECT_THAT(Names(request.batch()), ElementsAre("a", "b"));
  EXPECT_EQ(request.batch().events(1).user_id().size(), 300u);
  EXPECT_FALSE(queue.HasUnsent());
  EXPECT_EQ(queue.queued_events(), 2);
}

TEST(DeliveryQueueTest, LimitsABatchByEventsAndBytes) {
  DeliveryQueue queue({});
  for (int i = 0; i < 10; ++i) Append(queue, "e" + std::to_string(i), 100);
  EXPECT_EQ(Next(queue, {.max_events = 4, .max_bytes = 1 << 20}).batch().events_size(), 4);
  const auto second = Next(queue, {.max_events = 100, .max_bytes = 330});
  EXPECT_EQ(second.batch().first_sequence(), 5);
  EXPECT_EQ(second.batch().events_size(), 3);
  EXPECT_EQ(Next(queue, {.max_events = 100, .max_bytes = 1}).batch().events_size(), 1);
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("e8", "e9"));
}

TEST(DeliveryQueueTest, SendsWhatWasAppendedAfterTheLastMessage) {
  DeliveryQueue queue({});
  Append(queue, "a");
  Next(queue);
  Append(queue, "b");
  const auto request = Next(queue);
  EXPECT_EQ(request.batch().first_sequence(), 2);
  EXPECT_THAT(Names(request.batch()), ElementsAre("b"));
}

TEST(DeliveryQueueTest, FillsABatchAtLeastToTheHalf) {
  for (int most = 1; most <= 30; ++most) {
    DeliveryQueue queue({});
    // Runs of 1, 2, ... 12 events: what was sent before is a run of its own.
    for (int run = 1; run <= 12; ++run) {
      for (int i = 0; i < run; ++i) Append(queue, "e");
      Next(queue);
    }
    queue.Rewind();
    const int64_t end = queue.next_sequence();
    while (queue.HasUnsent()) {
      const auto batch = Next(queue, {.max_events = most, .max_bytes = 1 << 20}).batch();
      EXPECT_EQ(batch.first_sequence() + batch.events_size(), queue.cursor());
      EXPECT_LE(batch.events_size(), most);
      if (queue.HasUnsent()) {
        EXPECT_GE(2 * batch.events_size(), most);
      }
    }
    EXPECT_EQ(queue.cursor(), end);
    EXPECT_EQ(queue.in_flight_bytes(), queue.queued_bytes());
  }
}

TEST(DeliveryQueueTest, AMessageStaysAsItIsWhileMoreIsAppendedAndDropped) {
  DeliveryQueue queue({.capacity_bytes = 4096, .block_bytes = 1024});
  for (const char* name : {"a", "b", "c"}) Append(queue, name, 90);
  const auto message = queue.NextMessage(kAll);
  const std::string before = message.wire.Join();
  while (Append(queue, "later", 90)) continue;
  int again = 0;
  for (int i = 0; i < 20; ++i) {
    EXPECT_GT(queue.DropOldest(), 0);
    again += Append(queue, "last", 90) ? 1 : 0;
  }
  EXPECT_GT(again, 5);
  EXPECT_EQ(message.wire.Join(), before);
  v1::StreamEventsRequest request;
  ASSERT_TRUE(request.ParseFromString(before));
  EXPECT_THAT(Names(request.batch()), ElementsAre("a", "b", "c"));
}

TEST(DeliveryQueueTest, KeepsEventsUntilTheyAreCommitted) {
  DeliveryQueue queue({});
  for (const char* name : {"a", "b", "c", "d"}) Append(queue, name);
  Next(queue);
  EXPECT_EQ(queue.Commit(2).events, 2);
  queue.Rewind();
  const auto request = Next(queue);
  EXPECT_EQ(request.batch().first_sequence(), 3);
  EXPECT_THAT(Names(request.batch()), ElementsAre("c", "d"));
  EXPECT_EQ(queue.resent_events(), 2);
  EXPECT_EQ(queue.Commit(4).events, 2);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.queued_bytes(), 0u);
  EXPECT_EQ(queue.in_flight_bytes(), 0u);
}

TEST(DeliveryQueueTest, CountsBytesInFlight) {
  DeliveryQueue queue({});
  Append(queue, "a", 50);
  Append(queue, "b", 50);
  const size_t all = queue.queued_bytes();
  Next(queue, {.max_events = 1, .max_bytes = 1000});
  EXPECT_EQ(queue.in_flight_bytes(), all / 2);
  EXPECT_EQ(queue.unsent_bytes(), all / 2);
  queue.Commit(1);
  EXPECT_EQ(queue.in_flight_bytes(), 0u);
  Next(queue);
  queue.Rewind();
  EXPECT_EQ(queue.in_flight_bytes(), 0u);
  EXPECT_EQ(queue.unsent_bytes(), all / 2);
}

TEST(DeliveryQueueTest, NamesTheRejectedEvents) {
  DeliveryQueue queue({});
  for (const char* name : {"a", "b", "c"}) Append(queue, name);
  Next(queue);
  EXPECT_THAT(queue.Commit(3, {2, 9, 3}).rejected_names, ElementsAre("b", "", "c"));
}

TEST(DeliveryQueueTest, NamesTheRejectedEventsInAnyOrderAndRun) {
  DeliveryQueue queue({.capacity_bytes = 1 << 20, .block_bytes = 64});
  for (int i = 1; i <= 20; ++i) Append(queue, "e" + std::to_string(i));
  queue.AppendSkipped(1, v1::SKIP_REASON_EMPTY);
  Append(queue, "e22");
  while (queue.HasUnsent()) Next(queue);
  EXPECT_THAT(queue.Commit(22, {3, 4, 17, 2, 2, 21, 22}).rejected_names,
              ElementsAre("e3", "e4", "e17", "e2", "e2", "", "e22"));
}

TEST(DeliveryQueueTest, RefusesWhenFullAndTakesAgainAfterACommit) {
  DeliveryQueue queue({.capacity_bytes = 4096, .block_bytes = 1024});
  int taken = 0;
  while (Append(queue, "e", 90)) ++taken;
  EXPECT_GT(taken, 30);
  EXPECT_LE(queue.queued_bytes(), 4096u);
  Next(queue);
  queue.Commit(taken / 2);
  EXPECT_TRUE(Append(queue, "e", 90));
}

TEST(DeliveryQueueTest, HoldsItsMemoryBoundThroughManyRounds) {
  DeliveryQueue queue({.capacity_bytes = 8192, .block_bytes = 1024});
  int64_t taken = 0;
  for (int round = 0; round < 2'000; ++round) {
    for (int i = 0; i < round % 7; ++i) taken += Append(queue, "e", round % 200) ? 1 : 0;
    EXPECT_LE(queue.queued_bytes(), 8192u);
    if (round % 5 == 0) queue.Rewind();
    if (queue.HasUnsent()) Next(queue, {.max_events = 1 + round % 9, .max_bytes = 2000});
    if (round % 3 == 0) queue.Commit(queue.cursor() - 1);
  }
  queue.Commit(queue.cursor() - 1);
  while (queue.HasUnsent()) Next(queue);
  queue.Commit(queue.cursor() - 1);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.taken_total(), taken);
  EXPECT_GT(taken, 2'000);
}

TEST(DeliveryQueueTest, TakesAnEventLargerThanABlockWhenEmpty) {
  DeliveryQueue queue({.capacity_bytes = 2048, .block_bytes = 1024});
  EXPECT_TRUE(Append(queue, "large", 5'000));
  EXPECT_FALSE(Append(queue, "small"));
  EXPECT_EQ(Next(queue, {.max_events = 10, .max_bytes = 100}).batch().events_size(), 1);
  queue.Commit(1);
  EXPECT_TRUE(Append(queue, "small"));
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("small"));
}

TEST(DeliveryQueueTest, MergesSkippedNumbersAndSendsThemInTheirPlace) {
  DeliveryQueue queue({});
  Append(queue, "a");
  queue.AppendSkipped(1, v1::SKIP_REASON_QUEUE_FULL);
  queue.AppendSkipped(2, v1::SKIP_REASON_QUEUE_FULL);
  queue.AppendSkipped(1, v1::SKIP_REASON_EMPTY);
  Append(queue, "b");
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("a"));
  const auto skipped = Next(queue).skipped();
  EXPECT_EQ(skipped.first_sequence(), 2);
  EXPECT_EQ(skipped.last_sequence(), 4);
  EXPECT_EQ(skipped.reason(), v1::SKIP_REASON_QUEUE_FULL);
  EXPECT_EQ(Next(queue).skipped().reason(), v1::SKIP_REASON_EMPTY);
  EXPECT_EQ(Next(queue).batch().first_sequence(), 6);
  EXPECT_EQ(queue.Commit(6).events, 2);
  EXPECT_TRUE(queue.empty());
}

TEST(DeliveryQueueTest, SendsOnlyTheNewPartOfARangeThatGrew) {
  DeliveryQueue queue({});
  queue.AppendSkipped(3, v1::SKIP_REASON_QUEUE_FULL);
  Next(queue);
  queue.AppendSkipped(2, v1::SKIP_REASON_QUEUE_FULL);
  const auto skipped = Next(queue).skipped();
  EXPECT_EQ(skipped.first_sequence(), 4);
  EXPECT_EQ(skipped.last_sequence(), 5);
}

TEST(DeliveryQueueTest, DropsTheOldestThatWereNeverSent) {
  DeliveryQueue queue({.capacity_bytes = 4096, .block_bytes = 1024});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Append(queue, "e" + std::to_string(i), 900));
  ASSERT_FALSE(Append(queue, "e4", 900));
  Next(queue, {.max_events = 1, .max_bytes = 4096});
  EXPECT_EQ(queue.DropOldest(), 1);
  EXPECT_TRUE(Append(queue, "e4", 900));
  EXPECT_EQ(queue.DropOldest(), 1);
  queue.Rewind();
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("e0"));
  const auto skipped = Next(queue).skipped();
  EXPECT_EQ(skipped.first_sequence(), 2);
  EXPECT_EQ(skipped.last_sequence(), 3);
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("e3", "e4"));
  EXPECT_EQ(queue.Commit(5).events, 3);
  EXPECT_TRUE(queue.empty());
}

TEST(DeliveryQueueTest, NeverDropsWhatWasSent) {
  DeliveryQueue queue({});
  Append(queue, "a");
  Append(queue, "b");
  Next(queue, {.max_events = 1, .max_bytes = 1000});
  queue.Rewind();
  EXPECT_EQ(queue.DropOldest(), 1);
  EXPECT_EQ(queue.DropOldest(), 0);
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("a"));
}

TEST(DeliveryQueueTest, StartsOverWithOnlyWhatWasNeverSent) {
  DeliveryQueue queue({});
  for (const char* name : {"a", "b", "c", "d", "e"}) Append(queue, name);
  Next(queue, {.max_events = 3, .max_bytes = 1000});
  queue.Commit(1);
  EXPECT_EQ(queue.StartOver(), 2);
  const auto request = Next(queue);
  EXPECT_EQ(request.batch().first_sequence(), 1);
  EXPECT_THAT(Names(request.batch()), ElementsAre("d", "e"));
  EXPECT_EQ(queue.resent_events(), 0);
  EXPECT_EQ(queue.taken_total(), 5);
  EXPECT_EQ(queue.decided_total(), 3);
  Append(queue, "f");
  EXPECT_EQ(Next(queue).batch().first_sequence(), 3);
}

TEST(DeliveryQueueTest, SkipsTheFirstEventAlone) {
  DeliveryQueue queue({});
  for (const char* name : {"a", "b", "c"}) Append(queue, name);
  EXPECT_TRUE(queue.SkipFirst(v1::SKIP_REASON_POISONOUS));
  EXPECT_FALSE(queue.SkipFirst(v1::SKIP_REASON_POISONOUS));
  EXPECT_EQ(Next(queue).skipped().last_sequence(), 1);
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("b", "c"));
  EXPECT_EQ(queue.queued_events(), 2);
}

TEST(DeliveryQueueTest, GivesABatchTheBookmarkOfItsLastEvent) {
  DeliveryQueue queue({});
  for (const char* name : {"a", "b", "c", "d"}) {
    Append(queue, name);
    queue.SetBookmark(std::string("after ") + name);
  }
  const DeliveryQueue::BatchLimits two = {.max_events = 2, .max_bytes = 1000};
  EXPECT_EQ(Next(queue, two).batch().bookmark(), "after b");
  queue.Rewind();
  EXPECT_EQ(Next(queue).batch().bookmark(), "after d");
  queue.Rewind();
  queue.Commit(3);
  EXPECT_EQ(Next(queue, two).batch().bookmark(), "after d");
}

TEST(DeliveryQueueTest, SendsUnparsedPiecesInTheirPlace) {
  DeliveryQueue queue({});
  Append(queue, "a");
  v1::Unparsed unparsed;
  unparsed.set_payload(std::string("\xff\0x", 3));
  unparsed.set_reason("no JSON");
  EXPECT_TRUE(queue.AppendUnparsed(unparsed));
  queue.SetBookmark("here");
  Append(queue, "b");
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("a"));
  const auto sent = Next(queue).unparsed();
  EXPECT_EQ(sent.sequence(), 2);
  EXPECT_EQ(sent.payload(), unparsed.payload());
  EXPECT_EQ(sent.reason(), "no JSON");
  EXPECT_EQ(sent.bookmark(), "here");
  EXPECT_THAT(Names(Next(queue).batch()), ElementsAre("b"));
  EXPECT_THAT(queue.Commit(3, {2}).rejected_names, ElementsAre(IsEmpty()));
}

TEST(DeliveryQueueTest, StartsWhereTheLedgerStands) {
  DeliveryQueue queue({});
  queue.StartAt(41);
  EXPECT_TRUE(queue.empty());
  Append(queue, "a");
  EXPECT_EQ(Next(queue).batch().first_sequence(), 41);
}

TEST(DeliveryQueueTest, BatchesStayWithinTheCollectorsLimit) {
  DeliveryQueue queue({});
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(Append(queue, "e", 32'000));
  const auto message = queue.NextMessage({.max_events = 5'000, .max_bytes = size_t{8} << 20});
  EXPECT_LE(message.wire.Join().size(), static_cast<size_t>(limits::kMaxBatchBytes));
  EXPECT_GT(message.wire.Join().size(), 900'000u);
}

}  // namespace
}  // namespace donut
