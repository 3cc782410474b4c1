// The cells of retention out of histories: the fold, and its segments put together. No state; thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "query_service/engine.h"
#include "query_service/metrics/retention/retention_counts.h"
#include "query_service/metrics/retention/retention_question.h"

namespace donut::query {

absl::StatusOr<RetentionCounts> RetentionByHistory(const RetentionQuestion& question, HistoryRun& run);

// What the questions about retention and about its actors have in common: start events are the first
// predicate, return events the second.
EventQuestion RetentionEvents(const RetentionQuestion& question);

}  // namespace donut::query
