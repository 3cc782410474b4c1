#include "compactor/partition_packer.h"

#include "common/status_macros.h"
#include "history/property_json.h"

namespace donut::compactor {
namespace {

// A block that is full waits for its last user's end, but no longer than this.
constexpr size_t kMostOpenBytes = 32 << 20;
constexpr size_t kMostOpenEvents = 2 * history::kMaxBlockEvents;

}  // namespace

bool PartitionPacker::EndsBefore(const history::EventKey& event) const {
  if (!builder_->IsFull()) return false;
  return event.user_id != last_user_ || builder_->event_count() >= kMostOpenEvents ||
         builder_->MemoryBytes() >= kMostOpenBytes;
}

absl::Status PartitionPacker::Add(int project_id, int month, const history::EventKey& event,
                                  std::string_view properties) {
  const bool is_same_month = builder_ && place_.project_id == project_id && place_.month == month;
  if (!is_same_month) {
    RETURN_IF_ERROR(Finish());
    place_.project_id = project_id;
    place_.month = month;
    ASSIGN_OR_RETURN(place_.slice_id, MakeId(transaction_));
    builder_.emplace(month);
  } else if (EndsBefore(event)) {
    RETURN_IF_ERROR(WriteBlock(transaction_, place_, builder_->Finish(), written_));
  }
  last_user_ = event.user_id;
  builder_->Add(event);
  if (properties.empty()) return absl::OkStatus();
  return history::ReadProperties(properties, [this](std::string_view key, history::ValueView value) {
    builder_->AddProperty(key, value);
  });
}

absl::Status PartitionPacker::Finish() {
  if (!builder_ || builder_->event_count() == 0) return absl::OkStatus();
  return WriteBlock(transaction_, place_, builder_->Finish(), written_);
}

}  // namespace donut::compactor
