// The events of some users of one block that a question wants, without what it leaves out: what the merge
// over blocks goes through. Loops over columns, without a branch where that costs. Not thread-safe; used
// again and again by one thread, so that it keeps its memory.
#pragma once

#include <cstdint>
#include <vector>

#include "history/block.h"
#include "query_service/events/event_plan.h"
#include "query_service/events/source_tables.h"

namespace donut::query {

// A block as a question reads it. Pointers are the reader's, for as long as the question runs.
struct Source {
  const history::Block* block = nullptr;
  const SourceTables* tables = nullptr;
  // Whether it has kProducers and kSequences.
  bool with_order = false;
};

struct Selection {
  // User i has the events [ends[i], ends[i + 1]); none for some.
  const int64_t* users = nullptr;
  size_t user_count = 0;
  std::vector<uint32_t> ends;
  std::vector<int64_t> time_us;
  std::vector<uint32_t> mask;
  std::vector<std::vector<uint32_t>> values;
  std::vector<int64_t> sessions;
  std::vector<int32_t> name_ids;
  // Where the source has an order.
  std::vector<int64_t> producers;
  std::vector<int64_t> sequences;
  bool with_order = false;
};

class Selector {
 public:
  Selector(const EventPlan& plan, const UserProperties& users) : plan_(plan), users_(users) {}

  // Those of the users with ids in [first, last].
  void Select(const Source& source, int64_t first, int64_t last, Selection& selection);

 private:
  void Prepare(const Source& source, size_t first_user, size_t end_user);
  // Sets keep_[i] and mask_[i] for the events of the range.
  void Decide(const Source& source);
  // Whether each event passes, as bytes.
  void Evaluate(const FilterNode& node, const Source& source, std::vector<uint8_t>& passes);
  void EvaluateCondition(int place, const Source& source, std::vector<uint8_t>& passes);
  // The codes of a user property, a number for each event.
  void SpreadUserCodes(const std::string& key, const Source& source, std::vector<uint32_t>& codes);
  void Times(const Source& source);
  void Keep(const Source& source, Selection& selection);
  void KeepValues(const Source& source, Selection& selection);

  const EventPlan& plan_;
  const UserProperties& users_;
  // The range of the source that is looked at.
  size_t first_user_ = 0;
  size_t end_user_ = 0;
  size_t begin_ = 0;
  size_t count_ = 0;
  // One for each event of the range.
  std::vector<uint32_t> names_;
  std::vector<uint32_t> mask_;
  std::vector<uint8_t> keep_;
  std::vector<int64_t> time_us_;
  std::vector<uint32_t> codes_;
  std::vector<uint32_t> quarters_;
  std::vector<uint32_t> micros_;
  // The places of those that are kept, within the range.
  std::vector<uint32_t> kept_;
};

}  // namespace donut::query
