// What turns one record of an imported source into an event, whatever the source's format: the seam
// between the formats and the import. Implementations keep buffers: not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/event_bytes.h"

namespace donut::cli {

class RecordParser {
 public:
  virtual ~RecordParser() = default;

  // Writes the whole event. INVALID_ARGUMENT with the reason for people, which names the place and the rule
  // and never a value; DATA_LOSS when the record is not of this format, or not whole.
  virtual absl::Status Parse(std::string_view record, EventBytes& event) = 0;

  // Whether a record that failed so, and has no newline, may be one that is still being written.
  virtual bool MayBeUnfinished(const absl::Status& failure) const = 0;

  // Whether the source is one document, of which records make no sense, judged by its first one.
  virtual bool BeginsADocument(std::string_view first_record) const = 0;

  // Where nothing can be read: what to do about it; "" where the failure says so. `first_record` failed with
  // `failure`; `path` is "-" for standard input.
  virtual std::string Advice(const std::string& path, std::string_view first_record,
                             const absl::Status& failure) const = 0;
};

}  // namespace donut::cli
