#include "history/block_builder.h"

#include <algorithm>
#include <utility>

#include "history/month.h"
#include "history/property_json.h"

namespace donut::history {
namespace {

// Keys and values of all events, however often each: what kRest may have to spell out is bounded by them.
constexpr size_t kMaxPropertyBytes = 8 * kMaxBlockTextBytes;

}  // namespace

struct BlockBuilder::Source {
  struct Property {
    const Column* column = nullptr;
    uint32_t key_code = 0;
    std::vector<uint32_t> value_codes;  // by the block's code; 0: not met yet
  };
  // The properties of one value of kRest.
  struct Rest {
    bool known = false;
    std::vector<std::pair<uint32_t, uint32_t>> codes;
  };

  const Block* block = nullptr;
  const Column* names = nullptr;
  const Column* quarters = nullptr;
  const Column* micros = nullptr;
  const Column* sessions = nullptr;
  const Column* producers = nullptr;
  const Column* sequences = nullptr;
  const Column* rest = nullptr;
  std::vector<Property> properties;
  std::vector<Rest> rests;
};

BlockBuilder::BlockBuilder(int month) : month_(month), month_start_us_(MonthStartUs(month)) {}
BlockBuilder::~BlockBuilder() = default;
BlockBuilder::BlockBuilder(BlockBuilder&&) noexcept = default;
BlockBuilder& BlockBuilder::operator=(BlockBuilder&&) noexcept = default;

void BlockBuilder::Add(const EventKey& event) { events_.push_back(event); }

void BlockBuilder::AddProperty(std::string_view key, ValueView value) {
  const uint32_t key_code = KeyCode(key);
  AddProperty(key_code, ValueCode(key_code, value));
}

uint32_t BlockBuilder::KeyCode(std::string_view key) {
  const auto [found, is_new] =
      key_codes_.try_emplace(absl::string_view(key.data(), key.size()), static_cast<uint32_t>(keys_.size()));
  if (is_new) keys_.emplace_back().name = key;
  return found->second;
}

uint32_t BlockBuilder::ValueCode(uint32_t key_code, ValueView value) {
  DictionaryBuilder& values = keys_[key_code].values;
  const size_t before = values.dictionary().text().size();
  const uint32_t code = values.CodeOf(value);
  text_bytes_ += values.dictionary().text().size() - before;
  return code;
}

void BlockBuilder::AddProperty(uint32_t key_code, uint32_t value_code) {
  Key& key = keys_[key_code];
  const auto place = static_cast<uint32_t>(events_.size() - 1);
  if (!key.places.empty() && key.places.back() == place) {
    key.places.pop_back();
    key.codes.pop_back();
  }
  if (value_code == 0) return;
  key.places.push_back(place);
  key.codes.push_back(value_code);
  property_bytes_ += key.name.size() + key.values.dictionary().At(value_code).text.size();
}

BlockBuilder::Source& BlockBuilder::SourceOf(const Block& block) {
  if (last_source_ != nullptr && last_source_->block == &block) return *last_source_;
  std::unique_ptr<Source>& source = sources_[&block];
  if (source == nullptr) {
    source = std::make_unique<Source>();
    source->block = &block;
    source->names = &block.at(kNames);
    source->quarters = &block.at(kQuarters);
    source->micros = &block.at(kMicros);
    source->sessions = &block.at(kSessions);
    source->producers = &block.at(kProducers);
    source->sequences = &block.at(kSequences);
    source->rest = &block.at(kRest);
    source->rests.resize(source->rest->texts.size() + 1);
    for (size_t i = 0; i < block.summary.keys.size(); ++i) {
      Source::Property& property = source->properties.emplace_back();
      property.column = &block.at(kFirstProperty + static_cast<int>(i));
      property.key_code = KeyCode(block.summary.keys[i]);
      property.value_codes.resize(property.column->texts.size() + 1);
    }
  }
  last_source_ = source.get();
  return *source;
}

void BlockBuilder::Append(const Block& block, size_t place, int64_t user_id) {
  Source& source = SourceOf(block);
  EventKey event;
  event.user_id = user_id;
  event.time_us =
      month_start_us_ + source.quarters->values.At(place) * kQuarterUs + source.micros->values.At(place);
  event.event_name_id = static_cast<int32_t>(source.names->numbers[source.names->values.At(place)]);
  if (const int64_t session = source.sessions->values.At(place); session != 0) {
    event.session_id = source.sessions->numbers[session - 1];
  }
  event.producer_no = static_cast<int32_t>(source.producers->numbers[source.producers->values.At(place)]);
  event.sequence = source.sequences->values.At(place);
  Add(event);
  for (Source::Property& property : source.properties) {
    const auto code = static_cast<uint32_t>(property.column->values.At(place));
    if (code == 0) continue;
    uint32_t& value_code = property.value_codes[code];
    if (value_code == 0) value_code = ValueCode(property.key_code, property.column->texts.At(code));
    AddProperty(property.key_code, value_code);
  }
  const auto rest_code = static_cast<uint32_t>(source.rest->values.At(place));
  if (rest_code != 0) AppendRest(source, rest_code);
}

void BlockBuilder::AppendRest(Source& source, uint32_t rest_code) {
  Source::Rest& rest = source.rests[rest_code];
  if (!rest.known) {
    rest.known = true;
    // What is no object has no properties: there is nobody here to tell, and writers write objects.
    (void)ReadProperties(source.rest->texts.At(rest_code).text, [&](std::string_view key, ValueView value) {
      const uint32_t key_code = KeyCode(key);
      rest.codes.emplace_back(key_code, ValueCode(key_code, value));
    });
  }
  for (const auto& [key_code, value_code] : rest.codes) AddProperty(key_code, value_code);
}

size_t BlockBuilder::MemoryBytes() const {
  size_t bytes = events_.capacity() * sizeof(EventKey) + key_codes_.capacity() * sizeof(std::string);
  for (const Key& key : keys_) {
    bytes += sizeof(Key) + key.name.capacity() + key.values.MemoryBytes() +
             (key.places.capacity() + key.codes.capacity()) * sizeof(uint32_t);
  }
  for (const auto& [block, source] : sources_) {
    bytes += sizeof(Source) + source->rests.capacity() * sizeof(Source::Rest);
    for (const Source::Property& property : source->properties) {
      bytes += sizeof(property) + property.value_codes.capacity() * sizeof(uint32_t);
    }
    for (const Source::Rest& rest : source->rests) bytes += rest.codes.capacity() * sizeof(rest.codes[0]);
  }
  return bytes;
}

bool BlockBuilder::IsFull() const {
  return events_.size() >= kMaxBlockEvents || text_bytes_ >= kMaxBlockTextBytes ||
         property_bytes_ >= kMaxPropertyBytes;
}

void BlockBuilder::Clear() {
  events_.clear();
  keys_.clear();
  key_codes_.clear();
  sources_.clear();
  last_source_ = nullptr;
  text_bytes_ = 0;
  property_bytes_ = 0;
}

}  // namespace donut::history
