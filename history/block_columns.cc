// The half of BlockBuilder that makes columns of what was gathered.
#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "history/block_builder.h"
#include "history/column_format.h"
#include "history/fresh_format.h"
#include "history/month.h"
#include "history/property_json.h"

namespace donut::history {
namespace {

// A dictionary of numbers, in the order in which they are first met.
class NumberDictionary {
 public:
  uint32_t PlaceOf(int64_t number) {
    if (number == last_number_ && !numbers_.empty()) return last_place_;
    last_number_ = number;
    return last_place_ = number >= 0 && number < kMaxSmall ? PlaceOfSmall(number) : PlaceOfLarge(number);
  }
  std::vector<int64_t> Take() { return std::move(numbers_); }

 private:
  // Below, as ids of event names and numbers of producers mostly are, a table finds them.
  static constexpr int64_t kMaxSmall = 16 << 10;

  uint32_t PlaceOfSmall(int64_t number) {
    const auto index = static_cast<size_t>(number);
    if (index >= small_.size()) small_.resize(std::max(index + 1, 2 * small_.size()));
    if (small_[index] == 0) {
      numbers_.push_back(number);
      small_[index] = static_cast<uint32_t>(numbers_.size());
    }
    return small_[index] - 1;
  }
  uint32_t PlaceOfLarge(int64_t number) {
    const auto [found, is_new] = large_.try_emplace(number, static_cast<uint32_t>(numbers_.size()));
    if (is_new) numbers_.push_back(number);
    return found->second;
  }

  std::vector<uint32_t> small_;  // 1 + the place; 0: not met
  absl::flat_hash_map<int64_t, uint32_t> large_;
  std::vector<int64_t> numbers_;
  int64_t last_number_ = 0;
  uint32_t last_place_ = 0;
};

Column NumberedColumn(const std::vector<uint32_t>& values, NumberDictionary& dictionary) {
  Column column;
  column.values = Integers(std::span<const uint32_t>(values));
  column.numbers = dictionary.Take();
  return column;
}

template <typename Value>
Column PlainColumn(const std::vector<Value>& values) {
  Column column;
  column.values = Integers(std::span<const Value>(values));
  return column;
}

// Where the order puts each event; empty: where it was.
std::vector<uint32_t> Inverse(const std::vector<uint32_t>& order) {
  std::vector<uint32_t> target(order.size());
  for (size_t i = 0; i < order.size(); ++i) target[order[i]] = static_cast<uint32_t>(i);
  return target;
}

auto EventOrder(const EventKey& event) {
  return std::tie(event.user_id, event.time_us, event.producer_no, event.sequence);
}

void AppendMember(std::string_view key, ValueView value, std::string& json) {
  json += json.empty() ? "{" : ", ";
  AppendQuoted(key, json);
  json += ": ";
  if (value.type == ValueType::kText) {
    AppendQuoted(value.text, json);
  } else {
    json += value.text;
  }
}

}  // namespace

struct BlockBuilder::Columns {
  std::vector<std::string> keys;
  std::vector<std::pair<int, Column>> columns;
};

std::vector<uint32_t> BlockBuilder::SortedOrder() const {
  const auto before = [](const EventKey& a, const EventKey& b) { return EventOrder(a) < EventOrder(b); };
  if (std::is_sorted(events_.begin(), events_.end(), before)) return {};
  struct Place {
    int64_t user_id;
    int64_t time_us;
    uint32_t event;
  };
  std::vector<Place> places(events_.size());
  for (size_t i = 0; i < events_.size(); ++i) {
    places[i] = {events_[i].user_id, events_[i].time_us, static_cast<uint32_t>(i)};
  }
  std::sort(places.begin(), places.end(), [this](const Place& a, const Place& b) {
    if (a.user_id != b.user_id) return a.user_id < b.user_id;
    if (a.time_us != b.time_us) return a.time_us < b.time_us;
    const EventKey& event_a = events_[a.event];
    const EventKey& event_b = events_[b.event];
    return std::tie(event_a.producer_no, event_a.sequence, a.event) <
           std::tie(event_b.producer_no, event_b.sequence, b.event);
  });
  std::vector<uint32_t> order(places.size());
  for (size_t i = 0; i < places.size(); ++i) order[i] = places[i].event;
  return order;
}

Column BlockBuilder::MakeUsers(const std::vector<uint32_t>& order) const {
  Column column;
  std::vector<uint32_t> counts;
  for (size_t i = 0; i < events_.size(); ++i) {
    const int64_t user_id = events_[order.empty() ? i : order[i]].user_id;
    if (column.numbers.empty() || column.numbers.back() != user_id) {
      column.numbers.push_back(user_id);
      counts.push_back(0);
    }
    ++counts.back();
  }
  column.values = Integers(std::span<const uint32_t>(counts));
  return column;
}

Column BlockBuilder::MakeFreshUsers() const {
  NumberDictionary user_ids;
  std::vector<uint32_t> users(events_.size());
  for (size_t i = 0; i < users.size(); ++i) users[i] = user_ids.PlaceOf(events_[i].user_id);
  return NumberedColumn(users, user_ids);
}

void BlockBuilder::MakeEventColumns(const std::vector<uint32_t>& order, Columns& columns) const {
  const size_t count = events_.size();
  NumberDictionary name_ids, session_ids, producer_numbers;
  std::vector<uint32_t> names(count), quarters(count), micros(count), sessions(count), producers(count);
  std::vector<int64_t> sequences(count);
  for (size_t i = 0; i < count; ++i) {
    const EventKey& event = events_[order.empty() ? i : order[i]];
    const auto within_month = static_cast<uint64_t>(event.time_us - month_start_us_);
    quarters[i] = static_cast<uint32_t>(within_month / kQuarterUs);
    micros[i] = static_cast<uint32_t>(within_month % kQuarterUs);
    names[i] = name_ids.PlaceOf(event.event_name_id);
    sessions[i] = event.session_id ? 1 + session_ids.PlaceOf(*event.session_id) : 0;
    producers[i] = producer_numbers.PlaceOf(event.producer_no);
    sequences[i] = event.sequence;
  }
  columns.columns.emplace_back(kNames, NumberedColumn(names, name_ids));
  columns.columns.emplace_back(kQuarters, PlainColumn(quarters));
  columns.columns.emplace_back(kMicros, PlainColumn(micros));
  columns.columns.emplace_back(kSessions, NumberedColumn(sessions, session_ids));
  columns.columns.emplace_back(kProducers, NumberedColumn(producers, producer_numbers));
  columns.columns.emplace_back(kSequences, PlainColumn(sequences));
}

Column BlockBuilder::MakeKeyColumn(const Key& key, const std::vector<uint32_t>& target) const {
  std::vector<uint32_t> codes(events_.size());
  for (size_t i = 0; i < key.places.size(); ++i) {
    codes[target.empty() ? key.places[i] : target[key.places[i]]] = key.codes[i];
  }
  // New codes in the order in which they are met, so that values which nobody has are left out.
  const Dictionary& values = key.values.dictionary();
  std::vector<uint32_t> new_codes(values.size() + 1);
  Column column;
  for (uint32_t& code : codes) {
    if (code == 0) continue;
    uint32_t& new_code = new_codes[code];
    if (new_code == 0) new_code = column.texts.Append(values.At(code));
    code = new_code;
  }
  column.values = Integers(std::span<const uint32_t>(codes));
  return column;
}

Column BlockBuilder::MakeRest(std::vector<uint32_t> keys, const std::vector<uint32_t>& target) const {
  std::sort(keys.begin(), keys.end(),
            [this](uint32_t a, uint32_t b) { return IsKeyBefore(keys_[a].name, keys_[b].name); });
  // The properties of each event lie side by side: those of place i from begins[i] to begins[i + 1].
  const size_t count = events_.size();
  std::vector<size_t> begins(count + 1);
  const auto target_of = [&target](uint32_t place) { return target.empty() ? place : target[place]; };
  for (const uint32_t key : keys) {
    for (const uint32_t place : keys_[key].places) ++begins[target_of(place) + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<std::pair<uint32_t, uint32_t>> properties(begins[count]);
  std::vector<size_t> ends(begins.begin(), begins.end() - 1);
  for (const uint32_t key : keys) {
    for (size_t i = 0; i < keys_[key].places.size(); ++i) {
      properties[ends[target_of(keys_[key].places[i])]++] = {key, keys_[key].codes[i]};
    }
  }
  DictionaryBuilder objects;
  std::vector<uint32_t> codes(count);
  std::string json;
  for (size_t i = 0; i < count; ++i) {
    if (begins[i] == begins[i + 1]) continue;
    json.clear();
    for (size_t j = begins[i]; j < begins[i + 1]; ++j) {
      const Key& key = keys_[properties[j].first];
      AppendMember(key.name, key.values.dictionary().At(properties[j].second), json);
    }
    json += '}';
    codes[i] = objects.CodeOf({ValueType::kJson, json});
  }
  Column column;
  column.values = Integers(std::span<const uint32_t>(codes));
  column.texts = objects.Take();
  return column;
}

BlockBuilder::Columns BlockBuilder::MakeColumns(const std::vector<uint32_t>& order, bool fresh) const {
  Columns columns;
  columns.columns.emplace_back(kUsers, fresh ? MakeFreshUsers() : MakeUsers(order));
  MakeEventColumns(order, columns);

  std::vector<uint32_t> keys(keys_.size());
  std::iota(keys.begin(), keys.end(), 0);
  std::sort(keys.begin(), keys.end(), [this](uint32_t a, uint32_t b) {
    if (keys_[a].places.size() != keys_[b].places.size())
      return keys_[a].places.size() > keys_[b].places.size();
    return keys_[a].name < keys_[b].name;
  });
  size_t column_count = 0;
  while (column_count < keys.size() && column_count < kMaxKeyColumns &&
         !keys_[keys[column_count]].places.empty() &&
         keys_[keys[column_count]].places.size() * kMinKeyShare >= events_.size()) {
    ++column_count;
  }
  const std::vector<uint32_t> target = Inverse(order);
  columns.columns.emplace_back(
      kRest, MakeRest({keys.begin() + static_cast<std::ptrdiff_t>(column_count), keys.end()}, target));
  for (size_t i = 0; i < column_count; ++i) {
    columns.keys.push_back(keys_[keys[i]].name);
    columns.columns.emplace_back(kFirstProperty + static_cast<int>(i), MakeKeyColumn(keys_[keys[i]], target));
  }
  return columns;
}

BlockSummary BlockBuilder::Summarize() const {
  BlockSummary summary;
  summary.month = month_;
  summary.event_count = static_cast<uint32_t>(events_.size());
  if (events_.empty()) return summary;
  summary.first_time_us = summary.last_time_us = events_[0].time_us;
  for (const EventKey& event : events_) {
    summary.first_time_us = std::min(summary.first_time_us, event.time_us);
    summary.last_time_us = std::max(summary.last_time_us, event.time_us);
  }
  return summary;
}

EncodedBlock BlockBuilder::Finish() {
  EncodedBlock block;
  Columns columns = MakeColumns(SortedOrder(), false);
  block.summary = Summarize();
  block.summary.keys = std::move(columns.keys);
  const std::vector<int64_t>& users = columns.columns[kUsers].second.numbers;
  block.summary.user_count = static_cast<uint32_t>(users.size());
  if (!users.empty()) {
    block.summary.first_user = users.front();
    block.summary.last_user = users.back();
  }
  Clear();
  for (auto& [number, column] : columns.columns) {
    EncodedColumn& encoded = block.columns.emplace_back();
    encoded.number = number;
    encoded.body = EncodeColumn(column, Compression::kZstd);
    encoded.checksum = Checksum(encoded.body);
  }
  return block;
}

std::string BlockBuilder::FinishFresh() {
  const size_t event_count = events_.size();
  const Columns columns = MakeColumns({}, true);
  Clear();
  return EncodeFresh(event_count, columns.keys, columns.columns);
}

size_t EncodedBlock::BodyBytes() const {
  size_t bytes = 0;
  for (const EncodedColumn& column : columns) bytes += column.body.size();
  return bytes;
}

}  // namespace donut::history
