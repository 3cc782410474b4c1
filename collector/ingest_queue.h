// Many streams into one commit: lanes, each a thread with a sink of its own and one
// group in flight. A producer keeps its lane while it has work there (lane_chooser.h), so what it sends stays
// in order. Bounded in bytes: above the bound HasRoom() is false, and streams are no longer read but wait in
// line. Thread-safe; callbacks run on lane threads and must not block.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "collector/collector_metrics.h"
#include "collector/group_committer.h"
#include "collector/lane_queue.h"
#include "collector/log_gate.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace donut::collector {

struct IngestQueueOptions {
  int lanes = 2;
  // Flat bytes that wait or are being committed, all lanes together.
  size_t max_staged_bytes = 64 << 20;
  // Hellos that wait in a lane; one more is refused with UNAVAILABLE.
  size_t max_waiting_hellos = 1'000;
  GroupLimits group;
  CommitLimits commit;
};

// A place in the line for room.
using RoomTicket = int64_t;

class IngestQueue {
 public:
  using SinkFactory = std::function<std::unique_ptr<EventSink>(int lane)>;

  // Starts the lanes.
  IngestQueue(IngestQueueOptions options, const Clock* clock, const SinkFactory& make_sink);
  // Stops without committing what still waits; Drain() first for an orderly end.
  ~IngestQueue();

  // UNAVAILABLE, with how long to wait, when a caller should not queue up: the database
  // was just found away, or the collector is going down.
  absl::Status CheckAvailable() const;

  // `done` is called once, also with an error. `key` names the producer within its project.
  // `still_wanted` is asked right before the grant: a Hello that nobody waits for any more must not
  // fence a newer stream. Empty: always.
  void Submit(HelloClaim claim, std::function<void(absl::StatusOr<HelloAnswer>)> done,
              std::function<bool()> still_wanted = {});
  void Submit(const std::string& key, StagedPiece piece, std::function<void(PieceResult)> done);

  bool HasRoom() const { return staged_bytes_ < options_.max_staged_bytes; }
  size_t staged_bytes() const { return staged_bytes_; }
  // Takes a place in the line for room; `resume` is called once when it is its turn. Nullopt, and no
  // call, when there is room now. A waiter that ends leaves the line. One that is resumed and then
  // stages nothing passes the room on; else those behind it could wait for ever.
  std::optional<RoomTicket> WaitForRoom(std::function<void()> resume);
  // False when it is not in the line any more: then `resume` was or will be called.
  bool LeaveLine(RoomTicket ticket);
  void PassRoomOn();
  size_t waiting_for_room() const;

  // Commits what waits without further delay, then stops the lanes. What comes after is refused
  // with UNAVAILABLE.
  void Drain();

  // What the whole collector counts (collector_metrics.h): the streams and calls, too, count here.
  CollectorMetrics& metrics() { return metrics_; }
  // With what the queue holds now.
  void AddMetrics(MetricPage& page) const;

 private:
  struct Lane {
    explicit Lane(GroupLimits limits) : queue(limits) {}
    Mutex mutex;
    ConditionVariable wake;
    LaneQueue queue ABSL_GUARDED_BY(mutex);
    bool draining ABSL_GUARDED_BY(mutex) = false;
    bool stopping ABSL_GUARDED_BY(mutex) = false;
    std::unique_ptr<EventSink> sink;  // of the lane's thread
    std::thread thread;
  };

  void Run(Lane& lane);
  void CommitGroup(Lane& lane, GroupCommitter& committer);
  void Answer(WaitingHello& hello, absl::StatusOr<HelloAnswer> answer);
  void Finish(WaitingPiece& waiting, PieceResult result);
  void Count(const WaitingPiece& waiting, const PieceResult& result);
  void RememberAway(absl::Duration wait);
  // The database is away: answers those who wait for it, and those who come until `wait` has passed.
  void OnAway(Lane& lane, absl::Duration wait);
  bool WaitInLane(Lane& lane, absl::Duration wait);
  void ReleaseBytes(size_t bytes);
  // The first `count` in the line go on.
  void ResumeWaiters(size_t count);
  void LogFailure(const absl::Status& why);
  void Stop(bool drain);

  const IngestQueueOptions options_;
  const Clock* const clock_;
  LogGate failure_log_;
  CollectorMetrics metrics_;  // before the lanes, whose sinks count
  LaneChooser chooser_;       // outlives what waits in the lanes
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<size_t> staged_bytes_ = 0;
  std::atomic<int64_t> away_until_us_ = 0;
  std::atomic<bool> stopped_ = false;
  mutable Mutex line_mutex_;
  RoomTicket last_ticket_ ABSL_GUARDED_BY(line_mutex_) = 0;
  // In order of arrival.
  std::map<RoomTicket, std::function<void()>> line_ ABSL_GUARDED_BY(line_mutex_);
};

}  // namespace donut::collector
