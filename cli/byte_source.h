// The bytes of a file, of standard input or of a gzip file, in pieces. Keeps zlib and file descriptors away
// from what reads records. Not thread-safe, apart from position().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace donut::cli {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // "-" is standard input. NOT_FOUND, or FAILED_PRECONDITION for what cannot be read: a folder, a file of
  // somebody else. The message begins with the path.
  static absl::StatusOr<std::unique_ptr<ByteSource>> Open(const std::string& path);

  // At most `size` bytes; 0 at the end. DATA_LOSS when reading fails, or a gzip file ends early or is
  // damaged.
  virtual absl::StatusOr<size_t> Read(char* to, size_t size) = 0;

  // Bytes of the file that were read (of a gzip file: compressed ones), and in all; 0 when not known.
  virtual int64_t position() const = 0;
  virtual int64_t size() const = 0;
};

}  // namespace donut::cli
