// What a caller is told of a request that cannot be read. gRPC itself answers INTERNAL without a word,
// before any of our code runs: for broken bytes, and for messages nested deeper than protobuf reads.
// Thread-safe.
#pragma once

#include <string>

#include "grpcpp/grpcpp.h"

namespace donut {

// Makes that answer INVALID_ARGUMENT with this text, for every RPC of the server.
void AnswerUnreadableRequests(grpc::ServerBuilder& builder, const std::string& text);

}  // namespace donut
