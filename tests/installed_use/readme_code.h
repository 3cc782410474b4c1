// What the README shows as code, for tests that compile it as it is printed: then the two cannot drift apart.
// Free functions, thread-safe.
#pragma once

#include <string>
#include <vector>

namespace donut::testing {

// The code blocks of `language` under the heading `## heading`, in order.
std::vector<std::string> CodeUnder(const std::string& readme, const std::string& heading,
                                   const std::string& language);

// The lines of C++ code that belong at the top of a file, and those that belong into a function.
struct SplitCode {
  std::string includes;
  std::string statements;
};
SplitCode SplitIncludes(const std::string& code);

}  // namespace donut::testing
