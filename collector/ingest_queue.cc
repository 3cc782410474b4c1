#include "collector/ingest_queue.h"

#include <utility>

#include "collector/measured_sink.h"
#include "common/grpc_status.h"
#include "common/log.h"

namespace donut::collector {
namespace {

// Within this time after a failure callers hear at once that the database is away, without another try.
constexpr absl::Duration kAwayMemory = absl::Milliseconds(200);
constexpr absl::Duration kQueueRetryDelay = absl::Seconds(1);
constexpr int kFailureLinesPerMinute = 10;

absl::Status DatabaseAway() {
  return WithRetryDelay(absl::UnavailableError("the database is away; nothing was stored, try again"),
                        kQueueRetryDelay);
}

absl::Status QueueGoingDown() {
  return WithRetryDelay(
      absl::UnavailableError("the collector is going down; connect again, elsewhere or later"),
      kQueueRetryDelay);
}

absl::Status NotWanted() {
  return WithRetryDelay(
      absl::UnavailableError("the stream ended before its Hello was answered; connect again"),
      kQueueRetryDelay);
}

absl::Status TooManyHellos() {
  return WithRetryDelay(
      absl::UnavailableError("too many streams wait for their Hello's answer; connect again later"),
      kQueueRetryDelay);
}

HelloOutcome OutcomeOf(const absl::StatusOr<HelloAnswer>& answer) {
  if (!answer.ok()) return HelloOutcome::kUnavailable;
  switch (answer->verdict) {
    case HelloVerdict::kUnknownProducer:
      return HelloOutcome::kUnknownProducer;
    case HelloVerdict::kForeignEpoch:
      return HelloOutcome::kForeignEpoch;
    case HelloVerdict::kCreate:
    case HelloVerdict::kGrant:
      break;
  }
  return HelloOutcome::kGranted;
}

}  // namespace

IngestQueue::IngestQueue(IngestQueueOptions options, const Clock* clock, const SinkFactory& make_sink)
    : options_(options), clock_(clock), failure_log_(kFailureLinesPerMinute), chooser_(options.lanes) {
  for (int i = 0; i < options_.lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>(options_.group));
    lanes_.back()->sink = std::make_unique<MeasuredSink>(make_sink(i), &metrics_, clock_);
  }
  for (auto& lane : lanes_) lane->thread = std::thread([this, lane = lane.get()] { Run(*lane); });
}

IngestQueue::~IngestQueue() { Stop(false); }

void IngestQueue::Drain() { Stop(true); }

void IngestQueue::Stop(bool drain) {
  stopped_ = true;
  for (auto& lane : lanes_) {
    MutexLock lock(lane->mutex);
    lane->draining = true;
    lane->stopping = lane->stopping || !drain;
    lane->wake.NotifyAll();
  }
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
}

absl::Status IngestQueue::CheckAvailable() const {
  if (stopped_) return QueueGoingDown();
  if (absl::ToUnixMicros(clock_->Now()) < away_until_us_) return DatabaseAway();
  return absl::OkStatus();
}

void IngestQueue::Submit(HelloClaim claim, std::function<void(absl::StatusOr<HelloAnswer>)> done,
                         std::function<bool()> still_wanted) {
  LaneChooser::Pin pin = chooser_.Choose(claim.project_id, claim.producer_id);
  Lane& lane = *lanes_[pin.lane()];
  absl::Status refusal = QueueGoingDown();
  {
    MutexLock lock(lane.mutex);
    const bool full = lane.queue.hello_count() >= options_.max_waiting_hellos;
    if (!lane.draining && !full) {
      lane.queue.Add(
          WaitingHello{std::move(claim), std::move(done), std::move(still_wanted), std::move(pin)});
      lane.wake.NotifyAll();
      return;
    }
    if (!lane.draining) refusal = TooManyHellos();
  }
  metrics_.Count(HelloOutcome::kUnavailable);
  done(std::move(refusal));
}

void IngestQueue::Submit(const std::string& key, StagedPiece piece, std::function<void(PieceResult)> done) {
  LaneChooser::Pin pin = chooser_.Choose(piece.project_id, key);
  Lane& lane = *lanes_[pin.lane()];
  {
    MutexLock lock(lane.mutex);
    if (!lane.draining) {
      const size_t bytes = piece.MemoryBytes();
      staged_bytes_ += bytes;
      lane.queue.Add(WaitingPiece{std::move(piece), bytes, std::move(done), clock_->Now(), std::move(pin)});
      lane.wake.NotifyAll();
      return;
    }
  }
  PieceResult result;
  result.status = QueueGoingDown();
  done(std::move(result));
}

std::optional<RoomTicket> IngestQueue::WaitForRoom(std::function<void()> resume) {
  MutexLock lock(line_mutex_);
  if (HasRoom()) return std::nullopt;
  line_.emplace(++last_ticket_, std::move(resume));
  return last_ticket_;
}

bool IngestQueue::LeaveLine(RoomTicket ticket) {
  MutexLock lock(line_mutex_);
  return line_.erase(ticket) > 0;
}

size_t IngestQueue::waiting_for_room() const {
  MutexLock lock(line_mutex_);
  return line_.size();
}

void IngestQueue::ReleaseBytes(size_t bytes) {
  size_t room = 0;
  {
    // Under the lock, so that nobody joins the line just after it was looked at.
    MutexLock lock(line_mutex_);
    staged_bytes_ -= bytes;
    const size_t staged = staged_bytes_;
    if (staged < options_.max_staged_bytes) room = options_.max_staged_bytes - staged;
  }
  // As many as there may be batches of full size: those who find no room wait again.
  constexpr size_t kUsualBatchBytes = 1 << 20;
  ResumeWaiters((room + kUsualBatchBytes - 1) / kUsualBatchBytes);
}

void IngestQueue::PassRoomOn() {
  // Without room it is the next ReleaseBytes() that goes on.
  if (HasRoom()) ResumeWaiters(1);
}

void IngestQueue::ResumeWaiters(size_t count) {
  std::vector<std::function<void()>> resumed;
  {
    MutexLock lock(line_mutex_);
    for (; count > 0 && !line_.empty(); --count) {
      resumed.push_back(std::move(line_.begin()->second));
      line_.erase(line_.begin());
    }
  }
  for (auto& resume : resumed) resume();
}

void IngestQueue::Answer(WaitingHello& hello, absl::StatusOr<HelloAnswer> answer) {
  metrics_.Count(OutcomeOf(answer));
  hello.done(std::move(answer));
}

void IngestQueue::Finish(WaitingPiece& waiting, PieceResult result) {
  Count(waiting, result);
  waiting.done(std::move(result));
}

void IngestQueue::Count(const WaitingPiece& waiting, const PieceResult& result) {
  // Of a piece that was given up, a part may be stored and rejected already.
  metrics_.events_stored.Add(result.stored_count);
  for (const v1::Rejection& rejection : result.rejections) metrics_.events_rejected.Add(rejection.reason());
  if (!result.status.ok()) {
    metrics_.batches_given_up.Add();
    return;
  }
  metrics_.acknowledgement.Observe(clock_->Now() - waiting.since);
  const StagedPiece& piece = waiting.piece;
  const bool moved = result.verdict == PieceVerdict::kMoves;
  if (!moved && result.verdict != PieceVerdict::kAlreadyCommitted) return;
  if (moved && piece.skip_reason != v1::SKIP_REASON_UNSPECIFIED) {
    metrics_.events_skipped.Add(piece.skip_reason, piece.last - piece.first + 1);
  }
  metrics_.events_duplicate.Add(EventsIn(piece, piece.first, piece.last) - result.stored_count -
                                static_cast<int64_t>(result.rejections.size()));
}

void IngestQueue::AddMetrics(MetricPage& page) const {
  metrics_.AddTo(page);
  page.AddGauge("donut_collector_staged_bytes", "Bytes of events that wait for COMMIT.",
                static_cast<double>(staged_bytes()));
  page.AddGauge("donut_collector_staged_bytes_limit", "Above it streams are not read and calls are refused.",
                static_cast<double>(options_.max_staged_bytes));
  page.AddGauge("donut_collector_streams_waiting",
                "Streams that wait in line because the staged bytes are full.",
                static_cast<double>(waiting_for_room()));
  page.AddGauge("donut_collector_lanes", "Lanes, each of which commits one group at a time.", options_.lanes);
}

void IngestQueue::RememberAway(absl::Duration wait) {
  away_until_us_ = absl::ToUnixMicros(clock_->Now() + wait + kAwayMemory);
}

void IngestQueue::OnAway(Lane& lane, absl::Duration wait) {
  RememberAway(wait);
  std::vector<WaitingHello> hellos;
  std::vector<WaitingPiece> unary;
  {
    MutexLock lock(lane.mutex);
    hellos = lane.queue.TakeHellos();
    unary = lane.queue.TakeUnary();
  }
  for (WaitingHello& hello : hellos) Answer(hello, DatabaseAway());
  for (WaitingPiece& waiting : unary) {
    PieceResult result;
    result.status = DatabaseAway();
    Finish(waiting, std::move(result));
    ReleaseBytes(waiting.bytes);
  }
}

bool IngestQueue::WaitInLane(Lane& lane, absl::Duration wait) {
  MutexLock lock(lane.mutex);
  const absl::Time until = clock_->Now() + wait;
  while (!lane.draining) {
    const absl::Duration left = until - clock_->Now();
    if (left <= absl::ZeroDuration()) return true;
    lane.wake.WaitFor(lane.mutex, left);
  }
  return false;
}

void IngestQueue::LogFailure(const absl::Status& why) {
  if (const std::optional<int64_t> held_back = failure_log_.Pass(clock_->Now())) {
    Log(Severity::kWarning, "a commit failed",
        {{"code", absl::StatusCodeToString(why.code())},
         {"error", std::string(why.message())},
         {"not_logged_before", *held_back}});
  }
}

void IngestQueue::CommitGroup(Lane& lane, GroupCommitter& committer) {
  std::vector<WaitingPiece> group;
  {
    MutexLock lock(lane.mutex);
    group = lane.queue.TakeGroup(clock_->Now());
  }
  std::vector<const StagedPiece*> pieces;
  size_t bytes = 0;
  for (const WaitingPiece& waiting : group) {
    pieces.push_back(&waiting.piece);
    bytes += waiting.bytes;
  }
  bool away = false;
  committer.Commit(pieces, [&](size_t index, PieceResult result) {
    if (result.status.code() == absl::StatusCode::kUnavailable) {
      // Before the caller hears of it and comes again.
      RememberAway(absl::ZeroDuration());
      away = true;
    }
    Finish(group[index], std::move(result));
  });
  group.clear();
  ReleaseBytes(bytes);
  if (away) OnAway(lane, absl::ZeroDuration());
}

void IngestQueue::Run(Lane& lane) {
  GroupCommitter committer(lane.sink.get(), options_.commit,
                           {.now = [this] { return clock_->Now(); },
                            .wait = [&](absl::Duration wait) { return WaitInLane(lane, wait); },
                            .on_away = [&](absl::Duration wait) { OnAway(lane, wait); },
                            .on_failure = [this](const absl::Status& why) { LogFailure(why); }});
  while (true) {
    WaitingHello hello;
    LaneQueue::Next next;
    {
      MutexLock lock(lane.mutex);
      absl::Duration wait;
      while (true) {
        next = lane.queue.Decide(clock_->Now(), lane.draining, wait);
        if (next != LaneQueue::Next::kWait || lane.draining) break;
        lane.wake.WaitFor(lane.mutex, wait);
      }
      if (lane.stopping || next == LaneQueue::Next::kWait) break;
      if (next == LaneQueue::Next::kHello) hello = lane.queue.TakeHello();
    }
    if (next == LaneQueue::Next::kGroup) {
      CommitGroup(lane, committer);
      continue;
    }
    if (hello.still_wanted && !hello.still_wanted()) {
      Answer(hello, NotWanted());
      continue;
    }
    absl::StatusOr<HelloAnswer> answer = lane.sink->Grant(hello.claim);
    const bool away = answer.status().code() == absl::StatusCode::kUnavailable;
    if (away) {
      LogFailure(answer.status());
      RememberAway(absl::ZeroDuration());
      answer = DatabaseAway();
    }
    Answer(hello, std::move(answer));
    if (away) OnAway(lane, absl::ZeroDuration());
  }
  lane.sink->Close();
}

}  // namespace donut::collector
