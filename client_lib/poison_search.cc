#include "client_lib/poison_search.h"

#include <algorithm>

namespace donut {
namespace {

constexpr int kFailuresUntilSuspicion = 3;

// Whether what was sent may have caused this end, and not the network or the collector's state.
bool BlamesMessages(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:  // a message that does not parse looks like an orderly end to some servers
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

}  // namespace

PoisonSearch::Verdict PoisonSearch::OnFailure(const absl::Status& status, int64_t first_undecided,
                                              int64_t cursor) {
  const int64_t sent = cursor - first_undecided;
  if (!BlamesMessages(status) || sent == 0) return Verdict::kNone;
  if (first_undecided != suspect_ || (sent == 1) != alone_) failures_ = 0;
  suspect_ = first_undecided;
  alone_ = sent == 1;
  ++failures_;
  const bool often = failures_ >= kFailuresUntilSuspicion;
  if (alone_) return often ? Verdict::kFirstIsIt : Verdict::kNone;
  if (!often && !searching()) return Verdict::kNone;
  if (!searching()) until_ = cursor - 1;
  batch_events_ = static_cast<int>(std::clamp<int64_t>(sent / 2, 1, batch_events_));
  failures_ = 0;
  return Verdict::kNarrower;
}

void PoisonSearch::OnDecided(int64_t first_undecided) {
  if (first_undecided > until_) Trust();
}

void PoisonSearch::Trust() {
  until_ = suspect_ = 0;
  failures_ = 0;
  batch_events_ = max_batch_events_;
}

}  // namespace donut
