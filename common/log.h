// Structured logs: one line per record on standard error, in logfmt:
//   2024-01-31T05:00:00.123456Z INFO serving service=donut-collector address=127.0.0.1:50051
// Never an event's content, a user id, a key or a token. Thread-safe.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace donut {

enum class Severity { kInfo, kWarning, kError };

// A key and a value; values with spaces, quotes or control characters are quoted and escaped.
struct LogField {
  LogField(std::string key_in, const std::string& value_in) : key(std::move(key_in)), value(value_in) {}
  LogField(std::string key_in, const char* value_in) : key(std::move(key_in)), value(value_in) {}
  template <typename Number>
  LogField(std::string key_in, Number value_in) : key(std::move(key_in)), value(absl::StrCat(value_in)) {}
  std::string key;
  std::string value;
};

void Log(Severity severity, const std::string& message, std::initializer_list<LogField> fields = {});

// The line that Log writes, without the newline; for tests.
std::string FormatLogLine(absl::Time time, Severity severity, const std::string& message,
                          std::initializer_list<LogField> fields);

}  // namespace donut
