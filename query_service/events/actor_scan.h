// Goes through the actors of a project: finds the blocks and fresh rows that an EventQuestion is about, loads
// the columns that it reads, and gives each actor's events, in order, to a fold, on a thread per processor
// that other folds leave free. Answers of disjoint users add up, so each thread has a fold of its own, and
// they are merged at the end:
//
//   ActorScan scan(question, reader, cancelled);
//   RETURN_IF_ERROR(scan.Open());
//   ASSIGN_OR_RETURN(ActiveUsersFold fold, FoldActors(scan, ActiveUsersFold(options)));
//
// A fold is a plain class: Add(const ActorEvents&) and Merge(const Fold&). One scan per question; its
// caller's thread alone uses the database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "query_service/events/actor_merge.h"
#include "query_service/events/event_plan.h"
#include "query_service/events/history_reader.h"
#include "query_service/events/selection.h"
#include "query_service/user_range.h"

namespace donut::query {

// Columns of at most about so many events are held at a time, whatever the cache holds: a question about more
// goes from one range of users to the next.
inline constexpr int64_t kMostLoadedEvents = 8'000'000;

class ActorScan {
 public:
  // `reader` must outlive the scan. `cancelled` is asked between ranges of users, by any thread.
  ActorScan(EventQuestion question, HistoryReader* reader, std::function<bool()> cancelled)
      : question_(std::move(question)), reader_(*reader), cancelled_(std::move(cancelled)) {}

  // FAILED_PRECONDITION or DATA_LOSS: SQL has to answer (IsLeftToSql).
  absl::Status Open();

  // Calls `visit` for range after range of users, on threads numbered from 0 to thread_count() - 1.
  // DEADLINE_EXCEEDED when nobody waits for the answer any more.
  absl::Status ForEachRange(const std::function<void(int thread, ActorMerge& actors)>& visit);

  int thread_count() const { return thread_count_; }
  // One for each of the question's values, then of its numbers; complete after ForEachRange.
  const ValueNames& value_names(size_t value) const { return *value_names_[value]; }
  const std::map<int32_t, std::string>& event_names() const { return plan_->names; }
  int64_t unpacked_event_count() const { return directory_.fresh_event_count; }

 private:
  // A block with the columns that were loaded, and what the plan means for it.
  struct Prepared {
    history::Block loaded;  // of a stored block
    const history::Block* block = nullptr;
    SourceTables tables;
    bool with_order = false;
  };

  std::vector<UserRange> Split(const UserRange& range, int64_t parts) const;
  bool NeedsExactTimes(const history::BlockSummary& block) const;
  // By place in blocks, then in fresh: whether another one has events of the same users at the same times.
  std::vector<bool> FindOverlaps() const;
  absl::Status Prepare(const UserRange& range, std::vector<Prepared>& prepared);
  absl::Status MakeTables(std::vector<Prepared>& prepared);
  absl::Status VisitRanges(const std::vector<UserRange>& ranges, const std::vector<Prepared>& prepared,
                           const std::function<void(int thread, ActorMerge& actors)>& visit);
  void VisitRange(const UserRange& range, const std::vector<Prepared>& prepared, Selector& selector,
                  std::vector<Selection>& selections, const std::function<void(ActorMerge& actors)>& visit);

  const EventQuestion question_;
  HistoryReader& reader_;
  const std::function<bool()> cancelled_;
  std::unique_ptr<EventPlan> plan_;
  UserProperties users_;
  std::vector<std::unique_ptr<ValueNames>> value_names_;
  HistoryDirectory directory_;
  std::vector<bool> overlaps_;
  int64_t event_count_ = 0;
  int thread_count_ = 1;
};

template <typename Fold>
absl::StatusOr<Fold> FoldActors(ActorScan& scan, const Fold& empty) {
  std::vector<Fold> folds(static_cast<size_t>(scan.thread_count()), empty);
  const absl::Status status = scan.ForEachRange([&](int thread, ActorMerge& actors) {
    Fold& fold = folds[static_cast<size_t>(thread)];
    ActorEvents actor;
    while (actors.Next(actor)) fold.Add(actor);
  });
  if (!status.ok()) return status;
  for (size_t i = 1; i < folds.size(); ++i) folds[0].Merge(folds[i]);
  return std::move(folds[0]);
}

}  // namespace donut::query
