// Which lane a producer's work goes to: as long as any of it waits or is being committed, the lane that it
// has, so that it stays in order; else the one with the fewest producers. A lane by hash would leave half of
// a few busy streams waiting for one connection while another is idle. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/mutex.h"

namespace donut::collector {

class LaneChooser {
 public:
  explicit LaneChooser(int lanes) : producers_(static_cast<size_t>(lanes), 0) {}

  // Holds a producer in its lane; one per piece of work. Moves; ends before the chooser does.
  class Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept : chooser_(std::exchange(other.chooser_, nullptr)), at_(other.at_) {}
    Pin& operator=(Pin&& other) noexcept {
      std::swap(chooser_, other.chooser_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~Pin() {
      if (chooser_ != nullptr) chooser_->Release(at_);
    }
    size_t lane() const { return at_->second.lane; }

   private:
    friend class LaneChooser;
    struct Producer {
      size_t lane = 0;
      int pins = 0;
    };
    using Producers = std::map<std::pair<int, std::string>, Producer>;
    Pin(LaneChooser* chooser, Producers::iterator at) : chooser_(chooser), at_(at) {}

    LaneChooser* chooser_ = nullptr;
    Producers::iterator at_;  // stays where it is until its last pin goes
  };

  Pin Choose(int project_id, const std::string& producer);

 private:
  void Release(Pin::Producers::iterator at);

  Mutex mutex_;
  Pin::Producers pinned_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> producers_ ABSL_GUARDED_BY(mutex_);  // of each lane
};

}  // namespace donut::collector
