#include "client_lib/delivery_loop.h"

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client_lib/steady_now.h"
#include "common/random_bytes.h"

namespace donut {
namespace {

// After the end of Shutdown's time, for the cancelled stream to go away.
constexpr absl::Duration kCancelGrace = absl::Milliseconds(200);

thread_local const DeliveryLoop* loop_of_this_thread = nullptr;

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
    {
      MutexLock lock(shared_->mutex);
      shared_->arrivals.push_back(std::move(arrival));
    }
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

const DeliveryLoop* DeliveryLoop::OfThisThread() { return loop_of_this_thread; }

void DeliveryLoop::Run() {
  loop_of_this_thread = this;
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
    TellWaitingCallers();
  }
  if (go_on) Perform(action);
  if (!news.empty()) Report(news);
  return go_on;
}

// Not for every message that left: a caller that waits for room would look in vain.
void DeliveryLoop::TellWaitingCallers() {
  const int64_t decided = std::exchange(told_decided_, queue_.decided_total());
  const int64_t streams = std::exchange(told_streams_, session_.counters().streams_opened);
  if (waiting_callers_ == 0) return;
  if (told_decided_ == decided && told_streams_ == streams && !session_.done()) return;
  shared_->progress.NotifyAll();
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

void DeliveryLoop::Perform(const DeliverySession::Action& action) {
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
      // Joined here: the lock is not held while the bytes are copied.
      stream_handle_->Write(action.message.Join());
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

}  // namespace donut
