#include "collector/event_collector_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"

namespace donut::collector {
namespace {

constexpr int kErrorLinesPerMinute = 30;
constexpr absl::Duration kServiceRetryDelay = absl::Seconds(1);

absl::Status ServiceGoingDown() {
  return WithRetryDelay(
      absl::UnavailableError("the collector is going down; connect again, elsewhere or later"),
      kServiceRetryDelay);
}

// A call that ends before it begins.
class RefusedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

class RefusedCall final : public grpc::ServerUnaryReactor {
 public:
  explicit RefusedCall(const absl::Status& status) { Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

EventCollectorService::EventCollectorService(CollectorOptions options,
                                             const postgres::ProjectDirectory& directory, IngestQueue& queue,
                                             const Clock& clock, const SharedHash& hash)
    : options_(options),
      directory_(directory),
      queue_(queue),
      registry_(options.max_streams),
      error_log_(kErrorLinesPerMinute),
      stream_context_{options_, queue, clock, hash, unsent_bytes_, registry_, error_log_},
      track_context_{options_, queue, clock, hash, waiting_calls_} {}

absl::StatusOr<int> EventCollectorService::ProjectOf(const grpc::CallbackServerContext& call) const {
  if (draining_) return ServiceGoingDown();
  std::optional<std::string> authorization;
  const auto found = call.client_metadata().find("authorization");
  if (found != call.client_metadata().end())
    authorization.emplace(found->second.data(), found->second.size());
  ASSIGN_OR_RETURN(const postgres::Project project,
                   directory_.Find(authorization, postgres::Permission::kCollect));
  return project.project_id;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* EventCollectorService::StreamEvents(
    grpc::CallbackServerContext* call) {
  const auto refuse = [this](const absl::Status& why) {
    queue_.metrics().streams_refused.Add(static_cast<int>(why.code()));
    return new RefusedStream(why);
  };
  const absl::StatusOr<int> project = ProjectOf(*call);
  if (!project.ok()) return refuse(project.status());
  if (auto* stream = StreamReactor::Start(call, *project, stream_context_)) return stream;
  if (draining_) return refuse(ServiceGoingDown());
  return refuse(WithRetryDelay(absl::ResourceExhaustedError(absl::StrCat(
                                   "the collector has its maximum of ", options_.max_streams,
                                   " open streams; use one stream per process, or try again later")),
                               kServiceRetryDelay));
}

grpc::ServerUnaryReactor* EventCollectorService::TrackEvents(grpc::CallbackServerContext* call,
                                                             const grpc::ByteBuffer* request,
                                                             grpc::ByteBuffer* response) {
  const absl::StatusOr<int> project = ProjectOf(*call);
  if (!project.ok()) {
    queue_.metrics().calls.Add(static_cast<int>(project.status().code()));
    return new RefusedCall(project.status());
  }
  return TrackCall::Start(call, *project, *request, response, track_context_);
}

void EventCollectorService::AddMetrics(MetricPage& page) const {
  queue_.AddMetrics(page);
  page.AddGauge("donut_collector_streams_open", "Streams that are open.", open_streams());
  page.AddGauge("donut_collector_streams_limit", "Streams that may be open.", options_.max_streams);
  page.AddGauge("donut_collector_calls_waiting", "TrackEvents calls that wait for their COMMIT.",
                waiting_calls_);
  page.AddGauge("donut_collector_calls_waiting_limit", "Such calls at most.", options_.max_waiting_calls);
}

void EventCollectorService::Drain() {
  draining_ = true;
  registry_.Drain(kServiceRetryDelay, options_.drain_limit);
  queue_.Drain();
}

}  // namespace donut::collector
