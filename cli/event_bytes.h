// Writes an event, or the properties alone, as protobuf's wire bytes, one value after the other. An import
// makes millions of events; building a message with a Struct for each costs several times what
// reading the line does. What is written is what v1::Event (google.protobuf.Struct) serializes to; a test
// holds that. Texts must be UTF-8: nothing is checked here.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace donut::cli {

class EventBytes {
 public:
  // Forgets what was written: properties alone follow.
  void Clear();
  // The same, and begins an event: its properties follow, then FinishEvent. An empty session is none.
  void StartEvent(std::string_view name, std::string_view user_id, std::string_view session_id,
                  absl::Time time);
  // Behind the properties: what follows is set on the user.
  void StartUserProperties();
  void FinishEvent();

  const std::string& bytes() const { return bytes_; }
  absl::Time time() const { return time_; }

  // A property, or a member of an object: OpenMember, one value, CloseMember. They nest.
  void OpenMember(std::string_view key);
  void CloseMember();
  // Around each element of a list.
  void OpenElement();
  void CloseElement();

  void Null();
  void Bool(bool value);
  void Number(double value);
  void Text(std::string_view text);
  void OpenObject();
  void CloseObject();
  void OpenList();
  void CloseList();

 private:
  void Open(uint8_t tag);
  void Close();
  // The properties, which are left out when there are none.
  void CloseProperties();
  void Delimited(uint8_t tag, std::string_view text);

  std::string bytes_;
  absl::Time time_;
  // Where the open messages begin: the byte behind their tag. Bounded by the caller's nesting.
  static constexpr size_t kMaxOpen = 64;
  size_t open_[kMaxOpen];
  size_t open_count_ = 0;
};

}  // namespace donut::cli
