#include "tests/client_lib/model_collector.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace donut::testing {
namespace {

ModelCollector::Answer End(absl::Status status) {
  return {.responses = {}, .ended = true, .end = std::move(status)};
}

ModelCollector::Answer Refuse(v1::RefusalReason reason) {
  ModelCollector::Answer answer = End(absl::AbortedError(v1::RefusalReason_Name(reason)));
  answer.responses.emplace_back().mutable_refused()->set_reason(reason);
  return answer;
}

bool IsPoisonous(const v1::EventBatch& batch) {
  return std::any_of(batch.events().begin(), batch.events().end(),
                     [](const v1::Event& event) { return absl::StartsWith(event.name(), "poison"); });
}

}  // namespace

ModelCollector::Answer ModelCollector::Receive(int64_t stream, const std::string& bytes) {
  v1::StreamEventsRequest request;
  if (!request.ParseFromString(bytes)) return End(absl::InvalidArgumentError("a message does not parse"));
  if (request.has_hello()) return Greet(stream, request.hello());
  const auto at = streams_.find(stream);
  if (at == streams_.end()) return Gap("a message before Hello");
  if (request.has_batch() && IsPoisonous(request.batch())) {
    streams_.erase(at);
    return End(absl::InvalidArgumentError("a message does not parse"));
  }
  at->second.pending.push_back(std::move(request));
  return {};
}

ModelCollector::Answer ModelCollector::Greet(int64_t stream, const v1::Hello& hello) {
  const auto known = producers_.find(hello.producer_id());
  if (known == producers_.end() && hello.epoch() > 0) return Refuse(v1::REFUSAL_REASON_UNKNOWN_PRODUCER);
  Producer& producer = producers_[hello.producer_id()];
  const auto& earlier = hello.earlier_tokens();
  const bool own_token = std::find(earlier.begin(), earlier.end(), producer.token) != earlier.end();
  const bool takes_over = hello.durable() && hello.epoch() == 0;
  if (producer.epoch != hello.epoch() && !own_token && !takes_over) {
    return Refuse(v1::REFUSAL_REASON_FOREIGN_EPOCH);
  }
  ++producer.epoch;
  producer.token = hello.token();
  producer.last_hello = hello;
  producer.closed = false;
  streams_[stream] = {.producer_id = hello.producer_id(), .epoch = producer.epoch, .pending = {}};
  Answer answer;
  v1::Welcome& welcome = *answer.responses.emplace_back().mutable_welcome();
  welcome.set_epoch(producer.epoch);
  welcome.set_committed_sequence(producer.committed);
  welcome.set_bookmark(producer.bookmark);
  welcome.set_bookmark_sequence(producer.bookmark_sequence);
  return answer;
}

ModelCollector::Answer ModelCollector::Commit(int64_t stream) {
  const auto at = streams_.find(stream);
  if (at == streams_.end() || at->second.pending.empty()) return {};
  const auto known = producers_.find(at->second.producer_id);
  if (known == producers_.end() || known->second.epoch != at->second.epoch) {
    streams_.erase(at);
    return Refuse(v1::REFUSAL_REASON_FENCED);
  }
  Producer& producer = known->second;
  Answer answer;
  v1::Committed committed;
  bool closing = false;
  for (const v1::StreamEventsRequest& request : at->second.pending) {
    closing = request.has_close();
    if (!Apply(producer, request, committed)) return Gap(absl::StrCat("a gap after ", producer.committed));
  }
  at->second.pending.clear();
  committed.set_sequence(producer.committed);
  *answer.responses.emplace_back().mutable_committed() = committed;
  if (closing) {
    producer.closed = true;
    streams_.erase(at);
    answer.ended = true;
  }
  return answer;
}

void ModelCollector::KeepBookmark(Producer& producer, const std::string& bookmark) {
  if (bookmark.empty()) return;
  producer.bookmark = bookmark;
  producer.bookmark_sequence = producer.committed;
}

bool ModelCollector::Apply(Producer& producer, const v1::StreamEventsRequest& request,
                           v1::Committed& committed) {
  if (request.has_batch()) {
    if (request.batch().first_sequence() > producer.committed + 1) return false;
    StoreBatch(producer, request.batch(), committed);
  } else if (request.has_skipped()) {
    const v1::Skipped& skipped = request.skipped();
    if (skipped.first_sequence() > producer.committed + 1) return false;
    const int64_t last = std::max(producer.committed, skipped.last_sequence());
    producer.skipped[skipped.reason()] += last - producer.committed;
    producer.committed = last;
  } else if (request.has_unparsed()) {
    const v1::Unparsed& unparsed = request.unparsed();
    if (unparsed.sequence() > producer.committed + 1) return false;
    if (unparsed.sequence() <= producer.committed) return true;
    producer.committed = unparsed.sequence();
    producer.unparsed_reasons.push_back(unparsed.reason());
    KeepBookmark(producer, unparsed.bookmark());
    v1::Rejection& rejection = *committed.add_rejections();
    rejection.set_sequence(unparsed.sequence());
    rejection.set_reason(v1::REJECTION_REASON_UNPARSED);
  }
  return true;
}

void ModelCollector::StoreBatch(Producer& producer, const v1::EventBatch& batch, v1::Committed& committed) {
  for (int i = 0; i < batch.events_size(); ++i) {
    const int64_t sequence = batch.first_sequence() + i;
    if (sequence <= producer.committed) continue;
    producer.committed = sequence;
    if (absl::StartsWith(batch.events(i).name(), "reject")) {
      ++producer.rejected;
      v1::Rejection& rejection = *committed.add_rejections();
      rejection.set_sequence(sequence);
      rejection.set_reason(v1::REJECTION_REASON_BAD_VALUE);
      rejection.set_detail("as the test wants it");
    } else {
      producer.stored[sequence] = batch.events(i).name();
    }
  }
  KeepBookmark(producer, batch.bookmark());
}

ModelCollector::Answer ModelCollector::Gap(const std::string& what) {
  protocol_errors_.push_back(what);
  return End(absl::InvalidArgumentError(what));
}

std::multiset<std::string> ModelCollector::StoredNames() const {
  std::multiset<std::string> names;
  for (const auto& [id, producer] : producers_) {
    for (const auto& [sequence, name] : producer.stored) names.insert(name);
  }
  return names;
}

int64_t ModelCollector::rejected() const {
  int64_t rejected = 0;
  for (const auto& [id, producer] : producers_) rejected += producer.rejected;
  return rejected;
}

}  // namespace donut::testing
