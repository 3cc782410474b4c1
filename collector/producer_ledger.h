// Decides what a Hello gets and what a batch may do, from the producers' rows as the
// transaction has locked them. docs/adr/0002-producers-and-the-ledger.md tells why. No thread, no
// database; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace donut::collector {

// A row of `producers`.
struct ProducerRow {
  int producer_no = 0;
  int64_t epoch = 0;
  std::string token;
  int64_t last_sequence = 0;
  std::string bookmark;
  int64_t bookmark_sequence = 0;
};

// What a Hello says.
struct HelloClaim {
  int project_id = 0;
  std::string producer_id;
  int64_t epoch = 0;
  std::string token;
  std::vector<std::string> earlier_tokens;
  bool durable = false;
};

enum class HelloVerdict {
  kCreate,           // a new producer, with epoch 1
  kGrant,            // the next epoch
  kUnknownProducer,  // an epoch was presented, and the row is gone
  kForeignEpoch,     // somebody else was granted an epoch since
};

HelloVerdict JudgeHello(const std::optional<ProducerRow>& row, const HelloClaim& claim);

enum class PieceVerdict {
  kMoves,
  kAlreadyCommitted,  // all of it; acknowledged again
  kFenced,            // a newer Hello took over
  kGap,               // begins after the next number
  kUnknownProducer,
};

// The rows that one transaction holds. Judge() moves them in memory, so that a later
// piece of the same producer sees the earlier one.
class ProducerLedger {
 public:
  struct Moved {
    int producer_no = 0;
    int64_t last_sequence = 0;
    std::optional<std::string> bookmark;  // nullopt: the old one stays
    int64_t bookmark_sequence = 0;        // with a bookmark: the number up to which it speaks
    bool closed = false;
  };

  // The token is that of the Hello that was granted last: in a database that was restored under a running
  // collector, number and epoch may be somebody else's.
  void Add(int producer_no, int64_t epoch, const std::string& token, int64_t last_sequence);

  // Numbers [first, last] under `epoch` and `token`; last < first: no numbers (Close), but a gap all the same
  // when something before `first` is missing. For kMoves, `from` is the first number that is not committed
  // yet.
  PieceVerdict Judge(int producer_no, int64_t epoch, const std::string& token, int64_t first, int64_t last,
                     int64_t& from);

  // After Judge() let a piece move: what else it leaves in the row.
  void SetBookmark(int producer_no, const std::string& bookmark, int64_t bookmark_sequence);
  void SetClosed(int producer_no);

  // Takes `count` numbers for the collector's own producer; returns the first, nullopt without a row.
  std::optional<int64_t> TakeNumbers(int producer_no, int64_t count);

  // Nullopt without a row that has this token.
  std::optional<int64_t> LastSequence(int producer_no, const std::string& token) const;

  // Rows that have to be written, by number.
  std::vector<Moved> MovedRows() const;

 private:
  struct Entry {
    int64_t epoch = 0;
    std::string token;
    int64_t last_sequence = 0;
    std::optional<std::string> bookmark;
    int64_t bookmark_sequence = 0;
    bool closed = false;
    bool moved = false;
  };
  std::map<int, Entry> entries_;
};

}  // namespace donut::collector
