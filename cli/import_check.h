// Whether a source holds events at all. Somebody may name the wrong file, or the wrong key for the user:
// then every line would go to rejected_events, and the mistake would be in the ledger for good. Plain,
// thread-safe.
#pragma once

#include "absl/status/status.h"
#include "cli/import_line.h"
#include "cli/line_reader.h"

namespace donut::cli {

// Looks at the first lines of `reader` (LineReader::Peek) up to the first one that can be read.
// INVALID_ARGUMENT when there is none, or when the source is one JSON document over several lines: why the
// first line cannot be read, and what to do. Else as the reader.
absl::Status CheckFirstLines(const std::string& path, const FieldMapping& mapping, LineReader& reader);

}  // namespace donut::cli
