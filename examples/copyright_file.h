// Reads Debian's machine-readable copyright files (DEP-5): paragraphs of fields, with
// licence names and texts. https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
// Plain functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace donut::examples {

// One License field that has a text, in a paragraph of files or in one of its own.
struct LicenseText {
  std::string name;  // "GPL-2+": what the file says
  std::string text;
};

struct CopyrightFile {
  int paragraphs = 0;
  std::vector<LicenseText> licenses;
};

// INVALID_ARGUMENT with a reason that is the same text for the same kind of problem: many old files are
// prose and not machine-readable.
absl::StatusOr<CopyrightFile> ParseCopyrightFile(const std::string& text);

}  // namespace donut::examples
