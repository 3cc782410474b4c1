// Calls a function once after a time, on a thread of gRPC's. May be set again, also from its
// own function. Not thread-safe: the owner's lock guards it. The function may run while Cancel() or
// the destructor does, so it holds its owner weakly.
#pragma once

#include <functional>
#include <memory>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"

namespace donut::collector {

class Timer {
 public:
  void Set(absl::Duration after, std::function<void()> function) {
    // A new alarm each time: setting one again replaces the function that may be running.
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(absl::ToChronoTime(absl::Now() + after), [function = std::move(function)](bool fired) {
      if (fired) function();
    });
  }
  void Cancel() { alarm_.reset(); }

 private:
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace donut::collector
