#include "query_service/events/selection.h"

#include <algorithm>

#include "history/month.h"

namespace donut::query {

void Selector::Select(const Source& source, int64_t first, int64_t last, Selection& selection) {
  const std::vector<int64_t>& ids = source.block->at(history::kUsers).numbers;
  const auto from = std::lower_bound(ids.begin(), ids.end(), first);
  const auto to = std::upper_bound(from, ids.end(), last);
  Prepare(source, static_cast<size_t>(from - ids.begin()), static_cast<size_t>(to - ids.begin()));
  selection.users = ids.data() + first_user_;
  selection.user_count = end_user_ - first_user_;
  selection.with_order = source.with_order;
  if (count_ > 0) {
    Times(source);
    Decide(source);
  }
  Keep(source, selection);
}

void Selector::Prepare(const Source& source, size_t first_user, size_t end_user) {
  const std::vector<uint32_t>& ends = source.block->at(history::kUsers).ends;
  first_user_ = first_user;
  end_user_ = end_user;
  begin_ = first_user == end_user ? 0 : ends[first_user];
  count_ = first_user == end_user ? 0 : ends[end_user] - begin_;
  names_.resize(count_);
  mask_.resize(count_);
  keep_.resize(count_);
  time_us_.resize(count_);
  codes_.resize(count_);
}

void Selector::Times(const Source& source) {
  const int64_t start = history::MonthStartUs(source.block->summary.month);
  quarters_.resize(count_);
  source.block->at(history::kQuarters).values.Copy(begin_, count_, quarters_.data());
  const auto micros = source.block->columns.find(history::kMicros);
  if (micros == source.block->columns.end()) {
    for (size_t i = 0; i < count_; ++i) time_us_[i] = start + quarters_[i] * history::kQuarterUs;
    return;
  }
  micros_.resize(count_);
  micros->second->values.Copy(begin_, count_, micros_.data());
  for (size_t i = 0; i < count_; ++i) time_us_[i] = start + quarters_[i] * history::kQuarterUs + micros_[i];
}

void Selector::Decide(const Source& source) {
  const EventQuestion& question = plan_.question;
  source.block->at(history::kNames).values.Copy(begin_, count_, names_.data());
  const std::vector<uint32_t>& masks = source.tables->name_masks;
  for (size_t i = 0; i < count_; ++i) mask_[i] = masks[names_[i]];
  std::vector<uint8_t> passes;
  for (size_t predicate = 0; predicate < plan_.predicate_filters.size(); ++predicate) {
    if (!plan_.predicate_filters[predicate]) continue;
    Evaluate(*plan_.predicate_filters[predicate], source, passes);
    const uint32_t bit = uint32_t{1} << predicate;
    for (size_t i = 0; i < count_; ++i) mask_[i] &= ~(passes[i] == 0 ? bit : uint32_t{0});
  }
  const uint32_t none = question.keep_all ? 1 : 0;
  for (size_t i = 0; i < count_; ++i) {
    keep_[i] = static_cast<uint8_t>((mask_[i] | none) != 0) &
               static_cast<uint8_t>(time_us_[i] >= question.from_us) &
               static_cast<uint8_t>(time_us_[i] < question.to_us);
  }
  if (plan_.filter) {
    Evaluate(*plan_.filter, source, passes);
    for (size_t i = 0; i < count_; ++i) keep_[i] &= passes[i];
  }
  if (!question.by_session) return;
  source.block->at(history::kSessions).values.Copy(begin_, count_, codes_.data());
  for (size_t i = 0; i < count_; ++i) keep_[i] &= static_cast<uint8_t>(codes_[i] != 0);
}

void Selector::Evaluate(const FilterNode& node, const Source& source, std::vector<uint8_t>& passes) {
  if (node.kind == FilterNode::Kind::kCondition) return EvaluateCondition(node.condition, source, passes);
  if (node.kind == FilterNode::Kind::kNot) {
    Evaluate(node.children[0], source, passes);
    for (uint8_t& one : passes) one ^= 1;
    return;
  }
  Evaluate(node.children[0], source, passes);
  std::vector<uint8_t> more;
  for (size_t child = 1; child < node.children.size(); ++child) {
    Evaluate(node.children[child], source, more);
    if (node.kind == FilterNode::Kind::kAll) {
      for (size_t i = 0; i < count_; ++i) passes[i] &= more[i];
    } else {
      for (size_t i = 0; i < count_; ++i) passes[i] |= more[i];
    }
  }
}

void Selector::EvaluateCondition(int place, const Source& source, std::vector<uint8_t>& passes) {
  passes.resize(count_);
  const SourceTables::Verdicts& verdicts = source.tables->conditions[static_cast<size_t>(place)];
  const uint8_t* const by_code = verdicts.passes.data();
  if (verdicts.of_names) {
    for (size_t i = 0; i < count_; ++i) passes[i] = by_code[names_[i]];
    return;
  }
  if (verdicts.column != nullptr) {
    verdicts.column->values.Copy(begin_, count_, codes_.data());
  } else {
    SpreadUserCodes(plan_.conditions[static_cast<size_t>(place)].source.key, source, codes_);
  }
  for (size_t i = 0; i < count_; ++i) passes[i] = by_code[codes_[i]];
}

void Selector::SpreadUserCodes(const std::string& key, const Source& source, std::vector<uint32_t>& codes) {
  const auto properties = users_.keys.find(key);
  if (properties == users_.keys.end()) {
    std::fill(codes.begin(), codes.end(), 0);
    return;
  }
  const history::Column& users = source.block->at(history::kUsers);
  for (size_t user = first_user_; user < end_user_; ++user) {
    const auto found = properties->second->codes.find(users.numbers[user]);
    const uint32_t code = found == properties->second->codes.end() ? 0 : found->second;
    std::fill(codes.begin() + static_cast<std::ptrdiff_t>(users.ends[user] - begin_),
              codes.begin() + static_cast<std::ptrdiff_t>(users.ends[user + 1] - begin_), code);
  }
}

void Selector::Keep(const Source& source, Selection& selection) {
  kept_.resize(count_);
  size_t kept = 0;
  selection.ends.resize(selection.user_count + 1);
  selection.ends[0] = 0;
  const std::vector<uint32_t>& ends = source.block->at(history::kUsers).ends;
  for (size_t user = 0; user < selection.user_count; ++user) {
    const size_t end = ends[first_user_ + user + 1] - begin_;
    for (size_t i = ends[first_user_ + user] - begin_; i < end; ++i) {
      kept_[kept] = static_cast<uint32_t>(i);
      kept += keep_[i];
    }
    selection.ends[user + 1] = static_cast<uint32_t>(kept);
  }
  kept_.resize(kept);
  selection.time_us.resize(kept);
  selection.mask.resize(kept);
  for (size_t i = 0; i < kept; ++i) selection.time_us[i] = time_us_[kept_[i]];
  for (size_t i = 0; i < kept; ++i) selection.mask[i] = mask_[kept_[i]];
  KeepValues(source, selection);
}

void Selector::KeepValues(const Source& source, Selection& selection) {
  const history::Block& block = *source.block;
  const size_t kept = kept_.size();
  selection.values.resize(plan_.values.size());
  for (size_t value = 0; value < plan_.values.size(); ++value) {
    const SourceTables::Numbers& numbers = source.tables->values[value];
    std::vector<uint32_t>& out = selection.values[value];
    out.resize(kept);
    if (kept == 0) continue;
    if (numbers.column == nullptr) {
      SpreadUserCodes(plan_.values[value].key, source, codes_);
    } else {
      numbers.column->values.Copy(begin_, count_, codes_.data());
    }
    for (size_t i = 0; i < kept; ++i) out[i] = numbers.numbers[codes_[kept_[i]]];
  }
  selection.sessions.clear();
  if (plan_.question.by_session) {
    const history::Column& sessions = block.at(history::kSessions);
    for (const uint32_t place : kept_) {
      selection.sessions.push_back(
          sessions.numbers[static_cast<size_t>(sessions.values.At(begin_ + place)) - 1]);
    }
  }
  selection.name_ids.clear();
  if (plan_.question.with_names) {
    const std::vector<int64_t>& ids = block.at(history::kNames).numbers;
    for (const uint32_t place : kept_) selection.name_ids.push_back(static_cast<int32_t>(ids[names_[place]]));
  }
  selection.producers.clear();
  selection.sequences.clear();
  if (!source.with_order) return;
  const history::Column& producers = block.at(history::kProducers);
  const history::Column& sequences = block.at(history::kSequences);
  for (const uint32_t place : kept_) {
    selection.producers.push_back(
        producers.numbers[static_cast<size_t>(producers.values.At(begin_ + place))]);
    selection.sequences.push_back(sequences.values.At(begin_ + place));
  }
}

}  // namespace donut::query
