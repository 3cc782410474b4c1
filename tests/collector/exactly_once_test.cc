// Clients, collectors and lost connections by dice, against the real ledger: whatever happens,
// an acknowledged event is stored, and none is stored twice. Prints its seed; DONUT_RANDOM_SEED repeats one.
#include <iostream>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "collector/postgres_event_sink.h"
#include "common/postgres/installation.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/support/random_seed.h"
#include "tests/support/test_database.h"

namespace donut::collector {
namespace {

using testing::NamedEvent;

// What a client knows of itself.
struct Client {
  std::string id;
  int64_t epoch = 0;
  int attempts = 0;
  std::vector<std::string> unanswered;
  int64_t acknowledged = 0;
  int64_t next = 1;  // the next number to send on the current stream
  std::optional<HelloAnswer> stream;
  size_t collector = 0;
  int lives = 0;
};

// A batch that waits in some collector, perhaps after its client has gone elsewhere.
struct Queued {
  size_t client;
  StagedPiece piece;
};

class ExactlyOnceTest : public ::testing::Test {
 protected:
  static constexpr size_t kCollectors = 2;
  static constexpr size_t kClients = 4;

  ExactlyOnceTest() : seed_(testing::RandomSeed()), random_(seed_), clients_(kClients) {
    std::cout << "DONUT_RANDOM_SEED=" << seed_ << std::endl;
    for (size_t i = 0; i < kCollectors; ++i) Restart(i);
    for (size_t i = 0; i < kClients; ++i) clients_[i].id = absl::StrCat("client", i);
  }

  bool Dice(int sides) { return random_() % static_cast<unsigned>(sides) == 0; }

  // A collector is killed and started again: what it had queued is gone.
  void Restart(size_t collector) {
    queues_[collector].clear();
    memories_[collector] = std::make_unique<SinkMemory>(100, 100);
    postgres::ConnectionOptions options;
    options.url = database_.collector_url();
    sinks_[collector] = std::make_unique<PostgresEventSink>(options, memories_[collector].get());
  }

  void Hello(Client& client) {
    client.stream.reset();
    client.collector = random_() % kCollectors;
    HelloClaim claim =
        testing::Claim(client.id, client.epoch, absl::StrCat(client.id, ".", client.attempts++));
    claim.earlier_tokens = client.unanswered;
    const auto answer = sinks_[client.collector]->Grant(claim);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_TRUE(answer->verdict == HelloVerdict::kCreate || answer->verdict == HelloVerdict::kGrant)
        << "seed " << seed_ << ": a client lost its own id";
    ASSERT_GE(answer->committed_sequence, client.acknowledged) << "seed " << seed_;
    if (Dice(5)) {  // the answer is lost on the way
      client.unanswered.push_back(claim.token);
      return;
    }
    client.unanswered.clear();
    client.epoch = answer->epoch;
    client.acknowledged = answer->committed_sequence;
    client.next = client.acknowledged + 1;
    client.stream = *answer;
  }

  void Send(size_t index) {
    Client& client = clients_[index];
    if (!client.stream) {
      Hello(client);
      return;
    }
    int64_t first = client.next;
    // A batch that comes twice, or overlaps.
    if (Dice(6))
      first = std::max<int64_t>(client.acknowledged + 1, first - static_cast<int64_t>(random_() % 5));
    std::vector<v1::Event> events;
    const int64_t last = std::max(first, client.next) + static_cast<int64_t>(random_() % 4);
    for (int64_t n = first; n <= last; ++n)
      events.push_back(NamedEvent(n % 7 == 0 ? "" : "a", absl::StrCat("u", n)));
    client.next = last + 1;
    queues_[client.collector].push_back({index, testing::StreamPiece(*client.stream, first, events)});
  }

  void CommitGroup(size_t collector) {
    std::vector<Queued> group = std::move(queues_[collector]);
    queues_[collector].clear();
    std::vector<PieceSpan> spans;
    for (const Queued& queued : group) {
      PieceSpan& span = spans.emplace_back();
      span.piece = &queued.piece;
      span.first = queued.piece.first;
      span.last = queued.piece.last;
    }
    if (spans.empty()) return;
    postgres::Outcome outcome;
    const absl::Status status = sinks_[collector]->Commit(spans, outcome);
    ASSERT_TRUE(status.ok()) << status;
    const bool killed_before_acknowledging = Dice(6);
    for (size_t i = 0; i < group.size(); ++i) {
      Client& client = clients_[group[i].client];
      // The stream that this batch came on may be gone.
      if (!client.stream || client.stream->epoch != group[i].piece.epoch) continue;
      const bool moved = spans[i].result.verdict == PieceVerdict::kMoves ||
                         spans[i].result.verdict == PieceVerdict::kAlreadyCommitted;
      if (!moved || killed_before_acknowledging || Dice(8)) {
        client.stream.reset();
        continue;
      }
      client.acknowledged = std::max(client.acknowledged, group[i].piece.last);
    }
    if (killed_before_acknowledging) Restart(collector);
  }

  void Step() {
    const size_t collector = random_() % kCollectors;
    switch (random_() % 12) {
      case 0:
        Restart(collector);
        return;
      case 1:
        clients_[random_() % kClients].stream.reset();
        return;
      case 2:
      case 3:
      case 4:
        CommitGroup(collector);
        return;
      default:
        Send(random_() % kClients);
    }
  }

  // The events and rejections of a client are exactly 1..n, with n at least what was acknowledged.
  void ExpectExactlyOnce(const Client& client) {
    pqxx::work look(database_.owner());
    const pqxx::row row = look.exec_params1(
        "SELECT coalesce(max(p.last_sequence), 0), count(e.sequence), count(DISTINCT e.sequence), "
        "coalesce(max(e.sequence), 0) "
        "FROM producers p LEFT JOIN (SELECT producer_no, sequence FROM analytics_events "
        "UNION ALL SELECT producer_no, sequence FROM rejected_events) e USING (producer_no) "
        "WHERE p.producer_id = convert_to($1, 'UTF8')",
        testing::Claim(client.id, 0, "").producer_id);
    const auto last = row[0].as<int64_t>();
    EXPECT_EQ(row[1].as<int64_t>(), last) << "seed " << seed_;
    EXPECT_EQ(row[2].as<int64_t>(), last) << "seed " << seed_;
    EXPECT_EQ(row[3].as<int64_t>(), last) << "seed " << seed_;
    EXPECT_GE(last, client.acknowledged) << "seed " << seed_;
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  testing::TestDatabase database_;
  std::vector<Client> clients_;
  std::unique_ptr<SinkMemory> memories_[kCollectors];
  std::unique_ptr<PostgresEventSink> sinks_[kCollectors];
  std::vector<Queued> queues_[kCollectors];
};

TEST_F(ExactlyOnceTest, WhateverIsLostOnTheWay) {
  for (int step = 0; step < 1'500 && !HasFatalFailure(); ++step) Step();
  int64_t acknowledged = 0;
  for (const Client& client : clients_) {
    ExpectExactlyOnce(client);
    acknowledged += client.acknowledged;
  }
  // After healing a fresh event goes through.
  for (size_t i = 0; i < kClients; ++i) {
    clients_[i].stream.reset();
    const int64_t before = clients_[i].acknowledged;
    for (int tries = 0; clients_[i].acknowledged <= before; ++tries) {
      ASSERT_LT(tries, 100) << "seed " << seed_;
      Send(i);
      for (size_t collector = 0; collector < kCollectors; ++collector) CommitGroup(collector);
    }
    ExpectExactlyOnce(clients_[i]);
  }
  EXPECT_GT(acknowledged, 200) << "the dice hardly let anything through";
}

}  // namespace
}  // namespace donut::collector
