// The events of the benchmarks: made up, the same at each run, and like real ones in length and
// kind: time, user, session, two or three properties, some texts that are not ASCII. All texts are made
// beforehand, so that tracking one costs little more than Track; how much more, tracking to a NoTracker
// tells. Immutable, so thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "donut/client.h"

namespace donut::bench {

// The prefix of users that a collector has met before it is measured.
inline constexpr char kKnownUsers[] = "known";

// Takes everything and does nothing with it.
class NoTracker final : public Tracker {
 public:
  TrackResult Track(std::string_view event_name, std::string_view user_id,
                    std::span<const Property> properties, const TrackOptions& options) noexcept override;
};

class EventSource {
 public:
  static constexpr int kEventsPerUser = 10;

  // For `count` events of count / kEventsPerUser users whose ids start with `user_prefix`. Their times go
  // from an hour ago to now.
  EventSource(const std::string& user_prefix, int64_t count);

  int64_t count() const { return count_; }
  // Event number `index`, from 0. In each 1,000 events in a row 100 users appear, each ten times.
  TrackResult Track(Tracker& tracker, int64_t index) const;

 private:
  const int64_t count_;
  const absl::Time first_time_;
  const absl::Duration step_;
  std::vector<std::string> users_;
  std::vector<std::string> sessions_;
};

}  // namespace donut::bench
