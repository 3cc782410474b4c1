// Shares and their confidence. No state.
#pragma once

#include <cstdint>
#include <optional>

#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::query {

// part / whole with its Wilson 95 % interval: for a share of distinct actors.
// Nothing when `whole` is 0. Needs 0 <= part <= whole.
std::optional<v1::Rate> ShareOf(int64_t part, int64_t whole);

// Sets the field that `mutable_rate` gives access to, or leaves it absent:
// SetRate(ShareOf(3, 7), [&] { return row.mutable_share(); });
template <typename MutableRate>
void SetRate(const std::optional<v1::Rate>& rate, const MutableRate& mutable_rate) {
  if (rate) *mutable_rate() = *rate;
}

}  // namespace donut::query
