#include "common/grpc_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "grpcpp/impl/server_initializer.h"

namespace donut {
namespace {

constexpr char kUnixPrefix[] = "unix:";

// A connection that says nothing for this long is asked whether it is still there...
constexpr absl::Duration kKeepaliveTime = absl::Seconds(60);
// ... and closed when it does not answer within this.
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(20);

struct HostPort {
  std::string host;
  int port = 0;
};

absl::StatusOr<HostPort> ParseHostPort(const std::string& address) {
  const auto refuse = [&address] {
    return absl::InvalidArgumentError(absl::StrCat(
        "the address \"", address, "\" cannot be read: must be host:port, [ipv6]:port or unix:/path"));
  };
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return refuse();
  HostPort result;
  result.host = address.substr(0, colon);
  if (result.host.front() == '[') {
    if (result.host.size() < 3 || result.host.back() != ']') return refuse();
    result.host = result.host.substr(1, result.host.size() - 2);
  } else if (result.host.find(':') != std::string::npos) {
    return refuse();
  }
  const std::string port = address.substr(colon + 1);
  if (port.empty() || port.find_first_not_of("0123456789") != std::string::npos ||
      !absl::SimpleAtoi(port, &result.port) || result.port > 65535) {
    return refuse();
  }
  return result;
}

// gRPC only says that it could not bind, so ask the system once more for the reason.
std::string BindErrorOf(int family, const sockaddr* address, socklen_t length) {
  const int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return strerror(errno);
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  std::string reason;
  if (bind(descriptor, address, length) != 0 || listen(descriptor, 1) != 0) {
    reason = errno == EADDRINUSE ? "address in use" : strerror(errno);
  }
  close(descriptor);
  return reason;
}

std::string WhyNotListening(const std::string& address) {
  if (absl::StartsWith(address, kUnixPrefix)) return "the socket file cannot be made there, or is in use";
  const auto parsed = ParseHostPort(address);
  if (!parsed.ok()) return std::string(parsed.status().message());
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(parsed->host.c_str(), absl::StrCat(parsed->port).c_str(), &hints, &found);
  if (error != 0) return gai_strerror(error);
  std::string reason;
  for (addrinfo* one = found; one != nullptr && reason.empty(); one = one->ai_next) {
    reason = BindErrorOf(one->ai_family, one->ai_addr, one->ai_addrlen);
  }
  freeaddrinfo(found);
  return reason.empty() ? "gRPC could not bind it" : reason;
}

// gRPC's own errors in our format, except while it binds: what goes wrong there is returned.
thread_local bool binding = false;

void LogFromGrpc(gpr_log_func_args* record) {
  if (record->severity != GPR_LOG_SEVERITY_ERROR || binding) return;
  Log(Severity::kWarning, "grpc", {{"text", record->message}});
}

// Notes the names of the registered services, for the health service.
class ServiceNamesPlugin : public grpc::ServerBuilderPlugin {
 public:
  explicit ServiceNamesPlugin(std::vector<std::string>* names) : names_(names) {}
  std::string name() override { return "donut_service_names"; }
  void InitServer(grpc::ServerInitializer* /*initializer*/) override {}
  void Finish(grpc::ServerInitializer* initializer) override { *names_ = *initializer->GetServiceList(); }
  void ChangeArguments(const std::string& /*name*/, void* /*value*/) override {}

 private:
  std::vector<std::string>* const names_;
};

class ServiceNamesOption : public grpc::ServerBuilderOption {
 public:
  explicit ServiceNamesOption(std::vector<std::string>* names) : names_(names) {}
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<ServiceNamesPlugin>(names_));
  }

 private:
  std::vector<std::string>* const names_;
};

void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("donut");
  quota.Resize(static_cast<size_t>(options.max_memory_bytes));
  quota.SetMaxThreads(options.max_threads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(options.max_message_bytes);
  // A small compressed message can be a large one: that would pass both limits above.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  // Without this a second server on the same port starts, and each gets a share of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  const auto milliseconds = [](absl::Duration duration) {
    return static_cast<int>(absl::ToInt64Milliseconds(duration));
  };
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(kKeepaliveTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(kKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             milliseconds(kMinClientPingInterval));
}

}  // namespace

bool IsLoopbackAddress(const std::string& address) {
  if (absl::StartsWith(address, kUnixPrefix)) return true;
  const auto parsed = ParseHostPort(address);
  if (!parsed.ok()) return false;
  if (parsed->host == "localhost") return true;
  in_addr ipv4;
  if (inet_pton(AF_INET, parsed->host.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == 127;
  in6_addr ipv6;
  return inet_pton(AF_INET6, parsed->host.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

absl::Status ValidateAddress(const std::string& address) {
  if (absl::StartsWith(address, kUnixPrefix)) {
    if (address.size() > sizeof(kUnixPrefix) - 1) return absl::OkStatus();
    return absl::InvalidArgumentError("the address \"unix:\" lacks the path of the socket");
  }
  return ParseHostPort(address).status();
}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const GrpcServerOptions& options, const std::vector<grpc::Service*>& services,
    const std::function<void(grpc::ServerBuilder&)>& configure) {
  RETURN_IF_ERROR(ValidateAddress(options.address));
  static const bool once = [] {
    gpr_set_log_function(LogFromGrpc);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(once);

  std::unique_ptr<GrpcServer> server(new GrpcServer());
  grpc::ServerBuilder builder;
  SetLimits(options, builder);
  builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &server->port_);
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.SetOption(std::make_unique<ServiceNamesOption>(&server->service_names_));
  if (configure) configure(builder);

  binding = true;
  server->server_ = builder.BuildAndStart();
  binding = false;
  if (server->server_ == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", options.address, ": ",
                                                      WhyNotListening(options.address),
                                                      "; stop what uses it or set --address"));
  }
  if (absl::StartsWith(options.address, kUnixPrefix)) server->port_ = 0;
  server->SetServing(false);
  return server;
}

GrpcServer::~GrpcServer() { Shutdown(absl::ZeroDuration()); }

void GrpcServer::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  if (health == nullptr) return;
  health->SetServingStatus("", serving);
  for (const std::string& name : service_names_) health->SetServingStatus(name, serving);
}

void GrpcServer::Shutdown(absl::Duration grace) {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now() +
                    std::chrono::milliseconds(absl::ToInt64Milliseconds(grace)));
}

namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void BlockStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int WaitForStopSignal() {
  const sigset_t signals = StopSignals();
  int number = 0;
  while (sigwait(&signals, &number) != 0) {
  }
  return number;
}

void StartShutdownWatchdog(absl::Duration limit) {
  if (limit == absl::InfiniteDuration()) return;
  std::thread([limit] {
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(limit));
    Log(Severity::kError, "the shutdown hangs: ending the process", {{"limit", absl::FormatDuration(limit)}});
    _exit(3);
  }).detach();
}

}  // namespace donut
