#include "collector/event_preparation.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/canonical_event.h"
#include "collector/event_row.h"
#include "collector/event_validation.h"
#include "collector/properties_json.h"
#include "collector/property_coder.h"
#include "google/protobuf/arena.h"

namespace donut::collector {
namespace {

// Holds one parsed event of usual size without a further allocation; the largest takes about 700 KiB.
constexpr size_t kArenaBlockBytes = 16 << 10;

// The texts of an event that passed every rule; views into its bytes or into the parsed message.
struct EventTexts {
  std::string_view name;
  std::string_view user_id;
  std::string_view session_id;
  std::string_view insert_id;
};

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

class Preparation {
 public:
  Preparation(const std::vector<std::string_view>& events, const EventSource& source, const KeyedHash& hash,
              absl::Time received)
      : events_(events),
        source_(source),
        hash_(hash),
        received_(received),
        time_bounds_(received),
        arena_block_(std::make_unique<char[]>(kArenaBlockBytes)),
        arena_(arena_block_.get(), kArenaBlockBytes) {
    batch_.received_us = absl::ToUnixMicros(received);
  }

  absl::Status Run() {
    Reserve();
    for (size_t i = source_.passed_over; i < events_.size(); ++i) {
      const std::string_view payload = events_[i];
      std::optional<Problem> problem = ValidateEventSize(payload.size());
      if (!problem && !TakeCanonical(payload, SequenceOf(i)) &&
          !TakeParsed(payload, SequenceOf(i), problem)) {
        return absl::InvalidArgumentError(absl::StrCat(
            source_.field, "[", i,
            "]: does not parse as an Event (a text that is not UTF-8, nested too deep, or damaged)"));
      }
      if (problem) {
        batch_.rejected.push_back(
            {SequenceOf(i), problem->reason, std::move(problem->detail), std::string(payload)});
      }
    }
    return absl::OkStatus();
  }

  PreparedBatch Take() {
    // What is staged is counted by capacity, and may wait long.
    ShrinkToFit(batch_.rows);
    ShrinkToFit(batch_.text);
    ShrinkToFit(batch_.user_properties);
    ShrinkToFit(batch_.property_keys);
    ShrinkToFit(batch_.property_values);
    ShrinkToFit(batch_.property_codes);
    return std::move(batch_);
  }

 private:
  template <typename Container>
  static void ShrinkToFit(Container& container) {
    if (container.capacity() > container.size() + container.size() / 2) container.shrink_to_fit();
  }

  int64_t SequenceOf(size_t index) const { return source_.first_sequence + static_cast<int64_t>(index); }

  // Of an event without a time: events that were sent together happened one after the other, so none is at
  // the time of another.
  int64_t DefaultTimeUs(int64_t sequence) const {
    return batch_.received_us + sequence - source_.first_sequence;
  }

  // JSON is rarely longer than what it is made of.
  void Reserve() {
    size_t bytes = 0;
    for (size_t i = source_.passed_over; i < events_.size(); ++i) bytes += events_[i].size();
    const size_t count = events_.size() - std::min(source_.passed_over, events_.size());
    batch_.text.reserve(bytes);
    batch_.events.reserve(count);
    batch_.rows.reserve(count * kMostEventRowBytes + bytes);
  }

  // The usual encoding. False: nothing was taken, ask TakeParsed.
  bool TakeCanonical(std::string_view payload, int64_t sequence) {
    CanonicalEvent event;
    const size_t row_begin = batch_.rows.size();
    BeginEventRow(batch_.rows);
    if (!ReadCanonicalEvent(payload, time_bounds_, event, batch_.rows, properties_) ||
        IsPipelineEvent(std::string(event.name))) {
      batch_.rows.resize(row_begin);
      return false;
    }
    CompleteRow(
        {event.name, event.user_id, event.session_id, event.insert_id},
        event.has_event_time ? event.seconds * 1'000'000 + event.nanos / 1'000 : DefaultTimeUs(sequence),
        sequence, row_begin);
    PreparedEvent& prepared = batch_.events.back();
    prepared.payload = Append(payload);
    prepared.user_text = Within(payload, event.user_id, prepared.payload);
    prepared.session_text = Within(payload, event.session_id, prepared.payload);
    prepared.insert_id = Within(payload, event.insert_id, prepared.payload);
    coder_.Add(properties_, payload, prepared.payload);
    return true;
  }

  // Any encoding. False when it does not parse.
  bool TakeParsed(std::string_view payload, int64_t sequence, std::optional<Problem>& problem) {
    arena_.Reset();
    auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&arena_);
    if (!event->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return false;
    problem = ValidateEvent(*event, received_);
    PipelineUpdate update;
    const bool is_pipeline_event = !problem && IsPipelineEvent(event->name());
    if (is_pipeline_event) problem = ReadPipelineUpdate(*event, update);
    if (problem) return true;
    const size_t row_begin = batch_.rows.size();
    BeginEventRow(batch_.rows);
    properties_.Clear();
    if (event->properties().fields_size() > 0) {
      AppendProperties(event->properties(), batch_.rows, properties_);
    }
    // Nanoseconds are not negative, so the division rounds down before 1970 too.
    const int64_t event_time_us = event->has_event_time() ? event->event_time().seconds() * 1'000'000 +
                                                                event->event_time().nanos() / 1'000
                                                          : DefaultTimeUs(sequence);
    const std::optional<int64_t> session_id =
        CompleteRow({event->name(), event->user_id(), event->session_id(), event->insert_id()}, event_time_us,
                    sequence, row_begin);
    PreparedEvent& prepared = batch_.events.back();
    prepared.payload = Append(payload);
    prepared.user_text = Append(event->user_id());
    prepared.session_text = Append(event->session_id());
    prepared.insert_id = Append(event->insert_id());
    coder_.Add(properties_, payload, prepared.payload);
    AddUserUpdate(event->user_properties(), event_time_us, prepared);
    if (is_pipeline_event) {
      update.session_id = session_id.value_or(0);
      update.session_text = event->session_id();
      update.event_time_us = event_time_us;
      prepared.pipeline_update = static_cast<int>(batch_.pipeline_updates.size());
      batch_.pipeline_updates.push_back(std::move(update));
    }
    return true;
  }

  void AddUserUpdate(const google::protobuf::Struct& properties, int64_t event_time_us,
                     PreparedEvent& prepared) {
    if (properties.fields().empty()) return;
    prepared.user_update = static_cast<int>(batch_.user_updates.size());
    batch_.user_updates.push_back({event_time_us, static_cast<uint32_t>(batch_.user_properties.size()),
                                   static_cast<uint32_t>(properties.fields_size())});
    for (const auto& [key, value] : properties.fields()) {
      const size_t key_begin = batch_.text.size();
      AppendJsonText(key, batch_.text);
      const size_t value_begin = batch_.text.size();
      AppendJsonValue(value, batch_.text);
      batch_.user_properties.push_back(
          {{static_cast<uint32_t>(key_begin), static_cast<uint32_t>(value_begin - key_begin)},
           {static_cast<uint32_t>(value_begin), static_cast<uint32_t>(batch_.text.size() - value_begin)}});
    }
  }

  // Adds the event whose row is complete but for what these say. Returns the id of its session.
  std::optional<int64_t> CompleteRow(const EventTexts& texts, int64_t event_time_us, int64_t sequence,
                                     size_t row_begin) {
    EventRow row;
    row.event_time_us = event_time_us;
    row.received_us = batch_.received_us;
    row.user_id = hash_.UserId(source_.project_id, texts.user_id);
    if (!texts.session_id.empty()) {
      row.session_id = hash_.SessionId(source_.project_id, texts.session_id);
    }
    row.sequence = sequence;
    row.project_id = source_.project_id;
    row.producer_no = source_.producer_no;
    EndEventRow(row, row_begin, batch_.rows);
    PreparedEvent& prepared = batch_.events.emplace_back();
    prepared.sequence = sequence;
    prepared.user_id = row.user_id;
    prepared.session_id = row.session_id.value_or(0);
    prepared.row_end = static_cast<uint32_t>(batch_.rows.size());
    prepared.name = PlaceOf(texts.name);
    return row.session_id;
  }

  int PlaceOf(std::string_view name) {
    // Names come in runs, and a batch has few.
    if (!batch_.names.empty() && batch_.names[static_cast<size_t>(last_name_)] == name) return last_name_;
    const auto found = name_places_.find(name);
    if (found != name_places_.end()) return last_name_ = found->second;
    last_name_ = static_cast<int>(batch_.names.size());
    batch_.names.emplace_back(name);
    name_places_.emplace(name, last_name_);
    return last_name_;
  }

  TextRef Append(std::string_view piece) {
    const TextRef ref{static_cast<uint32_t>(batch_.text.size()), static_cast<uint32_t>(piece.size())};
    batch_.text += piece;
    return ref;
  }

  // A text of the event whose bytes were kept as `kept`.
  static TextRef Within(std::string_view payload, std::string_view piece, TextRef kept) {
    if (piece.empty()) return {};
    return {kept.offset + static_cast<uint32_t>(piece.data() - payload.data()),
            static_cast<uint32_t>(piece.size())};
  }

  const std::vector<std::string_view>& events_;
  const EventSource& source_;
  const KeyedHash& hash_;
  const absl::Time received_;
  const EventTimeBounds time_bounds_;
  PreparedBatch batch_;
  PropertyTexts properties_;
  PropertyCoder coder_{batch_};
  // Owns its keys: a parsed name is gone with the next event.
  std::unordered_map<std::string, int, TextHash, std::equal_to<>> name_places_;
  int last_name_ = 0;
  const std::unique_ptr<char[]> arena_block_;
  google::protobuf::Arena arena_;
};

}  // namespace

absl::StatusOr<PreparedBatch> PrepareEvents(const std::vector<std::string_view>& events,
                                            const EventSource& source, const KeyedHash& hash,
                                            absl::Time received) {
  Preparation preparation(events, source, hash, received);
  if (absl::Status status = preparation.Run(); !status.ok()) return status;
  return preparation.Take();
}

}  // namespace donut::collector
