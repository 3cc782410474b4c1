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

void AddHistoryMetrics(HistoryStore& store, MetricPage& page) {
  const HistoryFigures& figures = store.figures();
  const auto counter = [&page](const std::string& name, const std::string& help, int64_t value) {
    page.AddCounter(name, help, static_cast<double>(value));
  };
  counter("donut_query_history_answers_total", "Questions that histories answered.", figures.answers);
  counter("donut_query_history_fallbacks_total",
          "Questions that were left to choose and that SQL answered, because histories could not.",
          figures.fallbacks);
  counter("donut_query_history_damaged_total", "Bodies of histories that could not be read.",
          figures.damaged);
  counter("donut_query_history_read_bytes_total", "Bodies of histories that were read from the database.",
          figures.bytes_read);
  const CacheFigures columns = store.columns().figures();
  const CacheFigures fresh = store.fresh().figures();
  page.AddGauge("donut_query_history_cache_bytes", "What is kept of histories between questions.",
                static_cast<double>(columns.bytes + fresh.bytes));
  counter("donut_query_history_cache_hits_total", "Columns and fresh rows that were there already.",
          columns.hits + fresh.hits);
  counter("donut_query_history_cache_misses_total", "Columns and fresh rows that had to be read.",
          columns.misses + fresh.misses);
  counter("donut_query_history_cache_evictions_total", "Columns and fresh rows that made room for others.",
          columns.evictions + fresh.evictions);
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
