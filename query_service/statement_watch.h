// Ends statements that nobody waits for any more: the caller hung up, or its
// deadline passed. One thread looks at all running calls a few times a second,
// because the synchronous gRPC API tells of neither. Thread-safe.
#pragma once

#include <functional>
#include <list>
#include <thread>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace donut::query {

class StatementWatch {
 private:
  struct Call {
    std::function<bool()> abandoned;
    std::function<void()> cancel;
    bool cancelled = false;
  };

 public:
  explicit StatementWatch(absl::Duration period = absl::Milliseconds(100));
  ~StatementWatch();

  // One running statement. `cancel` is called once, from the watching thread, as soon as
  // `abandoned` says true; neither is called any more when End or the destructor
  // has returned. Both must be thread-safe and must not throw.
  class Watched {
   public:
    Watched(StatementWatch* watch, std::function<bool()> abandoned, std::function<void()> cancel);
    ~Watched() { End(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    // Whether `cancel` was called.
    bool End();

   private:
    StatementWatch* const watch_;
    std::list<Call>::iterator call_;
    bool ended_ = false;
    bool cancelled_ = false;
  };

 private:
  void Run();

  const absl::Duration period_;
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<Call> calls_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace donut::query
