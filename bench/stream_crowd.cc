#include "bench/stream_crowd.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/figures.h"
#include "bench/pacer.h"
#include "common/mutex.h"
#include "common/proto_alias.h"
#include "common/random_bytes.h"
#include "donut/analytics/v1/collector.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"

namespace donut::bench {
namespace {

constexpr char kMethod[] = "/donut.analytics.v1.EventCollectorService/StreamEvents";
constexpr int kEventsPerBatch = 500;
constexpr int kCrowdUsers = 50;
constexpr int kIdBytes = 16;
// For streams to be welcome, and for all that was sent to be stored.
constexpr absl::Duration kCrowdLimit = absl::Minutes(2);

// The events of a batch, serialized: the same for all.
grpc::Slice EventsOfABatch() {
  v1::EventBatch batch;
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  for (int i = 0; i < kEventsPerBatch; ++i) {
    v1::Event& event = *batch.add_events();
    event.set_name("page_viewed");
    event.set_user_id(absl::StrCat("crowd-", i % kCrowdUsers, "@customer.example"));
    event.set_session_id(absl::StrCat("session-of-", i % kCrowdUsers));
    event.mutable_event_time()->set_seconds(now);
    auto& properties = *event.mutable_properties()->mutable_fields();
    properties["path"].set_string_value("/reports/quarterly/overview");
    properties["load_ms"].set_number_value(i);
  }
  return grpc::Slice(batch.SerializeAsString());
}

grpc::ByteBuffer ToBuffer(const v1::StreamEventsRequest& request) {
  const grpc::Slice slice(request.SerializeAsString());
  return {&slice, 1};
}

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

// A StreamEventsRequest with an EventBatch, whose events are not copied.
grpc::ByteBuffer BatchFrom(int64_t first_sequence, const grpc::Slice& events) {
  constexpr char kBatchTag = v1::StreamEventsRequest::kBatchFieldNumber << 3 | 2;
  constexpr char kFirstSequenceTag = v1::EventBatch::kFirstSequenceFieldNumber << 3;
  const std::string number = kFirstSequenceTag + Varint(first_sequence);
  const std::string opening = kBatchTag + Varint(number.size() + events.size()) + number;
  const grpc::Slice slices[] = {grpc::Slice(opening), events};
  return {slices, 2};
}

v1::StreamEventsResponse Parse(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  v1::StreamEventsResponse response;
  const bool parsed = buffer.DumpToSingleSlice(&slice).ok() &&
                      response.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  if (!parsed) Fail("the collector sent something that is no answer");
  return response;
}

}  // namespace

// What the streams tell those who wait for them. Thread-safe.
class StreamCrowd::Progress {
 public:
  void CountWelcome() {
    MutexLock lock(mutex_);
    ++welcome_;
    changed_.NotifyAll();
  }
  void CountEnd(const grpc::Status& status) {
    MutexLock lock(mutex_);
    ++ended_;
    if (!status.ok()) why_broken_ = status.error_message();
    changed_.NotifyAll();
  }
  // Until so many were welcomed, or have ended.
  void AwaitWelcome(int streams) {
    MutexLock lock(mutex_);
    const absl::Time deadline = absl::Now() + kCrowdLimit;
    while (welcome_ < streams) WaitBefore(deadline);
  }
  void AwaitEnd(int streams) {
    MutexLock lock(mutex_);
    const absl::Time deadline = absl::Now() + kCrowdLimit;
    while (ended_ < streams) WaitBefore(deadline);
  }
  std::string why_broken() const {
    MutexLock lock(mutex_);
    return why_broken_;
  }

  std::atomic<bool> sending = true;

 private:
  void WaitBefore(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (absl::Now() > deadline) {
      Fail(absl::StrCat("streams hang: ", welcome_, " were welcomed, ", ended_, " have ended"));
    }
    changed_.WaitFor(mutex_, absl::Seconds(1));
  }

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::string why_broken_ ABSL_GUARDED_BY(mutex_);
  int welcome_ ABSL_GUARDED_BY(mutex_) = 0;
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Hello, then batches without a pause while the crowd sends, then Close. gRPC calls it, one call at a time
// for reads and one for writes.
class CrowdStream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  CrowdStream(const std::string& address, grpc::Slice events, StreamCrowd::Progress* progress)
      : events_(std::move(events)), progress_(progress), stub_(OwnConnection(address)) {
    stub_.PrepareBidiStreamingCall(&context_, kMethod, {}, this);
    v1::StreamEventsRequest hello;
    hello.mutable_hello()->set_producer_id(RandomBytes(kIdBytes));
    hello.mutable_hello()->set_token(RandomBytes(kIdBytes));
    outgoing_ = ToBuffer(hello);
    // Until Close is written: there is a time when no write is under way.
    AddHold();
    StartCall();
    StartWrite(&outgoing_);
    StartRead(&incoming_);
  }

  // Once, after the welcome.
  void StartSending() {
    if (BothAreDone(started_)) WriteNext();
  }

  void OnWriteDone(bool ok) override {
    if (!ok || closed_) {
      RemoveHold();
    } else if (sent_ > 0 || BothAreDone(hello_written_)) {
      WriteNext();
    }
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const v1::StreamEventsResponse response = Parse(incoming_);
    if (response.has_welcome()) progress_->CountWelcome();
    if (response.has_committed()) {
      committed_ = response.committed().sequence();
      if (response.committed().rejections_size() > 0) Fail("the collector rejected an event");
    }
    StartRead(&incoming_);
  }

  void OnDone(const grpc::Status& status) override {
    broken_ = !status.ok();
    progress_->CountEnd(status);
  }

  // After its end.
  int64_t sent() const { return sent_; }
  int64_t committed() const { return committed_; }
  bool broken() const { return broken_; }

 private:
  static std::shared_ptr<grpc::Channel> OwnConnection(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }

  // The first batch goes out when Hello is written and sending has started, whichever comes last.
  bool BothAreDone(bool& one) {
    MutexLock lock(mutex_);
    one = true;
    return started_ && hello_written_;
  }

  void WriteNext() {
    if (progress_->sending) {
      outgoing_ = BatchFrom(sent_ + 1, events_);
      sent_ += kEventsPerBatch;
    } else {
      v1::StreamEventsRequest close;
      close.mutable_close();
      outgoing_ = ToBuffer(close);
      closed_ = true;
    }
    StartWrite(&outgoing_);
  }

  const grpc::Slice events_;
  StreamCrowd::Progress* const progress_;
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer outgoing_;
  grpc::ByteBuffer incoming_;
  Mutex mutex_;
  bool started_ = false;
  bool hello_written_ = false;
  bool closed_ = false;
  bool broken_ = false;
  int64_t sent_ = 0;
  int64_t committed_ = 0;
};

StreamCrowd::StreamCrowd(const std::string& collector_address, int streams)
    : progress_(std::make_unique<Progress>()) {
  const grpc::Slice events = EventsOfABatch();
  streams_.reserve(streams);
  for (int i = 0; i < streams; ++i) {
    streams_.push_back(std::make_unique<CrowdStream>(collector_address, events, progress_.get()));
  }
  progress_->AwaitWelcome(streams);
}

StreamCrowd::~StreamCrowd() = default;

StreamCrowd::Result StreamCrowd::Run(absl::Duration duration) {
  for (const auto& stream : streams_) stream->StartSending();
  Pacer().WaitUntil(SteadyNanoseconds() + absl::ToInt64Nanoseconds(duration));
  progress_->sending = false;
  progress_->AwaitEnd(static_cast<int>(streams_.size()));
  Result result{.why_broken = progress_->why_broken()};
  for (const auto& stream : streams_) {
    result.sent_events += stream->sent();
    result.acknowledged_events += stream->committed();
    if (stream->broken()) {
      ++result.broken_streams;
    } else if (stream->committed() != stream->sent()) {
      Fail("a stream ended before all that it sent was acknowledged");
    }
  }
  return result;
}

}  // namespace donut::bench
