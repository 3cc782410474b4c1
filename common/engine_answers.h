// A question and the answers of both engines to it, as messages of any RPC: naming the engine in the
// question, and holding the answers against each other to the last byte. The standing check of the query
// service, `donut verify` and the tests do so. No state.
#pragma once

#include <string>

#include "common/proto_alias.h"
#include "donut/analytics/v1/scope.pb.h"
#include "google/protobuf/message.h"

namespace donut {

// In every Scope of the request; where it has none yet, one is added if that is what the field is for.
void SetEngine(v1::Engine engine, google::protobuf::Message& request);

// From every ResolvedScope of the answer: what it says of the engine that answered.
void ClearEngine(google::protobuf::Message& answer);

// Whether histories computed the answer, or a part of it.
bool HasAnswerOfHistories(const google::protobuf::Message& answer);

// Where the answers differ first but for what ClearEngine leaves out, such as "buckets[3].active_count": the
// names of fields and no value of theirs. Empty: they are the same.
std::string FirstDifference(const google::protobuf::Message& by_sql,
                            const google::protobuf::Message& by_history);

}  // namespace donut
