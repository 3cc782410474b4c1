#include "query_service/events/actor_scan.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>
#include <utility>

#include "common/status_macros.h"
#include "history/month.h"

namespace donut::query {
namespace {

// A range is about a millisecond of work, and its events stay in the processor's cache.
constexpr int64_t kEventsPerRange = 32'000;
// With fewer events a thread takes longer to start than to work.
constexpr int64_t kEventsPerThread = 100'000;

int64_t QuarterStart(int64_t time_us) {
  const int64_t rest = time_us % history::kQuarterUs;
  return time_us - (rest < 0 ? rest + history::kQuarterUs : rest);
}

// Runs `work` on so many threads, this one among them, numbered from 0.
void RunOnThreads(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(count) - 1);
  for (int i = 1; i < count; ++i) threads.emplace_back(work, i);
  work(0);
  for (std::thread& thread : threads) thread.join();
}

// Counts a fold that runs, so that several share the processors.
class RunningFold {
 public:
  explicit RunningFold(std::atomic<int>& running) : running_(running), others_(running++) {}
  ~RunningFold() { --running_; }
  RunningFold(const RunningFold&) = delete;
  RunningFold& operator=(const RunningFold&) = delete;
  int others() const { return others_; }

 private:
  std::atomic<int>& running_;
  const int others_;
};

}  // namespace

absl::Status ActorScan::Open() {
  ASSIGN_OR_RETURN(directory_, reader_.Open(question_.project_id, question_.from_us, question_.to_us));
  plan_ = std::make_unique<EventPlan>(question_, reader_.EventNames(question_.project_id));
  ASSIGN_OR_RETURN(users_, reader_.Users(question_.project_id, plan_->UserKeys()));
  for (size_t i = 0; i < plan_->values.size(); ++i) value_names_.push_back(std::make_unique<ValueNames>());
  event_count_ = directory_.fresh_event_count;
  for (const StoredBlock& block : directory_.blocks) event_count_ += block.summary.event_count;
  overlaps_ = FindOverlaps();
  const int processors = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int running = std::max(0, reader_.store().running_folds().load());
  const int64_t useful = event_count_ / kEventsPerThread + 1;
  thread_count_ =
      static_cast<int>(std::clamp<int64_t>(processors / (running + 1), 1, std::max<int64_t>(1, useful)));
  return absl::OkStatus();
}

std::vector<UserRange> ActorScan::Split(const UserRange& range, int64_t parts) const {
  // Ids are keyed hashes, so equal stretches of them have about as many users.
  const auto width = static_cast<uint64_t>(range.last) - static_cast<uint64_t>(range.first);
  parts = std::clamp<int64_t>(parts, 1, 1'000'000);
  const uint64_t step = width / static_cast<uint64_t>(parts);
  if (step == 0) return {range};
  std::vector<UserRange> ranges;
  auto first = static_cast<uint64_t>(range.first);
  for (int64_t i = 1; i < parts; ++i) {
    const uint64_t last = first + step - 1;
    ranges.push_back({static_cast<int64_t>(first), static_cast<int64_t>(last)});
    first = last + 1;
  }
  ranges.push_back({static_cast<int64_t>(first), range.last});
  return ranges;
}

bool ActorScan::NeedsExactTimes(const history::BlockSummary& block) const {
  if (question_.exact_times) return true;
  const auto cuts = [&](int64_t bound) {
    if (bound == std::numeric_limits<int64_t>::min() || bound == std::numeric_limits<int64_t>::max())
      return false;
    const int64_t quarter = QuarterStart(bound);
    return quarter != bound && QuarterStart(block.first_time_us) < bound && quarter <= block.last_time_us;
  };
  return cuts(question_.from_us) || cuts(question_.to_us) ||
         std::any_of(question_.bounds_us.begin(), question_.bounds_us.end(), cuts);
}

std::vector<bool> ActorScan::FindOverlaps() const {
  std::vector<const history::BlockSummary*> all;
  for (const StoredBlock& block : directory_.blocks) all.push_back(&block.summary);
  for (const auto& fresh : directory_.fresh) all.push_back(&fresh->block.summary);
  std::vector<bool> overlaps(all.size(), false);
  if (!question_.ordered) return overlaps;
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = i + 1; j < all.size(); ++j) {
      const history::BlockSummary& a = *all[i];
      const history::BlockSummary& b = *all[j];
      const bool overlap = a.first_time_us <= b.last_time_us && b.first_time_us <= a.last_time_us &&
                           a.first_user <= b.last_user && b.first_user <= a.last_user;
      if (overlap) overlaps[i] = overlaps[j] = true;
    }
  }
  return overlaps;
}

absl::Status ActorScan::Prepare(const UserRange& range, std::vector<Prepared>& prepared) {
  prepared.clear();
  const auto is_read = [&](const history::BlockSummary& block) {
    return block.first_user <= range.last && block.last_user >= range.first;
  };
  std::vector<const StoredBlock*> blocks;
  std::vector<std::vector<int>> columns;
  for (size_t i = 0; i < directory_.blocks.size(); ++i) {
    const StoredBlock& block = directory_.blocks[i];
    if (!is_read(block.summary)) continue;
    blocks.push_back(&block);
    columns.push_back(ColumnsOf(*plan_, block.summary, NeedsExactTimes(block.summary), overlaps_[i]));
    prepared.emplace_back().with_order = overlaps_[i];
  }
  ASSIGN_OR_RETURN(std::vector<history::Block> loaded, reader_.Load(blocks, columns));
  for (size_t i = 0; i < loaded.size(); ++i) prepared[i].loaded = std::move(loaded[i]);
  for (const auto& fresh : directory_.fresh) {
    if (!is_read(fresh->block.summary)) continue;
    prepared.emplace_back().block = &fresh->block;
    prepared.back().with_order = true;
  }
  for (Prepared& one : prepared) {
    if (one.block == nullptr) one.block = &one.loaded;
  }
  return MakeTables(prepared);
}

absl::Status ActorScan::MakeTables(std::vector<Prepared>& prepared) {
  const bool has_regex = std::any_of(plan_->conditions.begin(), plan_->conditions.end(),
                                     [](const PlannedCondition& one) { return one.test.is_regex(); });
  const RegexMatcher regex = [this](const std::string& expression, const std::vector<std::string>& texts) {
    return reader_.Matches(expression, texts);
  };
  std::atomic<size_t> next{0};
  const auto work = [&](int) {
    for (size_t i = next++; i < prepared.size(); i = next++) {
      prepared[i].tables = MakeSourceTables(*plan_, *prepared[i].block, users_, regex, value_names_);
    }
  };
  // Regular expressions are PostgreSQL's, on this thread's connection.
  RunOnThreads(has_regex ? 1 : thread_count_, work);
  return absl::OkStatus();
}

absl::Status ActorScan::ForEachRange(const std::function<void(int thread, ActorMerge& actors)>& visit) {
  const RunningFold running(reader_.store().running_folds());
  UserRange all = question_.filter.users.value_or(UserRange());
  if (question_.only_user) all = Overlap(all, {*question_.only_user, *question_.only_user});
  if (all.empty()) return absl::OkStatus();
  const int64_t chunks = event_count_ / kMostLoadedEvents + 1;
  std::vector<Prepared> prepared;
  for (const UserRange& chunk : Split(all, chunks)) {
    if (cancelled_()) return absl::DeadlineExceededError("nobody waits for the answer any more");
    RETURN_IF_ERROR(Prepare(chunk, prepared));
    RETURN_IF_ERROR(VisitRanges(Split(chunk, event_count_ / chunks / kEventsPerRange + 1), prepared, visit));
  }
  return absl::OkStatus();
}

absl::Status ActorScan::VisitRanges(const std::vector<UserRange>& ranges,
                                    const std::vector<Prepared>& prepared,
                                    const std::function<void(int thread, ActorMerge& actors)>& visit) {
  std::atomic<size_t> next{0};
  std::atomic<bool> stopped{false};
  const auto work = [&](int thread) {
    Selector selector(*plan_, users_);
    std::vector<Selection> selections;
    for (size_t i = next++; i < ranges.size() && !stopped; i = next++) {
      if (cancelled_()) stopped = true;
      VisitRange(ranges[i], prepared, selector, selections,
                 [&](ActorMerge& actors) { visit(thread, actors); });
    }
  };
  RunOnThreads(static_cast<int>(std::min<size_t>(static_cast<size_t>(thread_count_), ranges.size())), work);
  if (stopped) return absl::DeadlineExceededError("nobody waits for the answer any more");
  return absl::OkStatus();
}

void ActorScan::VisitRange(const UserRange& range, const std::vector<Prepared>& prepared, Selector& selector,
                           std::vector<Selection>& selections,
                           const std::function<void(ActorMerge& actors)>& visit) {
  size_t used = 0;
  for (const Prepared& source : prepared) {
    const history::BlockSummary& summary = source.block->summary;
    if (summary.first_user > range.last || summary.last_user < range.first) continue;
    if (selections.size() == used) selections.emplace_back();
    selector.Select({source.block, &source.tables, source.with_order}, range.first, range.last,
                    selections[used]);
    if (selections[used].user_count > 0) ++used;
  }
  ActorMerge actors(question_, selections, used);
  visit(actors);
}

}  // namespace donut::query
