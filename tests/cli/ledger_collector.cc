#include "tests/cli/ledger_collector.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace donut::testing {

LedgerCollector::LedgerCollector() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

LedgerCollector::~LedgerCollector() { server_->Shutdown(std::chrono::system_clock::now()); }

std::string LedgerCollector::address() const { return absl::StrCat("127.0.0.1:", port_); }

int LedgerCollector::producers() const {
  MutexLock lock(mutex_);
  return static_cast<int>(std::count_if(producers_.begin(), producers_.end(),
                                        [](const auto& entry) { return entry.second.committed > 0; }));
}

int64_t LedgerCollector::committed() const {
  MutexLock lock(mutex_);
  int64_t sum = 0;
  for (const auto& [id, producer] : producers_) sum += producer.committed;
  return sum;
}

void LedgerCollector::DieAfter(int64_t sequence) {
  MutexLock lock(mutex_);
  die_after_ = sequence;
}

std::vector<v1::Event> LedgerCollector::events() const {
  MutexLock lock(mutex_);
  return events_;
}

std::vector<v1::Unparsed> LedgerCollector::unparsed() const {
  MutexLock lock(mutex_);
  return unparsed_;
}

void LedgerCollector::Reject(const std::string& event_name, const std::string& detail) {
  MutexLock lock(mutex_);
  rejected_name_ = event_name;
  rejection_detail_ = detail;
}

std::optional<v1::Committed> LedgerCollector::Take(const std::string& producer_id,
                                                   const v1::StreamEventsRequest& request) {
  MutexLock lock(mutex_);
  Producer& producer = producers_[producer_id];
  v1::Committed answer;
  bool died = false;
  const auto advance = [&producer, &died, most = die_after_](int64_t last, const std::string& bookmark) {
    died = last > most;
    producer.committed = std::max(producer.committed, std::min(last, most));
    if (died || bookmark.empty()) return;
    producer.bookmark = bookmark;
    producer.bookmark_sequence = last;
  };
  if (request.has_batch()) {
    Store(request.batch(), producer.committed, die_after_, answer);
    advance(request.batch().first_sequence() + request.batch().events_size() - 1, request.batch().bookmark());
  } else if (request.has_unparsed()) {
    if (request.unparsed().sequence() > producer.committed) unparsed_.push_back(request.unparsed());
    advance(request.unparsed().sequence(), request.unparsed().bookmark());
  } else if (request.has_skipped()) {
    advance(request.skipped().last_sequence(), "");
  }
  if (died) return std::nullopt;
  answer.set_sequence(producer.committed);
  return answer;
}

void LedgerCollector::Store(const v1::EventBatch& batch, int64_t committed, int64_t most,
                            v1::Committed& answer) {
  int64_t sequence = batch.first_sequence() - 1;
  for (const v1::Event& event : batch.events()) {
    if (++sequence <= committed || sequence > most) continue;
    if (rejected_name_.empty() || event.name() != rejected_name_) {
      events_.push_back(event);
      continue;
    }
    v1::Rejection& rejection = *answer.add_rejections();
    rejection.set_sequence(sequence);
    rejection.set_reason(v1::REJECTION_REASON_BAD_VALUE);
    rejection.set_detail(rejection_detail_);
  }
}

grpc::Status LedgerCollector::StreamEvents(grpc::ServerContext*, Stream* stream) {
  v1::StreamEventsRequest request;
  v1::StreamEventsResponse response;
  if (!stream->Read(&request) || !request.has_hello()) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "Hello comes first"};
  }
  const std::string id = request.hello().producer_id();
  {
    MutexLock lock(mutex_);
    Producer& producer = producers_[id];
    response.mutable_welcome()->set_epoch(++producer.epoch);
    response.mutable_welcome()->set_committed_sequence(producer.committed);
    response.mutable_welcome()->set_bookmark(producer.bookmark);
    response.mutable_welcome()->set_bookmark_sequence(producer.bookmark_sequence);
  }
  stream->Write(response);
  while (stream->Read(&request)) {
    const std::optional<v1::Committed> committed = Take(id, request);
    if (!committed) return {grpc::StatusCode::UNAVAILABLE, "died"};
    *response.mutable_committed() = *committed;
    stream->Write(response);
    if (request.has_close()) return grpc::Status::OK;
  }
  return {grpc::StatusCode::ABORTED, "no Close"};
}

}  // namespace donut::testing
