#include "history_bookmark.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace donut::examples {
namespace {

constexpr size_t kMaxBytes = 256;
// Version, size of a hash, eight bytes of the number.
constexpr char kVersion = 'h';
constexpr size_t kHeaderBytes = 10;

}  // namespace

absl::StatusOr<std::string> EncodeBookmark(const HistoryBookmark& bookmark) {
  const std::string target = absl::HexStringToBytes(bookmark.target);
  std::string bytes = {kVersion, static_cast<char>(target.size())};
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(bookmark.sequence_before >> shift & 0xFF);
  bytes += target;
  for (const std::string& hash : bookmark.done) bytes += absl::HexStringToBytes(hash);
  if (bytes.size() > kMaxBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(bookmark.done.size(),
                     " branches were sent that are not merged into each other: too many to remember"));
  }
  return bytes;
}

absl::StatusOr<HistoryBookmark> DecodeBookmark(const std::string& bytes) {
  const absl::Status unknown = absl::DataLossError("the bookmark is not one of a repository's history");
  if (bytes.size() < kHeaderBytes || bytes[0] != kVersion) return unknown;
  const size_t hash_bytes = static_cast<unsigned char>(bytes[1]);
  const size_t rest = bytes.size() - kHeaderBytes;
  if (hash_bytes == 0 || rest == 0 || rest % hash_bytes != 0) return unknown;
  HistoryBookmark bookmark;
  for (size_t i = 2; i < kHeaderBytes; ++i) {
    bookmark.sequence_before = bookmark.sequence_before << 8 | static_cast<unsigned char>(bytes[i]);
  }
  bookmark.target = absl::BytesToHexString(bytes.substr(kHeaderBytes, hash_bytes));
  for (size_t at = kHeaderBytes + hash_bytes; at < bytes.size(); at += hash_bytes) {
    bookmark.done.push_back(absl::BytesToHexString(bytes.substr(at, hash_bytes)));
  }
  return bookmark;
}

}  // namespace donut::examples
