// Queue and session against a model of the collector, under thousands of seeded schedules of crashes, cut
// connections, lost messages, lost grants and forgotten producers. Prints the seed of a schedule that fails;
// run that one alone with DONUT_RANDOM_SEED.
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "client_lib/delivery_queue.h"
#include "client_lib/delivery_session.h"
#include "donut/analytics/v1/event.pb.h"
#include "donut/client.h"
#include "gtest/gtest.h"
#include "tests/client_lib/model_collector.h"
#include "tests/support/random_seed.h"

namespace donut::testing {
namespace {

using Kind = DeliverySession::Action::Kind;

struct Faults {
  bool poison = false;
  bool forgotten_ids = false;
  WhenFull when_full = WhenFull::kDropNewest;
};

// One client, one collector, and a network between them that may lose everything but order.
class World {
 public:
  World(uint64_t seed, bool durable, Faults faults) : random_(seed), durable_(durable), faults_(faults) {
    StartClient();
  }

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) Step(/*healthy=*/false);
    Heal();
  }

  // Everything is stored once or accounted for.
  void Check() {
    EXPECT_TRUE(collector_.protocol_errors().empty()) << collector_.protocol_errors().front();
    ASSERT_TRUE(queue_->empty()) << "the queue did not drain";
    const auto stored = collector_.StoredNames();
    const std::set<std::string> distinct(stored.begin(), stored.end());
    EXPECT_EQ(stored.size(), distinct.size()) << "an event is stored twice";
    for (const std::string& name : distinct)
      EXPECT_EQ(forgotten_names_.count(name), 0u) << name << " is stored twice";
    if (durable_) return CheckReplay(stored);
    const auto& counters = session_->counters();
    EXPECT_EQ(taken_, counters.acknowledged + counters.rejected + counters.poisonous + counters.in_doubt +
                          dropped_oldest_);
    const int64_t in_collector =
        forgotten_stored_ + static_cast<int64_t>(stored.size()) + collector_.rejected();
    EXPECT_GE(in_collector, counters.acknowledged + counters.rejected);
    EXPECT_LE(in_collector, counters.acknowledged + counters.rejected + counters.in_doubt);
    EXPECT_TRUE(faults_.forgotten_ids || counters.in_doubt == 0);
    EXPECT_EQ(counters.poisonous, poison_taken_);
  }
  int64_t stored() const { return static_cast<int64_t>(collector_.StoredNames().size()); }

 private:
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  void StartClient() {
    queue_ =
        std::make_unique<DeliveryQueue>(DeliveryQueue::Options{.capacity_bytes = 4096, .block_bytes = 512});
    SessionOptions options;
    options.durable = durable_;
    if (durable_) options.producer_id = "0123456789abcdef";
    options.batch = {.max_events = 7, .max_bytes = 600};
    options.window_bytes = 1500;
    options.random_bytes = [this](int count) {
      std::string bytes;
      for (int i = 0; i < count; ++i) bytes += static_cast<char>(random_());
      return bytes;
    };
    session_ = std::make_unique<DeliverySession>(options, queue_.get());
    CutNetwork();
  }

  void Step(bool healthy) {
    switch (random_() % 8) {
      case 0:
        for (int i = static_cast<int>(random_() % 5); i >= 0 && !healthy; --i) Produce();
        break;
      case 1:
      case 2:
        ClientTurn();
        break;
      case 3:
        DeliverToCollector();
        break;
      case 4:
        if (open_) Answer(stream_, collector_.Commit(stream_));
        break;
      case 5:
      case 6:
        DeliverToClient();
        break;
      default:
        now_ += absl::Milliseconds(static_cast<int64_t>(random_() % 300));
        if (!healthy) Fault();
    }
  }

  void Fault() {
    const auto dice = random_() % 100;
    if (dice < 4) {
      collector_.Crash();
      BreakStream(absl::UnavailableError("crashed"));
    } else if (dice < 10) {
      BreakStream(absl::UnavailableError("cut"));
      // What was on its way may still be committed, unheard.
      if (Chance(50)) collector_.Commit(stream_);
    } else if (dice < 13) {
      to_client_.clear();  // lost acknowledgements or grants; the stream is cut by and by
      BreakStream(absl::UnavailableError("reset"));
    } else if (dice < 14 && durable_) {
      StartClient();  // the process died
    } else if (dice < 15 && faults_.forgotten_ids) {
      ForgetOrSteal();
    }
  }

  void ForgetOrSteal() {
    const std::string id = session_->producer_id();
    if (Chance(50)) return collector_.UseElsewhere(id);
    const auto at = collector_.producers().find(id);
    if (at == collector_.producers().end()) return;
    forgotten_stored_ += static_cast<int64_t>(at->second.stored.size()) + at->second.rejected;
    for (const auto& [sequence, name] : at->second.stored) {
      EXPECT_TRUE(forgotten_names_.insert(name).second) << "stored twice: " << name;
    }
    collector_.Forget(id);
  }

  void Produce() {
    if (durable_) return ProduceInOrder();
    const bool poison = faults_.poison && Chance(1);
    const std::string name = absl::StrCat(poison ? "poison" : Chance(5) ? "reject" : "e", produced_++);
    char* place = nullptr;
    v1::Event event;
    event.set_name(name);
    event.set_user_id(std::string(random_() % 80, 'u'));
    const std::string bytes = event.SerializeAsString();
    place = queue_->AppendEvent(bytes.size());
    while (place == nullptr && faults_.when_full == WhenFull::kDropOldest) {
      const int64_t dropped = queue_->DropOldest();
      if (dropped == 0) break;
      dropped_oldest_ += dropped;
      place = queue_->AppendEvent(bytes.size());
    }
    if (place == nullptr) return queue_->AppendSkipped(1, v1::SKIP_REASON_QUEUE_FULL);
    std::memcpy(place, bytes.data(), bytes.size());
    ++taken_;
    if (poison) ++poison_taken_;
  }

  // A source whose piece n is known: an event, an unreadable piece, or nothing.
  void ProduceInOrder() {
    if (!session_->welcomed()) return;
    const int64_t n = queue_->next_sequence();
    if (n % 11 == 0) return queue_->AppendSkipped(1, v1::SKIP_REASON_EMPTY);
    bool taken = false;
    if (n % 13 == 0) {
      v1::Unparsed unparsed;
      unparsed.set_reason(absl::StrCat("piece ", n));
      taken = queue_->AppendUnparsed(unparsed);
    } else {
      v1::Event event;
      event.set_name(absl::StrCat("e", n));
      const std::string bytes = event.SerializeAsString();
      char* place = queue_->AppendEvent(bytes.size());
      taken = place != nullptr;
      if (taken) std::memcpy(place, bytes.data(), bytes.size());
    }
    if (taken) queue_->SetBookmark(absl::StrCat("after ", n));
  }

  void CheckReplay(const std::multiset<std::string>& stored) {
    ASSERT_TRUE(session_->terminal_status().ok()) << session_->terminal_status();
    const auto& producer = collector_.producers()["0123456789abcdef"];
    int64_t unparsed = 0, empty = 0;
    std::string bookmark;
    for (int64_t n = 1; n <= producer.committed; ++n) {
      if (n % 11 == 0) {
        ++empty;
        continue;
      }
      bookmark = absl::StrCat("after ", n);
      if (n % 13 == 0) {
        ++unparsed;
      } else {
        EXPECT_EQ(stored.count(absl::StrCat("e", n)), 1u) << n;
      }
    }
    EXPECT_EQ(static_cast<int64_t>(stored.size()), producer.committed - unparsed - empty);
    EXPECT_EQ(static_cast<int64_t>(producer.unparsed_reasons.size()), unparsed);
    EXPECT_EQ(producer.bookmark, bookmark);
  }

  void ClientTurn() {
    auto action = session_->Next(now_);
    switch (action.kind) {
      case Kind::kOpen:
        ++stream_;
        open_ = true;
        break;
      case Kind::kWrite:
        if (open_) {
          to_collector_.push_back(action.message.Join());
          session_->OnWritten();
        }
        break;
      case Kind::kCancel:
        BreakStream(absl::CancelledError("cancelled"));
        break;
      case Kind::kWait:
        if (action.until < absl::InfiniteFuture() && Chance(50)) now_ = std::max(now_, action.until);
        break;
      case Kind::kDone:
        break;
    }
  }

  void DeliverToCollector() {
    if (!open_ || ended_ || to_collector_.empty()) return;
    const std::string bytes = std::move(to_collector_.front());
    to_collector_.pop_front();
    Answer(stream_, collector_.Receive(stream_, bytes));
  }

  void Answer(int64_t stream, const ModelCollector::Answer& answer) {
    if (!open_ || stream != stream_) return;
    for (const auto& response : answer.responses) to_client_.push_back(response.SerializeAsString());
    if (answer.ended) {
      ended_ = true;
      end_ = answer.end;
    }
  }

  void DeliverToClient() {
    if (!open_) return;
    if (!to_client_.empty()) {
      const std::string bytes = std::move(to_client_.front());
      to_client_.pop_front();
      session_->OnMessage(bytes, now_);
    } else if (ended_) {
      BreakStream(end_);
    }
  }

  void BreakStream(const absl::Status& status) {
    if (!open_) return;
    CutNetwork();
    session_->OnClosed(status, now_);
  }
  void CutNetwork() {
    open_ = ended_ = false;
    to_collector_.clear();
    to_client_.clear();
  }

  void Heal() {
    // A stream of a cancelled or dead client is not open any more; the session finds out by its timeouts.
    session_->Close(now_, false);
    for (int i = 0; i < 200'000 && !session_->done(); ++i) Step(/*healthy=*/true);
    EXPECT_TRUE(session_->done()) << "the session did not end";
  }

  std::mt19937_64 random_;
  const bool durable_;
  const Faults faults_;
  absl::Time now_ = absl::UnixEpoch();
  ModelCollector collector_;
  std::unique_ptr<DeliveryQueue> queue_;
  std::unique_ptr<DeliverySession> session_;
  int64_t stream_ = 0;
  bool open_ = false;
  bool ended_ = false;
  absl::Status end_;
  std::deque<std::string> to_collector_;
  std::deque<std::string> to_client_;
  int64_t produced_ = 0, taken_ = 0, dropped_oldest_ = 0, poison_taken_ = 0;
  int64_t forgotten_stored_ = 0;
  std::set<std::string> forgotten_names_;
};

constexpr uint64_t kSchedules = 400;
constexpr int kSteps = 1'500;

void RunSchedules(bool durable, Faults faults) {
  const std::optional<uint64_t> only = GivenSeed();
  const uint64_t first = only.value_or(1);
  const uint64_t last = only.value_or(kSchedules);
  int64_t stored = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE(absl::StrCat("DONUT_RANDOM_SEED=", seed));
    World world(seed, durable, faults);
    world.Run(kSteps);
    world.Check();
    stored += world.stored();
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(stored, static_cast<int64_t>(last - first + 1) * 20);  // the schedules do get somewhere
}

TEST(DeliverySimulationTest, LiveClientStoresOnceWhatItAcknowledges) { RunSchedules(false, {}); }

TEST(DeliverySimulationTest, LiveClientAccountsForWhatItDrops) {
  RunSchedules(false, {.when_full = WhenFull::kDropOldest});
}

TEST(DeliverySimulationTest, LiveClientSkipsExactlyThePoisonousEvents) {
  RunSchedules(false, {.poison = true});
}

TEST(DeliverySimulationTest, LiveClientAccountsForWhatIsInDoubtWhenItsIdIsRefused) {
  RunSchedules(false, {.forgotten_ids = true});
}

TEST(DeliverySimulationTest, ReplayStoresItsSourceOnceThroughCrashesOfBothSides) { RunSchedules(true, {}); }

}  // namespace
}  // namespace donut::testing
