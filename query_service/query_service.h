// The RPCs of query.proto, one line each: what they share is in metric_runner.h,
// what they differ in is metrics/<name>.
#pragma once

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "query_service/metric_runner.h"

namespace donut::query {

// The service, to be registered with a server. Thread-safe. The runner is the caller's and must
// outlive it.
std::unique_ptr<grpc::Service> MakeQueryService(MetricRunner* runner);

// What the service's server needs beside its options: says that a request was too deep or broken.
void ConfigureQueryServer(grpc::ServerBuilder& builder);

}  // namespace donut::query
