// Page tokens: where the next page begins, bound to the request that made them.
// A token is opaque, holds nothing secret and is not signed: what a forged one can
// do, a request can do as well. No state; thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "query_service/query_scope.h"

namespace donut::query {

struct Page {
  // Where to go on, as the metric wrote it; empty on the first page.
  std::string position;
  // The caller's, with the first page's `now`: all pages see as of the same moment.
  QueryContext context;
};

// `request` has the field `page_token`; all its other fields must be as they were
// when the token was made.
absl::StatusOr<Page> ReadPageToken(const google::protobuf::Message& request, const std::string& token,
                                   const QueryContext& context);
std::string MakePageToken(const google::protobuf::Message& request, const QueryContext& context,
                          const std::string& position);
absl::Status InvalidPageToken();

// 0 is the default; INVALID_ARGUMENT below 0 and above `most`.
absl::StatusOr<int64_t> ResolvePageSize(int32_t page_size, int standard, int most);

}  // namespace donut::query
