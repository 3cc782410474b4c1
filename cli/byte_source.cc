#include "cli/byte_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>

#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

// zlib's own; larger reads than twice this go past it.
constexpr unsigned kGzipBufferBytes = 64 << 10;

absl::Status OpenError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  return absl::FailedPreconditionError(message);
}

// Reads gzip files, and everything else as it is.
class FileBytes : public ByteSource {
 public:
  FileBytes(gzFile file, int64_t size) : file_(file), size_(size) { gzbuffer(file_, kGzipBufferBytes); }
  ~FileBytes() override { gzclose_r(file_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  absl::StatusOr<size_t> Read(char* to, size_t size) override {
    const int got = gzread(file_, to, static_cast<unsigned>(size));
    int code = Z_OK;
    const char* message = gzerror(file_, &code);
    if (got < 0 || (got == 0 && code == Z_BUF_ERROR)) {
      if (code == Z_ERRNO)
        return absl::DataLossError(absl::StrCat("the file cannot be read: ", strerror(errno)));
      return absl::DataLossError(absl::StrCat("the gzip file is damaged or ends early: ", message));
    }
    position_ = gzoffset(file_);
    return static_cast<size_t>(got);
  }
  int64_t position() const override { return position_; }
  int64_t size() const override { return size_; }

 private:
  const gzFile file_;
  const int64_t size_;
  std::atomic<int64_t> position_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  const int descriptor = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return OpenError(path, errno);
  struct stat status {};
  fstat(descriptor, &status);
  if (S_ISDIR(status.st_mode)) {
    close(descriptor);
    return OpenError(path, EISDIR);
  }
  const gzFile file = gzdopen(descriptor, "rb");
  if (file == nullptr) {
    close(descriptor);
    return absl::ResourceExhaustedError("out of memory");
  }
  return std::make_unique<FileBytes>(file, S_ISREG(status.st_mode) ? status.st_size : 0);
}

}  // namespace donut::cli
