// ListEventNames: docs/metrics/event_names.md. No state; thread-safe.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/statusor.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/event_names.pb.h"
#include "query_service/query_scope.h"

namespace donut::query {

inline constexpr int kDefaultEventNamesPageSize = 100;
inline constexpr int kMaxEventNamesPageSize = 1'000;

absl::StatusOr<v1::ListEventNamesResponse> EventNames(const v1::ListEventNamesRequest& request,
                                                      const QueryContext& context,
                                                      pqxx::transaction_base& transaction);

}  // namespace donut::query
