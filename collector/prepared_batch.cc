#include "collector/prepared_batch.h"

namespace donut::collector {

size_t PreparedBatch::MemoryBytes() const {
  size_t bytes =
      sizeof(*this) + text.capacity() + rows.capacity() + events.capacity() * sizeof(PreparedEvent) +
      rejected.capacity() * sizeof(RejectedEvent) + pipeline_updates.capacity() * sizeof(PipelineUpdate) +
      user_updates.capacity() * sizeof(UserUpdate) + user_properties.capacity() * sizeof(UserProperty) +
      names.capacity() * sizeof(std::string) + property_keys.capacity() * sizeof(TextRef) +
      property_values.capacity() * sizeof(PropertyValue) + property_codes.capacity() * sizeof(uint32_t);
  for (const RejectedEvent& event : rejected) bytes += event.detail.capacity() + event.payload.capacity();
  for (const PipelineUpdate& update : pipeline_updates) {
    bytes += update.pipeline.capacity() + update.phase.capacity() + update.reason.capacity() +
             update.session_text.capacity();
  }
  for (const std::string& name : names) bytes += name.capacity();
  return bytes;
}

}  // namespace donut::collector
