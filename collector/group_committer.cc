#include "collector/group_committer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/backoff.h"
#include "common/grpc_status.h"

namespace donut::collector {
namespace {

constexpr absl::Duration kFirstWait = absl::Milliseconds(20);
constexpr absl::Duration kMostWait = absl::Milliseconds(500);
// What a client is asked to wait.
constexpr absl::Duration kCommitRetryDelay = absl::Seconds(1);

PieceSpan Whole(const StagedPiece& piece) {
  PieceSpan span;
  span.piece = &piece;
  span.first = piece.first;
  span.last = piece.last;
  return span;
}

// A repetition found the ledger where an attempt of unknown outcome would have left it.
void KeepResultOfAttempt(const PieceResult& attempted, PieceResult& result) {
  if (result.verdict == PieceVerdict::kAlreadyCommitted && attempted.verdict == PieceVerdict::kMoves) {
    result = attempted;
  }
}

bool IsAway(const absl::Status& status, postgres::Outcome outcome) {
  return outcome == postgres::Outcome::kUnknown || status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded;
}

absl::Status TookTooLong() {
  return WithRetryDelay(absl::UnavailableError("taking refused rows apart took too long; send again"),
                        kCommitRetryDelay);
}

// A piece of which only what is before `open` was committed. A stream's ledger knows that; the caller of a
// unary piece has to be told.
absl::Status CutShort(const StagedPiece& piece, int64_t open, const absl::Status& why) {
  if (!piece.unary || open == piece.first) return why;
  return WithRetryDelay(absl::UnavailableError(absl::StrCat(
                            "the events before events[", open,
                            "] are taken in; the others are not, or the answer of the database was "
                            "lost; send only those again (the collector's log says why)")),
                        kCommitRetryDelay);
}

}  // namespace

absl::Status GroupCommitter::GiveUp(const absl::Status& why, bool in_doubt) const {
  hooks_.on_failure(why);
  const char* message = "the database is away; nothing was stored, try again";
  if (in_doubt) {
    message = "the database was lost during COMMIT; the events may or may not be stored";
  } else if (!IsAway(why, postgres::Outcome::kRolledBack)) {
    message = "the database cannot store events now (the collector's log says why); try again later";
  }
  return WithRetryDelay(absl::UnavailableError(message), kCommitRetryDelay);
}

bool GroupCommitter::LeaveOutNamed(const absl::Status& why, std::vector<PieceSpan>& spans) const {
  for (PieceSpan& span : spans) {
    const std::optional<int64_t> named = std::exchange(span.named_event, std::nullopt);
    if (!named) continue;
    hooks_.on_failure(why);
    return span.refused_events.emplace(*named, std::string(why.message())).second;
  }
  return false;
}

absl::Status GroupCommitter::CommitSpans(std::vector<PieceSpan>& spans) {
  const absl::Time since = hooks_.now();
  Backoff backoff(kFirstWait, kMostWait);
  int conflicts = 0;
  int away = 0;
  int named_rows = 0;
  std::vector<PieceResult> attempted(spans.size());
  bool in_doubt = false;  // some attempt's COMMIT has an unknown outcome
  while (true) {
    postgres::Outcome outcome = postgres::Outcome::kRolledBack;
    absl::Status status = sink_->Commit(spans, outcome);
    if (status.ok()) {
      for (size_t i = 0; in_doubt && i < spans.size(); ++i)
        KeepResultOfAttempt(attempted[i], spans[i].result);
      return status;
    }
    if (outcome == postgres::Outcome::kUnknown) {
      for (size_t i = 0; i < spans.size(); ++i) {
        if (in_doubt) KeepResultOfAttempt(attempted[i], spans[i].result);
        attempted[i] = spans[i].result;
      }
      in_doubt = true;
    }
    absl::Duration wait = backoff.Next();
    if (IsAway(status, outcome)) {
      // At once the first time: usually only this connection had died.
      if (++away == 1) {
        hooks_.on_failure(status);
        continue;
      }
      const bool has_unary = std::any_of(spans.begin(), spans.end(), [](auto& s) { return s.piece->unary; });
      // The caller of a unary piece waits; the whole group is given up, and streams
      // are tried again without it.
      if (has_unary || hooks_.now() - since > limits_.max_away) return GiveUp(status, in_doubt);
      hooks_.on_away(wait);
    } else if (status.code() == absl::StatusCode::kAborted) {
      if (++conflicts == 1) hooks_.on_failure(status);
      if (conflicts >= limits_.max_conflict_tries) return GiveUp(status, in_doubt);
    } else if (status.code() == absl::StatusCode::kInvalidArgument) {
      if (++named_rows <= limits_.max_named_rows && LeaveOutNamed(status, spans)) continue;
      return status;  // of the rows: the caller takes them apart
    } else {
      return GiveUp(status, in_doubt);
    }
    if (!hooks_.wait(wait)) return GiveUp(status, in_doubt);
  }
}

PieceResult GroupCommitter::CommitInParts(const StagedPiece& piece, const std::string& refusal) {
  PieceResult total;
  const absl::Time until = hooks_.now() + limits_.max_isolation;
  // The parts that are left, the next one last: committed strictly in order, as the ledger wants it.
  std::vector<PieceSpan> parts = {Whole(piece)};
  bool first_is_known_to_fail = true;
  while (!parts.empty()) {
    PieceSpan part = parts.back();
    parts.pop_back();
    absl::Status status = absl::InvalidArgumentError(refusal);
    if (!first_is_known_to_fail) {
      if (hooks_.now() >= until) {
        total.status = CutShort(piece, part.first, TookTooLong());
        hooks_.on_failure(total.status);
        return total;
      }
      std::vector<PieceSpan> alone = {part};
      status = CommitSpans(alone);
      part.result = std::move(alone[0].result);
    }
    first_is_known_to_fail = false;
    if (status.ok()) {
      total.verdict = part.result.verdict;
      total.stored_count += part.result.stored_count;
      total.duplicate_count += part.result.duplicate_count;
      total.rejections.insert(total.rejections.end(), part.result.rejections.begin(),
                              part.result.rejections.end());
      // Fenced in the middle: the rest would be too.
      if (total.verdict != PieceVerdict::kMoves && total.verdict != PieceVerdict::kAlreadyCommitted)
        return total;
      continue;
    }
    if (status.code() != absl::StatusCode::kInvalidArgument || !part.refusal.empty()) {
      total.status = CutShort(piece, part.first, part.refusal.empty() ? status : GiveUp(status, false));
      return total;
    }
    if (part.first >= part.last) {
      hooks_.on_failure(status);
      part.refusal = std::string(status.message());
      parts.push_back(part);
      continue;
    }
    PieceSpan left = part;
    PieceSpan right = part;
    left.last = part.first + (part.last - part.first) / 2;
    right.first = left.last + 1;
    parts.push_back(right);
    parts.push_back(left);
  }
  return total;
}

void GroupCommitter::Commit(const std::vector<const StagedPiece*>& pieces,
                            const std::function<void(size_t index, PieceResult result)>& on_result) {
  std::vector<PieceSpan> spans;
  spans.reserve(pieces.size());
  for (const StagedPiece* piece : pieces) spans.push_back(Whole(*piece));
  const absl::Status status = CommitSpans(spans);
  if (status.ok()) {
    for (size_t i = 0; i < pieces.size(); ++i) on_result(i, std::move(spans[i].result));
    return;
  }
  const bool refused = status.code() == absl::StatusCode::kInvalidArgument;
  if (refused && pieces.size() == 1) {
    on_result(0, CommitInParts(*pieces[0], std::string(status.message())));
    return;
  }
  const bool has_unary = std::any_of(pieces.begin(), pieces.end(), [](auto* piece) { return piece->unary; });
  const bool has_stream =
      std::any_of(pieces.begin(), pieces.end(), [](auto* piece) { return !piece->unary; });
  if (refused) {
    // Piece by piece, so that only the one with the bad row is taken apart.
    for (size_t i = 0; i < pieces.size(); ++i) {
      Commit({pieces[i]}, [&](size_t, PieceResult result) { on_result(i, std::move(result)); });
    }
    return;
  }
  std::vector<const StagedPiece*> streams;
  std::vector<size_t> indexes;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (has_unary && has_stream && !pieces[i]->unary) {
      streams.push_back(pieces[i]);
      indexes.push_back(i);
    } else {
      PieceResult result;
      result.status = status;
      on_result(i, std::move(result));
    }
  }
  if (!streams.empty()) {
    Commit(streams, [&](size_t i, PieceResult result) { on_result(indexes[i], std::move(result)); });
  }
}

}  // namespace donut::collector
