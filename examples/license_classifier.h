// Says which licence a text is, from the phrases that well-known licences are known by, and
// whether that is what somebody called it. Judges only the text, knows a few dozen licences and
// says so when it does not know. Plain functions, thread-safe.
#pragma once

#include <optional>
#include <string>

namespace donut::examples {

// A name as in DEP-5: "GPL-2+", "Expat", "BSD-3-clause". Nothing for a text that it does not know.
std::optional<std::string> ClassifyLicense(const std::string& text);

enum class Agreement {
  kAgrees,
  kDisagrees,
  kUnknownName,  // the declared name is none that the classifier could have said
};

// `declared` is what the file says, such as "GPLv2+", "MIT/X11" or "Artistic or GPL-1+": one of several
// suffices, and a name without a version fits all versions.
Agreement CompareWithDeclared(const std::string& label, const std::string& declared);

// The name by which equal licences compare: "mit/x11" and "Expat" are both "expat".
std::string CanonicalName(const std::string& name);

}  // namespace donut::examples
