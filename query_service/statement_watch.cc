#include "query_service/statement_watch.h"

#include <utility>

namespace donut::query {

StatementWatch::StatementWatch(absl::Duration period) : period_(period), thread_([this] { Run(); }) {}

StatementWatch::~StatementWatch() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

void StatementWatch::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    for (Call& call : calls_) {
      if (call.cancelled || !call.abandoned()) continue;
      call.cancelled = true;
      // Under the lock, so that the statement's owner cannot go on to the next one meanwhile.
      call.cancel();
    }
    wake_.WaitFor(mutex_, period_);
  }
}

StatementWatch::Watched::Watched(StatementWatch* watch, std::function<bool()> abandoned,
                                 std::function<void()> cancel)
    : watch_(watch) {
  MutexLock lock(watch_->mutex_);
  call_ = watch_->calls_.insert(watch_->calls_.end(), {std::move(abandoned), std::move(cancel)});
}

bool StatementWatch::Watched::End() {
  if (ended_) return cancelled_;
  MutexLock lock(watch_->mutex_);
  ended_ = true;
  cancelled_ = call_->cancelled;
  watch_->calls_.erase(call_);
  return cancelled_;
}

}  // namespace donut::query
