#include "copyright_file.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace donut::examples {
namespace {

// Field names in lower case; a value's lines joined by newlines, without their indent.
using Paragraph = std::map<std::string, std::string>;

bool IsContinuation(const std::string& line) { return line[0] == ' ' || line[0] == '\t'; }

// Empty where the line is no field.
std::string FieldName(const std::string& line) {
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string::npos) return "";
  const std::string name = line.substr(0, colon);
  for (const char c : name) {
    if (!absl::ascii_isgraph(c)) return "";
  }
  return absl::AsciiStrToLower(name);
}

std::string Stripped(const std::string& text) { return std::string(absl::StripAsciiWhitespace(text)); }

absl::StatusOr<std::vector<Paragraph>> ParseParagraphs(const std::string& text) {
  std::vector<Paragraph> paragraphs;
  Paragraph current;
  std::string* field = nullptr;
  const auto finish = [&] {
    if (!current.empty()) paragraphs.push_back(std::exchange(current, {}));
    field = nullptr;
  };
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    if (absl::StripAsciiWhitespace(line).empty()) {
      finish();
    } else if (line[0] == '#') {
      continue;
    } else if (IsContinuation(line)) {
      if (field == nullptr)
        return absl::InvalidArgumentError("not machine-readable: an indented line without a field");
      const std::string content = Stripped(line);
      absl::StrAppend(field, "\n", content == "." ? "" : content);
    } else {
      const std::string name = FieldName(line);
      if (name.empty()) {
        return absl::InvalidArgumentError(paragraphs.empty() && current.empty()
                                              ? "not machine-readable: the file begins with prose"
                                              : "not machine-readable: a line that is no field");
      }
      field = &current[name];
      *field = Stripped(line.substr(name.size() + 1));
    }
  }
  finish();
  return paragraphs;
}

bool HasKnownFormat(const Paragraph& header) {
  for (const char* name : {"format", "format-specification"}) {
    const auto format = header.find(name);
    if (format == header.end()) continue;
    const std::string value = absl::AsciiStrToLower(format->second);
    return absl::StrContains(value, "copyright-format") || absl::StrContains(value, "dep5") ||
           absl::StrContains(value, "dep-5") || absl::StrContains(value, "dep.debian.net");
  }
  return false;
}

}  // namespace

absl::StatusOr<CopyrightFile> ParseCopyrightFile(const std::string& text) {
  auto paragraphs = ParseParagraphs(text);
  if (!paragraphs.ok()) return paragraphs.status();
  if (paragraphs->empty()) return absl::InvalidArgumentError("the file is empty");
  if (!HasKnownFormat(paragraphs->front())) {
    return absl::InvalidArgumentError("not machine-readable: no Format field that is known");
  }
  CopyrightFile file;
  file.paragraphs = static_cast<int>(paragraphs->size());
  for (const Paragraph& paragraph : *paragraphs) {
    const auto license = paragraph.find("license");
    if (license == paragraph.end()) continue;
    const size_t end_of_name = license->second.find('\n');
    if (end_of_name == std::string::npos) continue;
    file.licenses.push_back(
        {Stripped(license->second.substr(0, end_of_name)), Stripped(license->second.substr(end_of_name))});
  }
  return file;
}

}  // namespace donut::examples
