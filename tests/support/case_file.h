// Cases of metrics that are written by hand, in files that need no knowledge of our code: what
// happened, what is asked and what the answer must be.
//
//   # A comment: '#' and a space.
//   case: a purchase before the signup does not convert
//   time_zone: Europe/Berlin                  # of the project; without this line: UTC
//   events:                                   # [day] time[offset] user event [session] #producer key=JSON
//   ...
//     2024-03-01 10:00        ann  signup     plan="pro"
//                10:30:00.5   ann  purchase   [s1] price=12.5
//   users:                                    # their properties, as they are now
//     ann  country="DE"
//   ask: GetFunnel {"steps": [{"event_names": ["signup"]}]}
//   expect: {"steps": [{"actor_count": 1}], "conversion": null}
//   ask: GetFunnel {}
//   error: INVALID_ARGUMENT steps: must have
//
// A line that continues a section is indented. A time is UTC unless it has an offset such as +01:00, and a
// line without a day is of the day above it. Users, events and keys with spaces stand in quotes. Events of
// one producer (#1 where none is named) are numbered in the order of the file. A request is the JSON that
// grpcurl takes; expected_answer.h tells what `expect` means; an error is a code and a part of its message. A
// question without a scope is about the 30 days to the day of now.
//
// For tests. No state.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/reference/history.h"

namespace donut::testing {

struct CaseQuestion {
  int line = 0;
  std::string rpc = {};
  std::string request = {};  // JSON
  int answer_line = 0;
  // One of the two.
  nlohmann::json expected = {};
  std::string error_code = {};
  std::string error_text = {};  // a part of the message
};

struct MetricCase {
  std::string file;
  int line = 0;
  std::string name;
  std::string time_zone = "UTC";
  History history = {};
  std::vector<CaseQuestion> questions = {};
};

// INVALID_ARGUMENT with file, line and what is wrong: nothing that cannot be read is passed over.
absl::StatusOr<std::vector<MetricCase>> ReadCases(const std::string& file, const std::string& text);

// "a purchase before the signup" is APurchaseBeforeTheSignup.
std::string TestNameOf(const std::string& case_name);

}  // namespace donut::testing
