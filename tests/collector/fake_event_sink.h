// A sink in memory with a ledger of its own, whose commits fail as a test tells them.
// Thread-safe, because a test looks while a lane works.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/event_sink.h"
#include "common/mutex.h"

namespace donut::testing {

enum class Fault {
  kNone,
  kAway,               // nothing happens
  kConflict,           // nothing happens
  kBroken,             // nothing happens, and trying again would not help
  kUnknownCommitted,   // commits, and does not say so
  kUnknownRolledBack,  // does not commit, and does not say so
};

class FakeEventSink : public collector::EventSink {
 public:
  // The next commits fail like this, in order; then none.
  void FailNext(std::deque<Fault> faults) {
    MutexLock lock(mutex_);
    faults_ = std::move(faults);
  }
  // Away until told otherwise.
  void SetAway(bool away) {
    MutexLock lock(mutex_);
    away_ = away;
  }
  // Rows with this event name are refused, as PostgreSQL refuses data.
  void RefuseName(const std::string& name) {
    MutexLock lock(mutex_);
    refused_names_.insert(name);
  }

  // And says which row it was, as a COPY does.
  void NameRefusedRows() {
    MutexLock lock(mutex_);
    names_refused_rows_ = true;
  }

  absl::StatusOr<collector::HelloAnswer> Grant(const collector::HelloClaim& claim) override {
    MutexLock lock(mutex_);
    if (away_) return absl::UnavailableError("away");
    auto [found, is_new] = producers_.try_emplace(claim.producer_id, static_cast<int>(producers_.size()) + 1);
    Producer& producer = rows_[found->second];
    collector::HelloAnswer answer;
    answer.producer_no = found->second;
    answer.epoch = ++producer.epoch;
    answer.committed_sequence = producer.last;
    return answer;
  }

  absl::Status Commit(std::vector<collector::PieceSpan>& spans, postgres::Outcome& outcome) override {
    MutexLock lock(mutex_);
    ++commits_;
    outcome = postgres::Outcome::kRolledBack;
    Fault fault = away_ ? Fault::kAway : Fault::kNone;
    if (!away_ && !faults_.empty()) {
      fault = faults_.front();
      faults_.pop_front();
    }
    if (fault == Fault::kAway) return absl::UnavailableError("away");
    if (fault == Fault::kConflict) return absl::AbortedError("deadlock");
    if (fault == Fault::kBroken) return absl::FailedPreconditionError("no such table");
    const auto before = std::make_pair(rows_, stored_);
    for (collector::PieceSpan& span : spans) {
      if (!Apply(span)) {
        std::tie(rows_, stored_) = before;
        return absl::InvalidArgumentError("invalid byte sequence");
      }
    }
    if (fault == Fault::kUnknownRolledBack) std::tie(rows_, stored_) = before;
    const bool unknown = fault == Fault::kUnknownRolledBack || fault == Fault::kUnknownCommitted;
    outcome = unknown ? postgres::Outcome::kUnknown : postgres::Outcome::kCommitted;
    return unknown ? absl::UnavailableError("lost inside COMMIT") : absl::OkStatus();
  }

  int commits() const {
    MutexLock lock(mutex_);
    return commits_;
  }
  // (producer, sequence) of everything stored; unary pieces under producer 0.
  std::multiset<std::pair<int, int64_t>> stored() const {
    MutexLock lock(mutex_);
    return stored_;
  }

 private:
  struct Producer {
    int64_t epoch = 0;
    int64_t last = 0;
  };

  bool Apply(collector::PieceSpan& span) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const collector::StagedPiece& piece = *span.piece;
    span.result = collector::PieceResult();
    int64_t from = span.first;
    if (piece.unary) {
      if (span.own_last > 0 && rows_[0].last >= span.own_last) {
        span.result.verdict = collector::PieceVerdict::kAlreadyCommitted;
        return true;
      }
    } else {
      Producer& row = rows_[piece.producer_no];
      collector::ProducerLedger ledger;
      ledger.Add(piece.producer_no, row.epoch, piece.token, row.last);
      span.result.verdict =
          ledger.Judge(piece.producer_no, piece.epoch, piece.token, span.first, span.last, from);
      row.last = *ledger.LastSequence(piece.producer_no, piece.token);
      if (span.result.verdict != collector::PieceVerdict::kMoves) return true;
    }
    for (const collector::PreparedEvent& event : piece.batch.events) {
      if (event.sequence < from || event.sequence > span.last) continue;
      if (!span.refusal.empty() || span.refused_events.count(event.sequence) > 0) {
        span.result.rejections.emplace_back().set_sequence(event.sequence);
        continue;
      }
      if (refused_names_.count(piece.batch.names[static_cast<size_t>(event.name)]) > 0) {
        if (names_refused_rows_) span.named_event = event.sequence;
        return false;
      }
      int64_t number = event.sequence;
      if (piece.unary) number = span.own_last = ++rows_[0].last;
      stored_.emplace(piece.producer_no, number);
      ++span.result.stored_count;
    }
    return true;
  }

  mutable Mutex mutex_;
  std::deque<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string> refused_names_ ABSL_GUARDED_BY(mutex_);
  bool names_refused_rows_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, int> producers_ ABSL_GUARDED_BY(mutex_);
  std::map<int, Producer> rows_ ABSL_GUARDED_BY(mutex_);
  std::multiset<std::pair<int, int64_t>> stored_ ABSL_GUARDED_BY(mutex_);
  int commits_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace donut::testing
