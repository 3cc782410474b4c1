#include "collector/event_preparation.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "collector/event_validation.h"
#include "collector/properties_json.h"
#include "google/protobuf/arena.h"

namespace donut::collector {
namespace {

// Holds one parsed event of usual size without a further allocation; the largest takes about 700 KiB.
constexpr size_t kArenaBlockBytes = 16 << 10;

TextRef Append(std::string_view piece, std::string& text) {
  const TextRef ref{static_cast<uint32_t>(text.size()), static_cast<uint32_t>(piece.size())};
  text += piece;
  return ref;
}

// A valid event, flat, at the end of `batch`.
void AppendEvent(const v1::Event& event, std::string_view payload, int64_t sequence, PreparedBatch& batch) {
  PreparedEvent prepared;
  prepared.sequence = sequence;
  // Nanoseconds are not negative, so the division rounds down before 1970 too.
  prepared.event_time_us = event.has_event_time()
                               ? event.event_time().seconds() * 1'000'000 + event.event_time().nanos() / 1'000
                               : batch.received_us;
  prepared.name = Append(event.name(), batch.text);
  prepared.user_id = Append(event.user_id(), batch.text);
  prepared.session_id = Append(event.session_id(), batch.text);
  prepared.insert_id = Append(event.insert_id(), batch.text);
  prepared.payload = Append(payload, batch.text);
  if (event.properties().fields_size() > 0) {
    prepared.properties.offset = static_cast<uint32_t>(batch.text.size());
    AppendJson(event.properties(), batch.text);
    prepared.properties.length = static_cast<uint32_t>(batch.text.size()) - prepared.properties.offset;
  }
  batch.events.push_back(prepared);
}

}  // namespace

absl::StatusOr<PreparedBatch> PrepareEvents(const std::vector<std::string_view>& events,
                                            int64_t first_sequence, size_t passed_over, absl::Time received,
                                            const std::string& field) {
  PreparedBatch batch;
  batch.received_us = absl::ToUnixMicros(received);
  size_t bytes = 0;
  for (size_t i = passed_over; i < events.size(); ++i) bytes += events[i].size();
  batch.text.reserve(bytes * 2);
  batch.events.reserve(events.size() - std::min(passed_over, events.size()));

  const auto block = std::make_unique<char[]>(kArenaBlockBytes);
  google::protobuf::Arena arena(block.get(), kArenaBlockBytes);
  for (size_t i = passed_over; i < events.size(); ++i) {
    const std::string_view payload = events[i];
    const int64_t sequence = first_sequence + static_cast<int64_t>(i);
    std::optional<Problem> problem = ValidateEventSize(payload.size());
    if (!problem) {
      arena.Reset();
      auto* event = google::protobuf::Arena::CreateMessage<v1::Event>(&arena);
      if (!event->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
        return absl::InvalidArgumentError(absl::StrCat(
            field, "[", i,
            "]: does not parse as an Event (a text that is not UTF-8, nested too deep, or damaged)"));
      }
      problem = ValidateEvent(*event, received);
      PipelineUpdate update;
      const bool is_pipeline_event = !problem && IsPipelineEvent(event->name());
      if (is_pipeline_event) problem = ReadPipelineUpdate(*event, update);
      if (!problem) {
        AppendEvent(*event, payload, sequence, batch);
        if (is_pipeline_event) {
          batch.events.back().pipeline_update = static_cast<int>(batch.pipeline_updates.size());
          batch.pipeline_updates.push_back(std::move(update));
        }
      }
    }
    if (problem) {
      batch.rejected.push_back({sequence, problem->reason, std::move(problem->detail), std::string(payload)});
    }
  }
  return batch;
}

}  // namespace donut::collector
