#include "client_lib/grpc_transport.h"

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
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// One call. Owns itself until OnDone.
class Reactor : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                public std::enable_shared_from_this<Reactor> {
 public:
  Reactor(const std::shared_ptr<grpc::Channel>& channel, const std::string& api_key,
          std::shared_ptr<TransportObserver> observer)
      : stub_(channel), observer_(std::move(observer)) {
    context_.set_wait_for_ready(false);
    if (!api_key.empty()) context_.AddMetadata("authorization", absl::StrCat("Bearer ", api_key));
  }

  void Start() {
    self_ = shared_from_this();
    stub_.PrepareBidiStreamingCall(&context_, kMethod, /*options=*/{}, this);
    AddHold();  // for Write, which comes from outside of the reactions
    StartRead(&incoming_);
    StartCall();
  }

  void Write(std::string bytes) {
    // Under the lock, so that the hold is there for as long as it takes; reactions run on gRPC's threads.
    MutexLock lock(mutex_);
    if (ended_) return;
    outgoing_ = ToBuffer(std::move(bytes));
    StartWrite(&outgoing_);
  }

  void Cancel() {
    context_.TryCancel();
    End();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    observer_->OnMessage(ToString(incoming_));
    StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End();
    observer_->OnWritten();
  }

  void OnDone(const grpc::Status& status) override {
    observer_->OnClosed(absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()));
    const std::shared_ptr<Reactor> last = std::move(self_);  // may delete this at the end of the scope
  }

 private:
  // No further Write: the call may finish.
  void End() {
    MutexLock lock(mutex_);
    if (!std::exchange(ended_, true)) RemoveHold();
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  const std::shared_ptr<TransportObserver> observer_;
  std::shared_ptr<Reactor> self_;
  grpc::ByteBuffer incoming_;
  Mutex mutex_;
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

class GrpcStream : public TransportStream {
 public:
  explicit GrpcStream(std::shared_ptr<Reactor> reactor) : reactor_(std::move(reactor)) {}
  ~GrpcStream() override { reactor_->Cancel(); }
  void Write(std::string bytes) override { reactor_->Write(std::move(bytes)); }
  void Cancel() override { reactor_->Cancel(); }

 private:
  const std::shared_ptr<Reactor> reactor_;
};

class GrpcTransport : public Transport {
 public:
  explicit GrpcTransport(GrpcTransportOptions options) : options_(std::move(options)) {}

  std::unique_ptr<TransportStream> Open(std::shared_ptr<TransportObserver> observer) override {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(kKeepaliveInterval));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kKeepaliveTimeout));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // A proxy from the environment cannot reach this machine's own addresses.
    if (IsLocal(options_.address)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(kMostResponseBytes);
    const auto channel =
        grpc::CreateCustomChannel(options_.address, grpc::InsecureChannelCredentials(), arguments);
    auto reactor = std::make_shared<Reactor>(channel, options_.api_key, std::move(observer));
    reactor->Start();
    return std::make_unique<GrpcStream>(std::move(reactor));
  }

 private:
  const GrpcTransportOptions options_;
};

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(GrpcTransportOptions options) {
  return std::make_unique<GrpcTransport>(std::move(options));
}

}  // namespace donut
