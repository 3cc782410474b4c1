// Whether a source holds events at all. Somebody may name the wrong file, or the wrong key for the user:
// then every line would go to rejected_events, and the mistake would be in the ledger for good. Plain,
// thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "cli/record_parser.h"
#include "cli/record_reader.h"

namespace donut::cli {

// Looks at the first records of `reader` (RecordReader::Peek), from the one with index `first` (behind a
// header), up to the first one that can be read. INVALID_ARGUMENT when there is none, or when the source is
// one document over several lines: why the first record cannot be read, and what to do. Else as the reader.
// `noun` is what a record is called: "line" or "row".
absl::Status CheckFirstRecords(const std::string& path, const std::string& noun, size_t first,
                               RecordParser& parser, RecordReader& reader);

// "events.csv:12" or "standard input, line 12": where something stands.
std::string PlaceInSource(const std::string& path, int64_t line);

}  // namespace donut::cli
