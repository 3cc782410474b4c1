// Asking a question of both engines: what a test sets in a request and leaves out of an answer, so that the
// answers can be compared to the last byte. No state.
#pragma once

#include <string>

#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"
#include "google/protobuf/message.h"

namespace donut::testing {

// In every Scope of the request; where it has none yet, one is added if that is what the field is for.
void SetEngine(v1::Engine engine, google::protobuf::Message& request);

// From every ResolvedScope of the answer.
void ClearEngine(google::protobuf::Message& answer);

// Empty when both answers are the same but for what ClearEngine leaves out.
std::string EngineDifference(const google::protobuf::Message& by_sql,
                             const google::protobuf::Message& by_history);

}  // namespace donut::testing
