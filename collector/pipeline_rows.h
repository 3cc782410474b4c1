// Merges what pipeline events say into one row per attempt and one per phase, because one
// statement may touch a row only once. Merging commutes and repeats harmlessly: sql/upsert_sessions.sql
// keeps the same rules. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "collector/prepared_batch.h"

namespace donut::collector {

struct SessionKey {
  int project_id = 0;
  int64_t user_id = 0;
  int64_t session_id = 0;
  int attempt = 1;
  bool operator<(const SessionKey& other) const {
    return std::tie(project_id, user_id, session_id, attempt) <
           std::tie(other.project_id, other.user_id, other.session_id, other.attempt);
  }
};

// Times are microseconds since 1970.
struct SessionRow {
  std::string session_text;
  std::optional<std::string> pipeline;
  std::optional<int64_t> started_us;
  std::optional<int64_t> completed_us;
  std::optional<int64_t> failed_us;
  std::optional<std::string> failed_phase;
  std::optional<std::string> failure_reason;
  std::optional<int64_t> items_in;
  std::optional<int64_t> items_out;
  int64_t last_moved_us = 0;
};

struct PhaseRow {
  std::optional<int64_t> started_us;
  std::optional<int64_t> completed_us;
  std::optional<int64_t> items_in;
  std::optional<int64_t> items_out;
};

class PipelineRows {
 public:
  void Add(const SessionKey& key, const std::string& session_text, int64_t event_time_us,
           const PipelineUpdate& update);

  // Sorted by key.
  const std::map<SessionKey, SessionRow>& sessions() const { return sessions_; }
  const std::map<std::pair<SessionKey, std::string>, PhaseRow>& phases() const { return phases_; }

 private:
  std::map<SessionKey, SessionRow> sessions_;
  std::map<std::pair<SessionKey, std::string>, PhaseRow> phases_;
};

}  // namespace donut::collector
