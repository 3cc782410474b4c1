// Asking a question of both engines in tests, where a difference is shown with its values. No state.
#pragma once

#include <string>

#include "common/engine_answers.h"
#include "google/protobuf/message.h"

namespace donut::testing {

// Empty when both answers are the same but for what ClearEngine leaves out.
std::string EngineDifference(const google::protobuf::Message& by_sql,
                             const google::protobuf::Message& by_history);

}  // namespace donut::testing
