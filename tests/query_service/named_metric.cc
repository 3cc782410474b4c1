#include "tests/query_service/named_metric.h"

#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/proto_alias.h"
#include "common/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/conversion_rate/conversion_rate.h"
#include "query_service/metrics/event_names/event_names.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/funnel/explain_funnel_actor.h"
#include "query_service/metrics/funnel/funnel.h"
#include "query_service/metrics/funnel/funnel_actors.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/retention/retention_actors.h"
#include "query_service/metrics/summary/summary.h"

namespace donut::testing {
namespace {

using google::protobuf::Message;

struct NamedMetric {
  std::function<std::unique_ptr<Message>()> new_request;
  std::function<absl::StatusOr<std::unique_ptr<Message>>(const Message&, const query::QueryContext&,
                                                         pqxx::transaction_base&)>
      ask;
};

template <typename Request, typename Response>
NamedMetric Named(absl::StatusOr<Response> (*metric)(const Request&, const query::QueryContext&,
                                                     pqxx::transaction_base&)) {
  return {[] { return std::make_unique<Request>(); },
          [metric](const Message& request, const query::QueryContext& context,
                   pqxx::transaction_base& transaction) -> absl::StatusOr<std::unique_ptr<Message>> {
            ASSIGN_OR_RETURN(Response response,
                             metric(static_cast<const Request&>(request), context, transaction));
            return std::make_unique<Response>(std::move(response));
          }};
}

const std::map<std::string, NamedMetric>& Metrics() {
  static const auto* const metrics =
      new std::map<std::string, NamedMetric>{{"GetActiveUsers", Named(query::ActiveUsers)},
                                             {"GetConversionRate", Named(query::ConversionRate)},
                                             {"GetFunnel", Named(query::Funnel)},
                                             {"ListFunnelActors", Named(query::FunnelActors)},
                                             {"ExplainFunnelActor", Named(query::ExplainFunnelActor)},
                                             {"GetPipelineFunnel", Named(query::PipelineFunnel)},
                                             {"GetRetention", Named(query::Retention)},
                                             {"ListRetentionActors", Named(query::RetentionActors)},
                                             {"GetFeatureUsage", Named(query::FeatureUsage)},
                                             {"GetSummary", Named(query::Summary)},
                                             {"ListEventNames", Named(query::EventNames)}};
  return *metrics;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> ReadRequest(const std::string& rpc, const std::string& json) {
  const auto metric = Metrics().find(rpc);
  if (metric == Metrics().end()) return absl::InvalidArgumentError(absl::StrCat("no such RPC: ", rpc));
  std::unique_ptr<Message> request = metric->second.new_request();
  const auto read = google::protobuf::util::JsonStringToMessage(json, request.get());
  if (read.ok()) return request;
  return absl::InvalidArgumentError(absl::StrCat("no request of ", rpc, ": ", read.ToString()));
}

absl::StatusOr<std::unique_ptr<Message>> AskMetric(const std::string& rpc, const Message& request,
                                                   const query::QueryContext& context,
                                                   pqxx::transaction_base& transaction) {
  return Metrics().at(rpc).ask(request, context, transaction);
}

}  // namespace donut::testing
