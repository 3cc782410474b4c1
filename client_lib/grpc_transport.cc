#include "client_lib/grpc_transport.h"

#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/mutex.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"

namespace donut {
namespace {

constexpr char kMethod[] = "/donut.analytics.v1.EventCollectorService/StreamEvents";

// A collector that does not answer a ping for kKeepaliveTimeout is gone. The interval lies above
// the least that the collector accepts (10 seconds, common/grpc_server.cc).
constexpr absl::Duration kKeepaliveInterval = absl::Seconds(20);
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(10);
constexpr int kMostResponseBytes = 16 << 20;

bool IsLocal(const std::string& address) {
  for (const char* prefix : {"127.", "localhost:", "[::1]:", "unix:"}) {
    if (address.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

grpc::ByteBuffer ToBuffer(std::string bytes) {
  // The slice owns the string: no copy.
  auto* owned = new std::string(std::move(bytes));
  const grpc::Slice slice(
      owned->data(), owned->size(), [](void* string) { delete static_cast<std::string*>(string); }, owned);
  return {&slice, 1};
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  bytes.reserve(buffer.Length());
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// One call. Its operations end with their tags on the transport's completion queue, whose thread calls OnTag.
// The transport keeps it until all of them are back.
class Call {
 public:
  enum class Operation { kStart, kRead, kWrite, kFinish };
  struct Tag {
    Call* call;
    Operation operation;
  };

  Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& api_key,
       std::shared_ptr<TransportObserver> observer)
      : stub_(channel), observer_(std::move(observer)) {
    if (!api_key.empty()) context_.AddMetadata("authorization", absl::StrCat("Bearer ", api_key));
  }

  void Start(grpc::CompletionQueue* queue) {
    MutexLock lock(mutex_);
    call_ = stub_.PrepareCall(&context_, kMethod, queue);
    ++running_;
    call_->StartCall(&start_);
  }

  void Write(std::string bytes) {
    MutexLock lock(mutex_);
    if (finishing_) return;
    outgoing_ = ToBuffer(std::move(bytes));
    has_outgoing_ = true;
    StartWrite();
  }

  void Cancel() { context_.TryCancel(); }

  // Returns whether the call is over and nothing of it runs any more.
  bool OnTag(Operation operation, bool ok) {
    switch (operation) {
      case Operation::kStart:
        break;
      case Operation::kRead:
        if (ok) observer_->OnMessage(ToString(incoming_));
        break;
      case Operation::kWrite:
        if (ok && !closed_) observer_->OnWritten();  // a failed one is followed by a failed read
        break;
      case Operation::kFinish:
        closed_ = true;
        observer_->OnClosed(
            absl::Status(static_cast<absl::StatusCode>(status_.error_code()), status_.error_message()));
        break;
    }
    MutexLock lock(mutex_);
    if (operation == Operation::kStart || operation == Operation::kRead) Continue(ok);
    return --running_ == 0;
  }

 private:
  // After the start and after each message: reads on, or asks for the final status.
  void Continue(bool ok) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ++running_;
    if (ok) {
      started_ = true;
      call_->Read(&incoming_, &read_);
      StartWrite();
    } else {
      finishing_ = true;
      call_->Finish(&status_, &finish_);
    }
  }

  void StartWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!started_ || !std::exchange(has_outgoing_, false)) return;
    ++running_;
    call_->Write(outgoing_, &write_);
  }

  Tag start_{this, Operation::kStart};
  Tag read_{this, Operation::kRead};
  Tag write_{this, Operation::kWrite};
  Tag finish_{this, Operation::kFinish};

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  const std::shared_ptr<TransportObserver> observer_;
  // Of the queue's thread, while no operation fills them.
  grpc::ByteBuffer incoming_;
  grpc::Status status_;
  bool closed_ = false;

  Mutex mutex_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(mutex_);
  bool has_outgoing_ ABSL_GUARDED_BY(mutex_) = false;  // that is not started yet
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;  // operations whose tags are to come
};

class GrpcStream : public TransportStream {
 public:
  explicit GrpcStream(std::shared_ptr<Call> call) : call_(std::move(call)) {}
  ~GrpcStream() override { call_->Cancel(); }
  void Write(std::string bytes) override { call_->Write(std::move(bytes)); }
  void Cancel() override { call_->Cancel(); }

 private:
  const std::shared_ptr<Call> call_;
};

class GrpcTransport : public Transport {
 public:
  explicit GrpcTransport(GrpcTransportOptions options)
      : options_(std::move(options)), thread_([this] { TakeTags(); }) {}

  // Cancelled calls end at once, whatever the network does.
  ~GrpcTransport() override {
    {
      MutexLock lock(mutex_);
      for (const auto& call : calls_) call->Cancel();
      while (!calls_.empty()) call_ended_.Wait(mutex_);
    }
    queue_.Shutdown();
    thread_.join();
  }

  std::unique_ptr<TransportStream> Open(std::shared_ptr<TransportObserver> observer) override {
    auto call = std::make_shared<Call>(MakeChannel(), options_.api_key, std::move(observer));
    {
      MutexLock lock(mutex_);
      calls_.insert(call);
    }
    call->Start(&queue_);
    return std::make_unique<GrpcStream>(std::move(call));
  }

 private:
  std::shared_ptr<grpc::Channel> MakeChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(kKeepaliveInterval));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kKeepaliveTimeout));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // A proxy from the environment cannot reach this machine's own addresses.
    if (IsLocal(options_.address)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(kMostResponseBytes);
    return grpc::CreateCustomChannel(options_.address, grpc::InsecureChannelCredentials(), arguments);
  }

  void TakeTags() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      const auto* done = static_cast<Call::Tag*>(tag);
      Call* const call = done->call;
      if (!call->OnTag(done->operation, ok)) continue;
      MutexLock lock(mutex_);
      for (auto at = calls_.begin(); at != calls_.end(); ++at) {
        if (at->get() != call) continue;
        calls_.erase(at);
        break;
      }
      call_ended_.NotifyAll();
    }
  }

  const GrpcTransportOptions options_;
  grpc::CompletionQueue queue_;
  Mutex mutex_;
  ConditionVariable call_ended_;
  std::set<std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> MakeGrpcTransport(GrpcTransportOptions options) {
  try {
    return std::make_unique<GrpcTransport>(std::move(options));
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("no thread could be started: ", error.what()));
  }
}

}  // namespace donut
