#include "cli/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr size_t kChunkBytes = 256 << 10;
constexpr char kByteOrderMark[] = "\xEF\xBB\xBF";

gzFile Handle(void* file) { return static_cast<gzFile>(file); }

absl::Status OpenError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  return absl::FailedPreconditionError(message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  const int descriptor = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return OpenError(path, errno);
  struct stat status {};
  fstat(descriptor, &status);
  if (S_ISDIR(status.st_mode)) {
    close(descriptor);
    return OpenError(path, EISDIR);
  }
  // Reads gzip files, and everything else as it is.
  const gzFile file = gzdopen(descriptor, "rb");
  if (file == nullptr) {
    close(descriptor);
    return absl::ResourceExhaustedError("out of memory");
  }
  gzbuffer(file, kChunkBytes);
  return std::unique_ptr<LineReader>(new LineReader(file, S_ISREG(status.st_mode) ? status.st_size : 0));
}

LineReader::~LineReader() { gzclose_r(Handle(file_)); }

// False at the end of the source. Only called when the buffer is used up.
absl::StatusOr<bool> LineReader::Fill() {
  buffer_.resize(kChunkBytes);
  at_ = 0;
  const int got = gzread(Handle(file_), buffer_.data(), kChunkBytes);
  int code = Z_OK;
  const char* message = gzerror(Handle(file_), &code);
  if (got < 0 || (got == 0 && code == Z_BUF_ERROR)) {
    buffer_.clear();
    if (code == Z_ERRNO)
      return absl::DataLossError(absl::StrCat("the file cannot be read: ", strerror(errno)));
    return absl::DataLossError(absl::StrCat("the gzip file is damaged or ends early: ", message));
  }
  buffer_.resize(got);
  position_ = gzoffset(Handle(file_));
  return got > 0;
}

absl::StatusOr<const SourceLine*> LineReader::Peek() {
  if (peeked_.size() >= kMaxPeekedLines || peeked_bytes_ >= kMaxPeekedBytes) return nullptr;
  Peeked next;
  SourceLine line;
  bool more = true;
  while (true) {
    ASSIGN_OR_RETURN(more, Read(line));
    if (!more || !line.text.empty()) break;
    ++next.empty;
  }
  if (more) {
    peeked_bytes_ += line.text.size();
    next.line = std::move(line);
  }
  peeked_.push_back(std::move(next));
  return more ? &*peeked_.back().line : nullptr;
}

absl::StatusOr<std::string> LineReader::PeekFirst() {
  if (peeked_.empty()) RETURN_IF_ERROR(Peek().status());
  const std::optional<SourceLine>& first = peeked_.front().line;
  return first.has_value() ? first->text : "";
}

absl::StatusOr<bool> LineReader::Next(SourceLine& line) {
  if (peeked_.empty()) return Read(line);
  Peeked& next = peeked_.front();
  if (next.empty > 0) {
    --next.empty;
    line = {"", true, false};
    return true;
  }
  const bool more = next.line.has_value();
  if (more) line = *std::move(next.line);
  peeked_.pop_front();
  return more;
}

absl::StatusOr<bool> LineReader::Read(SourceLine& line) {
  line = {};
  bool any = false;
  while (!line.terminated) {
    if (at_ == buffer_.size()) {
      ASSIGN_OR_RETURN(const bool more, Fill());
      if (!more) break;
    }
    any = true;
    const size_t newline = buffer_.find('\n', at_);
    const size_t end = newline == std::string::npos ? buffer_.size() : newline;
    const size_t room = kMaxLineBytes - line.text.size();
    if (end - at_ > room) line.cut = true;
    line.text.append(buffer_, at_, std::min(end - at_, room));
    line.terminated = newline != std::string::npos;
    at_ = line.terminated ? newline + 1 : end;
  }
  if (first_ && line.text.starts_with(kByteOrderMark)) line.text.erase(0, sizeof(kByteOrderMark) - 1);
  first_ = false;
  const size_t last = line.text.find_last_not_of(" \t\r");
  line.text.resize(last == std::string::npos ? 0 : last + 1);
  // Spaces behind the last newline are no line.
  return any && (line.terminated || !line.text.empty());
}

}  // namespace donut::cli
