// A question for the log: which RPC asks what, with the names of events and properties, dates and options,
// and without anything that may tell of a person: the values of filters, users, sessions, labels, page
// tokens. No state.
#pragma once

#include <cstddef>
#include <string>

#include "google/protobuf/message.h"

namespace donut::query {

// The rest of a longer question is left out.
inline constexpr size_t kMaxRedactedBytes = 4096;

// The request as JSON on one line. In place of a value stands what it is, such as "a text".
std::string RedactedQuestion(const google::protobuf::Message& request);

}  // namespace donut::query
