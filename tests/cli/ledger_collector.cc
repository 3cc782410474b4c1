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

int64_t LedgerCollector::Take(const std::string& producer_id, const v1::StreamEventsRequest& request) {
  MutexLock lock(mutex_);
  Producer& producer = producers_[producer_id];
  const auto advance = [&producer](int64_t last, const std::string& bookmark) {
    producer.committed = std::max(producer.committed, last);
    if (!bookmark.empty()) producer.bookmark = bookmark;
  };
  if (request.has_batch()) {
    advance(request.batch().first_sequence() + request.batch().events_size() - 1, request.batch().bookmark());
  } else if (request.has_unparsed()) {
    advance(request.unparsed().sequence(), request.unparsed().bookmark());
  } else if (request.has_skipped()) {
    advance(request.skipped().last_sequence(), "");
  }
  return producer.committed;
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
  }
  stream->Write(response);
  while (stream->Read(&request)) {
    response.mutable_committed()->set_sequence(Take(id, request));
    stream->Write(response);
    if (request.has_close()) return grpc::Status::OK;
  }
  return {grpc::StatusCode::ABORTED, "no Close"};
}

}  // namespace donut::testing
