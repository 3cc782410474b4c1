#include "common/log.h"

#include <unistd.h>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace donut {
namespace {

const char* NameOf(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      return "ERROR";
  }
  return "UNKNOWN";
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void AppendEscaped(std::string& line, const std::string& text, bool quoted) {
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (IsControl(c)) {
      absl::StrAppendFormat(&line, "\\x%02x", static_cast<unsigned char>(c));
    } else if (quoted && (c == '"' || c == '\\')) {
      line += '\\';
      line += c;
    } else {
      line += c;
    }
  }
}

bool NeedsQuotes(const std::string& value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || IsControl(c)) return true;
  }
  return false;
}

}  // namespace

std::string FormatLogLine(absl::Time time, Severity severity, const std::string& message,
                          std::initializer_list<LogField> fields) {
  std::string line = absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ ", time, absl::UTCTimeZone());
  line += NameOf(severity);
  line += ' ';
  AppendEscaped(line, message, /*quoted=*/false);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    if (NeedsQuotes(field.value)) {
      line += '"';
      AppendEscaped(line, field.value, /*quoted=*/true);
      line += '"';
    } else {
      line += field.value;
    }
  }
  return line;
}

void Log(Severity severity, const std::string& message, std::initializer_list<LogField> fields) {
  const std::string line = FormatLogLine(absl::Now(), severity, message, fields) + "\n";
  // One write per line keeps the lines of several threads whole. Nothing helps when it fails.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace donut
