// Holds an answer against what a case expects of it: the part of it that matters, as JSON with the field
// names of the proto.
//
//   - An object names some fields of the message; what it does not name may be anything.
//   - A list has as many elements as the answer's, each held against its own.
//   - Numbers may differ by 1e-9, relative above 1. Enums are names. 64-bit integers are numbers here.
//   - null: the field is not there. Only of fields that can be absent; a rate of nobody is.
//   - Timestamps, durations and values of google.protobuf are as in proto JSON: "2024-03-01T00:00:00+01:00",
//   "600s".
//
// A field that the message does not have is a difference, so that no misspelt expectation passes.
// For tests. No state.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace donut::testing {

// "steps[1].actor_count: expected 2, got 3", and so on; empty when the answer is as expected.
std::vector<std::string> Differences(const nlohmann::json& expected, const google::protobuf::Message& answer);

}  // namespace donut::testing
