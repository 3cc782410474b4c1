// Everything that can be set about the query service, with defaults. Plain data.
#pragma once

#include <algorithm>
#include <thread>

#include "absl/status/status.h"

namespace donut::query {

inline constexpr int kMostQueries = 64;
inline constexpr int kMostHistoryCacheMib = 1 << 20;

struct QueryOptions {
  // Queries that PostgreSQL works on at once: each has a connection, and others wait for one. More would not
  // be answered sooner, and would take the processors from what stores events. 0: as many as this machine has
  // processors, from 2 to 8.
  int max_queries = 0;

  // What is kept of histories between questions, in MiB.
  int history_cache_mib = 512;

  // Of the questions that histories answer, the share that is asked of SQL too; see verification.h.
  double verify_share = 0;

  // INVALID_ARGUMENT names the flag and the rule.
  absl::Status Validate() const {
    if (max_queries < 0 || max_queries > kMostQueries) {
      return absl::InvalidArgumentError(
          "--max_queries: must be from 1 to 64, or 0 for as many as there are processors");
    }
    if (history_cache_mib < 1 || history_cache_mib > kMostHistoryCacheMib) {
      return absl::InvalidArgumentError("--history_cache_mib: must be from 1 to 1048576");
    }
    // Not for what is no number, either.
    if (!(verify_share >= 0 && verify_share <= 1)) {
      return absl::InvalidArgumentError("--verify_share: must be from 0 to 1");
    }
    return absl::OkStatus();
  }

  int connections() const {
    if (max_queries > 0) return max_queries;
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 2, 8);
  }
};

}  // namespace donut::query
