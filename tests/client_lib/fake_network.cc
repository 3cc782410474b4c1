#include "tests/client_lib/fake_network.h"

#include <utility>
#include <vector>

namespace donut::testing {

class FakeNetwork::Stream : public TransportStream {
 public:
  Stream(FakeNetwork* network, int64_t number) : network_(network), number_(number) {}

  void Write(std::string bytes) override {
    network_->Do([network = network_, number = number_, bytes = std::move(bytes)] {
      const auto at = network->live_.find(number);
      if (at == network->live_.end()) return;
      at->second->OnWritten();
      if (network->mode_ == Mode::kSilent) return;
      network->Deliver(number, network->collector_.Receive(number, bytes));
      if (network->mode_ == Mode::kReachable) network->Deliver(number, network->collector_.Commit(number));
    });
  }
  void Cancel() override {
    network_->Do([network = network_, number = number_] {
      network->CloseStream(number, absl::CancelledError("cancelled"));
    });
  }

 private:
  FakeNetwork* const network_;
  const int64_t number_;
};

class FakeNetwork::FakeTransport : public Transport {
 public:
  explicit FakeTransport(FakeNetwork* network) : network_(network) {}
  std::unique_ptr<TransportStream> Open(std::shared_ptr<TransportObserver> observer) override {
    int64_t number = 0;
    {
      MutexLock lock(network_->mutex_);
      number = ++network_->streams_opened_;
      network_->changed_.NotifyAll();
    }
    network_->Do([network = network_, number, observer = std::move(observer)] {
      network->live_[number] = observer;
      if (!network->refusal_.ok()) return network->CloseStream(number, network->refusal_);
      if (network->mode_ == Mode::kUnreachable)
        network->CloseStream(number, absl::UnavailableError("refused"));
    });
    return std::make_unique<Stream>(network_, number);
  }

 private:
  FakeNetwork* const network_;
};

FakeNetwork::FakeNetwork(Mode mode) : mode_(mode), thread_([this] { Run(); }) {}

FakeNetwork::~FakeNetwork() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

std::unique_ptr<Transport> FakeNetwork::MakeTransport() { return std::make_unique<FakeTransport>(this); }

void FakeNetwork::SetMode(Mode mode) {
  Do([this, mode] {
    mode_ = mode;
    if (mode != Mode::kReachable) return;
    const auto live = live_;
    for (const auto& [number, observer] : live) Deliver(number, collector_.Commit(number));
  });
}

void FakeNetwork::Crash() {
  Do([this] {
    collector_.Crash();
    const auto live = live_;
    for (const auto& [number, observer] : live) CloseStream(number, absl::UnavailableError("crashed"));
  });
}

void FakeNetwork::RefuseWith(absl::Status status) {
  Do([this, status = std::move(status)] { refusal_ = status; });
}

void FakeNetwork::Look(const std::function<void(ModelCollector&)>& look) {
  Mutex mutex;
  ConditionVariable done;
  bool looked = false;
  Do([&] {
    look(collector_);
    MutexLock lock(mutex);
    looked = true;
    done.NotifyAll();
  });
  MutexLock lock(mutex);
  while (!looked) done.Wait(mutex);
}

int64_t FakeNetwork::streams_opened() {
  MutexLock lock(mutex_);
  return streams_opened_;
}

void FakeNetwork::AwaitStreams(int64_t count) {
  MutexLock lock(mutex_);
  while (streams_opened_ < count) changed_.Wait(mutex_);
}

void FakeNetwork::Do(std::function<void()> task) {
  MutexLock lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.NotifyAll();
}

void FakeNetwork::Run() {
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      while (tasks_.empty() && !stopping_) changed_.Wait(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void FakeNetwork::Deliver(int64_t stream, const ModelCollector::Answer& answer) {
  const auto at = live_.find(stream);
  if (at == live_.end()) return;
  const auto observer = at->second;
  for (const auto& response : answer.responses) observer->OnMessage(response.SerializeAsString());
  if (answer.ended) CloseStream(stream, answer.end);
}

void FakeNetwork::CloseStream(int64_t stream, const absl::Status& status) {
  const auto at = live_.find(stream);
  if (at == live_.end()) return;
  const auto observer = std::move(at->second);
  live_.erase(at);
  observer->OnClosed(status);
}

}  // namespace donut::testing
