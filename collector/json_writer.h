// Writes JSON to the end of a string by way of a small buffer: many short pieces appended to the string
// itself cost more than the rest of the work. Takes texts as they came and holds them to the
// rule of common/utf8.h on the way, so that each byte is looked at once. Lives on the stack of one call; not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace donut::collector {

class JsonWriter {
 public:
  // Nothing is in `out` for certain before Flush.
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  // Punctuation and words, as they are.
  void Write(char character) {
    MakeRoom();
    *at_++ = character;
  }
  template <size_t kSize>
  void Write(const char (&word)[kSize]) {
    static_assert(kSize - 1 <= kRoom);
    MakeRoom();
    std::memcpy(at_, word, kSize - 1);
    at_ += kSize - 1;
  }

  // In quotes. False when the text is not UTF-8 without NUL; then what was written is of no use.
  [[nodiscard]] bool WriteText(std::string_view text);

  // A finite one.
  void WriteNumber(double number);

  // How long `out` will be with all that is written so far.
  size_t position() const { return out_.size() + static_cast<size_t>(at_ - buffer_); }

  void Flush() {
    out_.append(buffer_, static_cast<size_t>(at_ - buffer_));
    at_ = buffer_;
  }

 private:
  static constexpr size_t kBufferBytes = 4 << 10;
  // More than any single step writes.
  static constexpr size_t kRoom = 64;

  void MakeRoom() {
    if (static_cast<size_t>(buffer_ + kBufferBytes - at_) < kRoom) [[unlikely]]
      Flush();
  }
  // The one at `at`, which needs an escape or a check; moves `at` behind it.
  bool WriteSpecial(const char*& at, const char* end);
  void WriteEscaped(unsigned char byte);

  std::string& out_;
  char* at_ = buffer_;
  char buffer_[kBufferBytes];
};

}  // namespace donut::collector
