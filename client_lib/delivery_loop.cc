#include "client_lib/delivery_loop.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/random_bytes.h"

namespace donut {
namespace {

// After the end of Shutdown's time, for the cancelled stream to go away.
constexpr absl::Duration kCancelGrace = absl::Milliseconds(200);

// A clock that never goes back; its origin means nothing.
absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

// Puts what the transport tells where the loop's thread finds it.
class DeliveryLoop::Observer : public TransportObserver {
 public:
  Observer(std::shared_ptr<Shared> shared, int64_t stream) : shared_(std::move(shared)), stream_(stream) {}
  void OnWritten() override { Put({Arrival::Kind::kWritten, stream_, "", absl::OkStatus()}); }
  void OnMessage(std::string bytes) override {
    Put({Arrival::Kind::kMessage, stream_, std::move(bytes), absl::OkStatus()});
  }
  void OnClosed(const absl::Status& status) override { Put({Arrival::Kind::kClosed, stream_, "", status}); }

 private:
  void Put(Arrival arrival) {
    MutexLock lock(shared_->mutex);
    shared_->arrivals.push_back(std::move(arrival));
    shared_->work.NotifyOne();
  }
  const std::shared_ptr<Shared> shared_;
  const int64_t stream_;
};

absl::StatusOr<std::unique_ptr<DeliveryLoop>> DeliveryLoop::Start(DeliveryLoopOptions options,
                                                                  std::unique_ptr<Transport> transport) {
  if (!options.session.random_bytes) options.session.random_bytes = RandomBytes;
  std::unique_ptr<DeliveryLoop> loop(new DeliveryLoop(std::move(options), std::move(transport)));
  try {
    loop->thread_ = std::thread([raw = loop.get()] { raw->Run(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("no thread could be started: ", error.what()));
  }
  return loop;
}

DeliveryLoop::DeliveryLoop(DeliveryLoopOptions options, std::unique_ptr<Transport> transport)
    : options_(std::move(options)),
      transport_(std::move(transport)),
      shared_(std::make_shared<Shared>()),
      queue_(options_.queue),
      session_(options_.session, &queue_) {}

DeliveryLoop::~DeliveryLoop() {
  if (thread_.joinable()) Shutdown(absl::ZeroDuration());
}

// --- The loop's thread.

void DeliveryLoop::Run() {
  {
    MutexLock lock(shared_->mutex);
    loop_thread_ = std::this_thread::get_id();
  }
  while (RunOnce()) {
  }
  EndStream();
  DeliveryNews news;
  {
    MutexLock lock(shared_->mutex);
    news = session_.TakeNews();
    if (const int64_t left = queue_.queued_events(); left > 0) {
      news.dropped += left;
      news.warning = absl::StrCat(left, " events were not acknowledged when the time to shut down was over");
    }
  }
  if (!news.empty()) Report(news);
  MutexLock lock(shared_->mutex);
  finished_ = true;
  shared_->progress.NotifyAll();
}

bool DeliveryLoop::RunOnce() {
  DeliverySession::Action action;
  DeliveryNews news;
  bool go_on = true;
  {
    MutexLock lock(shared_->mutex);
    action = AwaitAction();
    news = session_.TakeNews();
    go_on = !abandoned_ && action.kind != DeliverySession::Action::Kind::kDone;
    if (waiting_callers_ > 0) shared_->progress.NotifyAll();
  }
  if (go_on) Perform(std::move(action));
  if (!news.empty()) Report(news);
  return go_on;
}

// Waits until there is something to do or to report.
DeliverySession::Action DeliveryLoop::AwaitAction() {
  while (true) {
    const absl::Time now = SteadyNow();
    const bool arrived = !shared_->arrivals.empty();
    TakeArrivals(now);
    auto action = session_.Next(now);
    if (action.kind != DeliverySession::Action::Kind::kWait || arrived || abandoned_) return action;
    wake_events_ = action.wake_events;
    wake_bytes_ = action.wake_bytes;
    if (action.until == absl::InfiniteFuture()) {
      shared_->work.Wait(shared_->mutex);
    } else {
      shared_->work.WaitFor(shared_->mutex, action.until - now);
    }
    wake_events_ = DeliverySession::kNever;
    wake_bytes_ = DeliverySession::kNever;
  }
}

void DeliveryLoop::TakeArrivals(absl::Time now) {
  while (!shared_->arrivals.empty()) {
    const Arrival arrival = std::move(shared_->arrivals.front());
    shared_->arrivals.pop_front();
    if (arrival.stream != stream_) continue;
    switch (arrival.kind) {
      case Arrival::Kind::kWritten:
        session_.OnWritten();
        break;
      case Arrival::Kind::kMessage:
        session_.OnMessage(arrival.bytes, now);
        break;
      case Arrival::Kind::kClosed:
        stream_open_ = false;
        session_.OnClosed(arrival.status, now);
        break;
    }
  }
}

void DeliveryLoop::Perform(DeliverySession::Action action) {
  switch (action.kind) {
    case DeliverySession::Action::Kind::kOpen: {
      std::shared_ptr<Observer> observer;
      {
        MutexLock lock(shared_->mutex);
        stream_open_ = true;
        observer = std::make_shared<Observer>(shared_, ++stream_);
      }
      stream_handle_ = transport_->Open(std::move(observer));
      break;
    }
    case DeliverySession::Action::Kind::kWrite:
      stream_handle_->Write(std::move(action.bytes));
      break;
    case DeliverySession::Action::Kind::kCancel:
      stream_handle_->Cancel();
      break;
    case DeliverySession::Action::Kind::kWait:
    case DeliverySession::Action::Kind::kDone:
      break;
  }
}

void DeliveryLoop::Report(const DeliveryNews& news) {
  if (!options_.on_news) return;
  try {
    options_.on_news(news);
  } catch (...) {
    // A callback that throws must not end the program.
  }
}

// Leaves no open stream behind, as far as that goes quickly.
void DeliveryLoop::EndStream() {
  if (stream_handle_ == nullptr) return;
  stream_handle_->Cancel();
  {
    MutexLock lock(shared_->mutex);
    const absl::Time deadline = SteadyNow() + kCancelGrace;
    for (absl::Time now = SteadyNow(); stream_open_ && now < deadline; now = SteadyNow()) {
      TakeArrivals(now);
      if (stream_open_) shared_->work.WaitFor(shared_->mutex, deadline - now);
    }
  }
  stream_handle_.reset();
}

// --- Callers.

TrackOutcome DeliveryLoop::Track(size_t bytes, absl::FunctionRef<void(char*)> write, WhenFull when_full,
                                 absl::Duration block_timeout) {
  MutexLock lock(shared_->mutex);
  if (closing_) return TrackOutcome::kShutDown;
  char* place = queue_.AppendEvent(bytes);
  if (place == nullptr && when_full == WhenFull::kDropOldest) {
    for (int64_t dropped = queue_.DropOldest(); dropped > 0; dropped = queue_.DropOldest()) {
      counters_.dropped_oldest += dropped;
      place = queue_.AppendEvent(bytes);
      if (place != nullptr) break;
    }
  }
  if (place == nullptr && when_full == WhenFull::kBlock && std::this_thread::get_id() != loop_thread_) {
    const absl::Time deadline = SteadyNow() + block_timeout;
    bool in_time = true;
    while (place == nullptr && !closing_ && in_time) {
      in_time = AwaitProgress(deadline);
      if (!closing_) place = queue_.AppendEvent(bytes);
    }
    if (place == nullptr && closing_) return TrackOutcome::kShutDown;
  }
  if (place == nullptr) {
    queue_.AppendSkipped(1, v1::SKIP_REASON_QUEUE_FULL);
    ++counters_.dropped_newest;
    return TrackOutcome::kQueueFull;
  }
  write(place);
  ++counters_.enqueued;
  WakeIfWorthIt();
  return TrackOutcome::kTaken;
}

void DeliveryLoop::CountInvalid() {
  MutexLock lock(shared_->mutex);
  ++counters_.invalid;
}

void DeliveryLoop::WakeIfWorthIt() {
  if (queue_.unsent_count() < wake_events_ && queue_.unsent_bytes() < wake_bytes_) return;
  wake_events_ = DeliverySession::kNever;
  wake_bytes_ = DeliverySession::kNever;
  shared_->work.NotifyOne();
}

// Waits for a sign of progress; false when `deadline` passed first.
bool DeliveryLoop::AwaitProgress(absl::Time deadline) {
  const absl::Time now = SteadyNow();
  if (now >= deadline) return false;
  ++waiting_callers_;
  shared_->progress.WaitFor(shared_->mutex, deadline - now);
  --waiting_callers_;
  return true;
}

absl::Status DeliveryLoop::Ended() const {
  if (!session_.terminal_status().ok()) return session_.terminal_status();
  if (closing_) return absl::CancelledError("stopped");
  return absl::OkStatus();
}

absl::Status DeliveryLoop::terminal_status() const {
  MutexLock lock(shared_->mutex);
  return session_.terminal_status();
}

absl::Status DeliveryLoop::AwaitWelcome(absl::Duration timeout) {
  MutexLock lock(shared_->mutex);
  const absl::Time deadline = SteadyNow() + timeout;
  while (true) {
    if (absl::Status ended = Ended(); !ended.ok()) return ended;
    if (session_.welcomed()) return absl::OkStatus();
    if (AwaitProgress(deadline)) continue;
    return absl::UnavailableError(absl::StrCat("no collector answered within ", absl::FormatDuration(timeout),
                                               ": ", session_.last_failure().ToString()));
  }
}

absl::Status DeliveryLoop::AwaitRoom(absl::FunctionRef<bool()> append) {
  while (true) {
    if (absl::Status ended = Ended(); !ended.ok()) return ended;
    if (append()) return absl::OkStatus();
    AwaitProgress(absl::InfiniteFuture());
  }
}

absl::Status DeliveryLoop::AppendEvent(size_t bytes, absl::FunctionRef<void(char*)> write,
                                       const std::string& bookmark) {
  MutexLock lock(shared_->mutex);
  char* place = nullptr;
  absl::Status room = AwaitRoom([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    place = queue_.AppendEvent(bytes);
    return place != nullptr;
  });
  if (!room.ok()) return room;
  write(place);
  queue_.SetBookmark(bookmark);
  WakeIfWorthIt();
  return absl::OkStatus();
}

absl::Status DeliveryLoop::AppendUnparsed(const v1::Unparsed& unparsed, const std::string& bookmark) {
  MutexLock lock(shared_->mutex);
  absl::Status room =
      AwaitRoom([&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return queue_.AppendUnparsed(unparsed); });
  if (!room.ok()) return room;
  queue_.SetBookmark(bookmark);
  WakeIfWorthIt();
  return absl::OkStatus();
}

absl::Status DeliveryLoop::AppendSkipped(int64_t count, v1::SkipReason reason) {
  MutexLock lock(shared_->mutex);
  if (absl::Status ended = Ended(); !ended.ok()) return ended;
  queue_.AppendSkipped(count, reason);
  WakeIfWorthIt();
  return absl::OkStatus();
}

int64_t DeliveryLoop::committed_at_opening() const {
  MutexLock lock(shared_->mutex);
  return session_.committed_at_opening();
}

std::string DeliveryLoop::bookmark_at_opening() const {
  MutexLock lock(shared_->mutex);
  return session_.bookmark_at_opening();
}

int64_t DeliveryLoop::bookmark_sequence_at_opening() const {
  MutexLock lock(shared_->mutex);
  return session_.bookmark_sequence_at_opening();
}

bool DeliveryLoop::Flush(absl::Duration timeout) {
  MutexLock lock(shared_->mutex);
  if (std::this_thread::get_id() == loop_thread_) return false;
  const absl::Time deadline = SteadyNow() + timeout;
  const int64_t through = queue_.taken_total();
  session_.Flush(SteadyNow());
  shared_->work.NotifyOne();
  while (queue_.decided_total() < through && !finished_) {
    if (!AwaitProgress(deadline)) break;
  }
  return queue_.decided_total() >= through;
}

bool DeliveryLoop::Shutdown(absl::Duration timeout, bool only_if_answered) {
  bool join = false;
  {
    MutexLock lock(shared_->mutex);
    if (std::this_thread::get_id() == loop_thread_) return false;
    const absl::Time deadline = SteadyNow() + timeout;
    if (!closing_) {
      closing_ = true;
      session_.Close(SteadyNow(), only_if_answered);
      shared_->work.NotifyOne();
      shared_->progress.NotifyAll();  // callers that wait for room
    }
    while (!finished_ && AwaitProgress(deadline)) {
    }
    abandoned_ = true;
    shared_->work.NotifyOne();
    join = !std::exchange(joined_, true);
  }
  if (join) thread_.join();
  MutexLock lock(shared_->mutex);
  return queue_.empty();
}

ClientCounters DeliveryLoop::counters() const {
  MutexLock lock(shared_->mutex);
  ClientCounters counters = counters_;
  const DeliverySession::Counters& session = session_.counters();
  counters.acknowledged = session.acknowledged;
  counters.rejected = session.rejected;
  counters.dropped_poisonous = session.poisonous;
  counters.dropped_in_doubt = session.in_doubt;
  counters.streams_opened = session.streams_opened;
  counters.retried = queue_.resent_events();
  if (finished_) {
    counters.dropped_at_shutdown = queue_.queued_events();
  } else {
    counters.queued_events = queue_.queued_events();
    counters.queued_bytes = static_cast<int64_t>(queue_.queued_bytes());
  }
  counters.connected = session_.connected() && !finished_;
  return counters;
}

int64_t DeliveryLoop::first_undecided() const {
  MutexLock lock(shared_->mutex);
  return queue_.first_undecided();
}

int64_t DeliveryLoop::next_sequence() const {
  MutexLock lock(shared_->mutex);
  return queue_.next_sequence();
}

}  // namespace donut
