// From the command line and the beginning of the source to an import that can be opened: how its records are
// read, what it is known by, and whether it holds events at all. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/import_arguments.h"
#include "cli/import_opening.h"
#include "cli/record_parser.h"
#include "cli/record_reader.h"

namespace donut::cli {

struct PreparedImport {
  ImportSource source;
  std::unique_ptr<RecordReader> reader;  // at the source's start
  std::unique_ptr<RecordParser> parser;
  int64_t header_number = 0;  // of the record that names the columns; 0: there is none
  std::string noun;           // what a record is called: "line" or "row"
};

// INVALID_ARGUMENT when the source cannot be what the arguments say (CheckFirstRecords, ResolveColumns);
// else as RecordReader.
absl::StatusOr<PreparedImport> PrepareImport(const ImportArguments& arguments);

}  // namespace donut::cli
