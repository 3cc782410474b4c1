// Any metric by the name of its RPC, from the JSON that grpcurl takes: for questions that are
// written in files. For tests. No state.
#pragma once

#include <memory>
#include <pqxx/pqxx>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "query_service/query_scope.h"

namespace donut::testing {

// INVALID_ARGUMENT when there is no such RPC or the JSON is no request of it: a mistake of the file.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ReadRequest(const std::string& rpc,
                                                                       const std::string& json);

// What the RPC answers. `request` is from ReadRequest(rpc, ...).
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> AskMetric(const std::string& rpc,
                                                                     const google::protobuf::Message& request,
                                                                     const query::QueryContext& context,
                                                                     pqxx::transaction_base& transaction);

}  // namespace donut::testing
