#include "collector/pipeline_rows.h"

#include <algorithm>

namespace donut::collector {
namespace {

using Kind = PipelineUpdate::Kind;

void KeepEarliest(std::optional<int64_t>& kept, int64_t time_us) {
  kept = std::min(kept.value_or(time_us), time_us);
}

void KeepGreatest(std::optional<int64_t>& kept, const std::optional<int64_t>& count) {
  if (count) kept = std::max(kept.value_or(*count), *count);
}

// A text that came with a time: that of the earliest time stands, of equal times the least text. To
// be called before the time itself is merged.
void KeepTextOfEarliest(std::optional<std::string>& kept, const std::optional<int64_t>& kept_us,
                        int64_t time_us, const std::string& text) {
  if (kept_us && time_us > *kept_us) return;
  const std::optional<std::string> said = text.empty() ? std::nullopt : std::optional<std::string>(text);
  if (!kept_us || time_us < *kept_us) {
    kept = said;
  } else if (said) {
    kept = kept ? std::min(*kept, *said) : *said;
  }
}

}  // namespace

void PipelineRows::Add(const SessionKey& key, const std::string& session_text, int64_t event_time_us,
                       const PipelineUpdate& update) {
  const auto [found, is_new] = sessions_.try_emplace(key);
  SessionRow& session = found->second;
  if (is_new) {
    session.session_text = session_text;
    session.last_moved_us = event_time_us;
  }
  session.last_moved_us = std::max(session.last_moved_us, event_time_us);
  switch (update.kind) {
    case Kind::kRunStarted:
      KeepTextOfEarliest(session.pipeline, session.started_us, event_time_us, update.pipeline);
      KeepEarliest(session.started_us, event_time_us);
      return;
    case Kind::kRunCompleted:
      KeepEarliest(session.completed_us, event_time_us);
      KeepGreatest(session.items_in, update.items_in);
      KeepGreatest(session.items_out, update.items_out);
      return;
    case Kind::kRunFailed:
      KeepTextOfEarliest(session.failed_phase, session.failed_us, event_time_us, update.phase);
      KeepTextOfEarliest(session.failure_reason, session.failed_us, event_time_us, update.reason);
      KeepEarliest(session.failed_us, event_time_us);
      return;
    case Kind::kPhaseStarted:
    case Kind::kPhaseCompleted:
      break;
  }
  PhaseRow& phase = phases_[{key, update.phase}];
  KeepEarliest(update.kind == Kind::kPhaseStarted ? phase.started_us : phase.completed_us, event_time_us);
  KeepGreatest(phase.items_in, update.items_in);
  KeepGreatest(phase.items_out, update.items_out);
}

}  // namespace donut::collector
