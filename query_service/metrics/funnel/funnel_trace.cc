#include "query_service/metrics/funnel/funnel_trace.h"

namespace donut::query {

template <bool kExplains>
bool FunnelTrace<kExplains>::IsBetterStart(const FunnelAttempt& a, const FunnelAttempt& b, int length) const {
  const auto time = [this](uint32_t event) { return events_.time_us(event); };
  if (time(a[0]) != time(b[0])) return time(a[0]) > time(b[0]);
  const auto count = static_cast<size_t>(length);
  for (size_t i = 1; i < count; ++i) {
    if (time(a[i]) != time(b[i])) return time(a[i]) < time(b[i]);
  }
  const auto place = [this](uint32_t event) { return events_.place(event); };
  if (a[0] != b[0]) return place(a[0]) > place(b[0]);
  for (size_t i = 1; i < count; ++i) {
    if (a[i] != b[i]) return place(a[i]) < place(b[i]);
  }
  return false;
}

template <bool kExplains>
bool FunnelTrace<kExplains>::IsTimedRatherThan(const FunnelAttempt& a, const FunnelAttempt& b,
                                               int length) const {
  const auto time = [this](uint32_t event) { return events_.time_us(event); };
  const auto count = static_cast<size_t>(length);
  const uint32_t end = a[count - 1];
  const uint32_t other_end = b[count - 1];
  if (time(end) != time(other_end)) return time(end) < time(other_end);
  // Places come last, the end's among them first, so times alone are compared before.
  for (size_t i = 0; i < count; ++i) {
    if (time(a[i]) != time(b[i])) return IsBetterStart(a, b, length);
  }
  if (end != other_end) return events_.place(end) < events_.place(other_end);
  return IsBetterStart(a, b, length);
}

template <bool kExplains>
bool FunnelTrace<kExplains>::StillOpen() const {
  if (length_ == plan_.step_count || !plan_.may_go_on) return false;
  uint32_t begin = 0;
  for (const uint32_t end : events_.group_ends()) {
    for (uint32_t i = end; i > begin && events_.time_us(i - 1) + plan_.window_us > plan_.as_of_us; --i) {
      if (events_.IsEntry(i - 1)) return true;
    }
    begin = end;
  }
  return false;
}

template class FunnelTrace<true>;
template class FunnelTrace<false>;

}  // namespace donut::query
