#include "query_service/query_metrics.h"

#include "absl/strings/strip.h"
#include "donut/analytics/v1/query.pb.h"
#include "google/protobuf/descriptor.h"

namespace donut::query {
namespace {

// What is no RPC of the service; nothing in production.
constexpr char kOtherRpc[] = "other";

std::string ErrorLabel(int error) {
  switch (static_cast<DatabaseError>(error)) {
    case DatabaseError::kAway:
      return "away";
    case DatabaseError::kConflict:
      return "conflict";
    case DatabaseError::kTimeout:
      return "timeout";
    case DatabaseError::kOther:
      break;
  }
  return "other";
}

}  // namespace

QueryMetrics::QueryMetrics() {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "donut.analytics.v1.QueryService");
  for (int i = 0; service != nullptr && i < service->method_count(); ++i) rpcs_[service->method(i)->name()];
  rpcs_[kOtherRpc];
}

QueryMetrics::Rpc& QueryMetrics::OfRequest(const std::string& request_name) {
  const auto found = rpcs_.find(std::string(absl::StripSuffix(request_name, "Request")));
  return found == rpcs_.end() ? rpcs_.at(kOtherRpc) : found->second;
}

void QueryMetrics::AddTo(MetricPage& page, int connections) const {
  for (const auto& [name, rpc] : rpcs_) {
    if (name == kOtherRpc) continue;
    page.AddCounters("donut_query_requests_total", "Calls that ended, by RPC and status.", "code", rpc.codes,
                     CodeLabel, {{"rpc", name}});
    page.AddHistogram("donut_query_request_duration_seconds", "From the start of a call until its answer.",
                      rpc.duration, {{"rpc", name}});
  }
  const auto gauge = [&page](const std::string& name, const std::string& help, const Gauge& value) {
    page.AddGauge(name, help, static_cast<double>(value.value()));
  };
  gauge("donut_query_requests_running", "Calls that are being answered.", running);
  gauge("donut_query_requests_waiting", "Of them, those that wait for a connection.", waiting);
  gauge("donut_query_connections_in_use", "Connections to the database that a call holds.",
        connections_in_use);
  page.AddGauge("donut_query_connections_limit", "Connections that there may be.", connections);
  page.AddCounter("donut_query_requests_shed_total",
                  "Calls that were refused because no connection became free.",
                  static_cast<double>(shed.value()));
  page.AddCounter("donut_query_statements_cancelled_total",
                  "Statements that were cancelled: the caller was gone, or its deadline had passed.",
                  static_cast<double>(statements_cancelled.value()));
  page.AddCounters("donut_query_database_errors_total", "Transactions that the database failed, by kind.",
                   "kind", database_errors, ErrorLabel);
}

}  // namespace donut::query
