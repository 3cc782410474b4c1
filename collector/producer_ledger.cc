#include "collector/producer_ledger.h"

#include <algorithm>

namespace donut::collector {

HelloVerdict JudgeHello(const std::optional<ProducerRow>& row, const HelloClaim& claim) {
  if (!row) return claim.epoch == 0 ? HelloVerdict::kCreate : HelloVerdict::kUnknownProducer;
  // A new process that takes its own durable id over.
  if (claim.durable && claim.epoch == 0) return HelloVerdict::kGrant;
  if (claim.epoch == row->epoch) return HelloVerdict::kGrant;
  // The epoch was granted to this client, and the answer was lost on the way. The
  // attempt's own token too: this collector repeats a grant whose COMMIT it did not see end.
  const bool own_token = row->token == claim.token ||
                         std::find(claim.earlier_tokens.begin(), claim.earlier_tokens.end(), row->token) !=
                             claim.earlier_tokens.end();
  return own_token ? HelloVerdict::kGrant : HelloVerdict::kForeignEpoch;
}

void ProducerLedger::Add(int producer_no, int64_t epoch, const std::string& token, int64_t last_sequence) {
  Entry& entry = entries_[producer_no];
  entry.epoch = epoch;
  entry.token = token;
  entry.last_sequence = last_sequence;
}

PieceVerdict ProducerLedger::Judge(int producer_no, int64_t epoch, const std::string& token, int64_t first,
                                   int64_t last, int64_t& from) {
  const auto found = entries_.find(producer_no);
  if (found == entries_.end()) return PieceVerdict::kUnknownProducer;
  Entry& entry = found->second;
  // An epoch above the row's cannot be: a restored database that is older than its clients.
  if (epoch != entry.epoch)
    return epoch < entry.epoch ? PieceVerdict::kFenced : PieceVerdict::kUnknownProducer;
  if (token != entry.token) return PieceVerdict::kUnknownProducer;
  if (last < first) return first > entry.last_sequence + 1 ? PieceVerdict::kGap : PieceVerdict::kMoves;
  if (last <= entry.last_sequence) return PieceVerdict::kAlreadyCommitted;
  if (first > entry.last_sequence + 1) return PieceVerdict::kGap;
  from = entry.last_sequence + 1;
  entry.last_sequence = last;
  entry.moved = true;
  return PieceVerdict::kMoves;
}

void ProducerLedger::SetBookmark(int producer_no, const std::string& bookmark, int64_t bookmark_sequence) {
  Entry& entry = entries_.at(producer_no);
  entry.bookmark = bookmark;
  entry.bookmark_sequence = bookmark_sequence;
}

void ProducerLedger::SetClosed(int producer_no) {
  Entry& entry = entries_.at(producer_no);
  entry.closed = true;
  entry.moved = true;
}

std::optional<int64_t> ProducerLedger::TakeNumbers(int producer_no, int64_t count) {
  const auto found = entries_.find(producer_no);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  const int64_t first = entry.last_sequence + 1;
  entry.last_sequence += count;
  entry.moved = entry.moved || count > 0;
  return first;
}

std::optional<int64_t> ProducerLedger::LastSequence(int producer_no, const std::string& token) const {
  const auto found = entries_.find(producer_no);
  if (found == entries_.end() || found->second.token != token) return std::nullopt;
  return found->second.last_sequence;
}

std::vector<ProducerLedger::Moved> ProducerLedger::MovedRows() const {
  std::vector<Moved> rows;
  for (const auto& [producer_no, entry] : entries_) {
    if (!entry.moved) continue;
    rows.push_back({producer_no, entry.last_sequence, entry.bookmark, entry.bookmark_sequence, entry.closed});
  }
  return rows;
}

}  // namespace donut::collector
