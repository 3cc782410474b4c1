#include "tests/support/case_file.h"

#include <map>
#include <optional>
#include <regex>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "tests/support/case_line.h"

namespace donut::testing {
namespace {

using nlohmann::json;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

// A key that stands twice would hide the first one's value.
absl::StatusOr<json> ParseObject(const std::string& text) {
  std::vector<std::set<std::string>> keys;
  std::string twice;
  const auto note = [&](int /*depth*/, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  try {
    json object = json::parse(text, note);
    if (!object.is_object()) return Wrong("must be a JSON object");
    if (!twice.empty()) return Wrong(absl::StrCat("has the key \"", twice, "\" twice in one object"));
    return object;
  } catch (const json::parse_error& error) {
    return Wrong(absl::StrCat("is not JSON: ", error.what()));
  }
}

using Properties = std::map<std::string, std::string>;

absl::StatusOr<Properties> ReadProperties(CaseLine& line) {
  Properties properties;
  while (!line.AtEnd()) {
    ASSIGN_OR_RETURN(auto property, line.Property());
    if (!properties.insert(property).second)
      return Wrong(absl::StrCat("the property ", property.first, " twice"));
  }
  return properties;
}

class CaseReader {
 public:
  CaseReader(const std::string& file, const std::string& text)
      : file_(file), lines_(absl::StrSplit(text, '\n')) {}

  absl::StatusOr<std::vector<MetricCase>> Read() {
    for (number_ = 1; number_ <= static_cast<int>(lines_.size()); ++number_) {
      const absl::Status status = ReadLine(WithoutComment(lines_[number_ - 1]));
      if (!status.ok()) return At(number_, status);
    }
    RETURN_IF_ERROR(EndCase());
    if (cases_.empty()) return At(1, Wrong("has no case"));
    return std::move(cases_);
  }

 private:
  // What an indented line belongs to.
  enum class Section { kNone, kEvents, kUsers, kAsk, kExpect };

  absl::Status At(int line, const absl::Status& status) const {
    return Wrong(absl::StrCat(file_, ":", line, ": ", status.message()));
  }

  absl::Status ReadLine(const std::string& line) {
    if (line.empty()) return absl::OkStatus();
    if (line[0] != ' ') return BeginSection(line);
    switch (section_) {
      case Section::kEvents:
        return ReadEvent(line);
      case Section::kUsers:
        return ReadUser(line);
      case Section::kAsk:
      case Section::kExpect:
        absl::StrAppend(&json_, line, "\n");
        return absl::OkStatus();
      default:
        return Wrong("belongs to no section");
    }
  }

  absl::Status BeginSection(const std::string& line) {
    const size_t colon = line.find(':');
    const std::string keyword = line.substr(0, colon);
    if (colon == std::string::npos) {
      return Wrong(
          "neither a section nor indented: the sections are case, time_zone, events, users, ask, expect, "
          "error");
    }
    const std::string rest(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    RETURN_IF_ERROR(EndSection());
    if (keyword == "case") return BeginCase(rest);
    if (cases_.empty()) return Wrong("comes before the first case");
    if (keyword == "expect" || keyword == "error") return BeginAnswer(keyword, rest);
    RETURN_IF_ERROR(CheckAnswered());
    if (keyword == "ask") return BeginQuestion(rest);
    if (!now().questions.empty()) return Wrong(absl::StrCat(keyword, " must come before the first ask"));
    if (keyword == "time_zone") {
      now().time_zone = rest;
      return rest.empty() ? Wrong("time_zone must have a name") : absl::OkStatus();
    }
    if (!rest.empty()) return Wrong(absl::StrCat(keyword, ": nothing may follow in this line"));
    if (keyword != "events" && keyword != "users") return Wrong(absl::StrCat("no such section: ", keyword));
    section_ = keyword == "events" ? Section::kEvents : Section::kUsers;
    return absl::OkStatus();
  }

  absl::Status BeginCase(const std::string& name) {
    if (!cases_.empty()) RETURN_IF_ERROR(EndCase());
    if (TestNameOf(name).empty()) return Wrong("a case must have a name: the mistake that it prevents");
    if (!names_.insert(TestNameOf(name)).second) return Wrong("another case has this name");
    cases_.push_back({.file = file_, .line = number_, .name = name});
    day_.clear();
    return absl::OkStatus();
  }

  absl::Status BeginQuestion(const std::string& rest) {
    CaseLine line(rest);
    CaseQuestion question{.line = number_};
    ASSIGN_OR_RETURN(question.rpc, line.Word());
    json_ = line.Rest() + "\n";
    now().questions.push_back(question);
    section_ = Section::kAsk;
    return absl::OkStatus();
  }

  absl::Status BeginAnswer(const std::string& keyword, const std::string& rest) {
    if (now().questions.empty() || now().questions.back().answer_line != 0) {
      return Wrong(absl::StrCat(keyword, " must follow an ask, once"));
    }
    CaseQuestion& question = now().questions.back();
    question.answer_line = number_;
    if (keyword == "expect") {
      json_ = rest + "\n";
      section_ = Section::kExpect;
      return absl::OkStatus();
    }
    CaseLine line(rest);
    ASSIGN_OR_RETURN(question.error_code, line.Word());
    question.error_text = line.Rest();
    if (!question.error_text.empty()) return absl::OkStatus();
    return Wrong("an error must have a code and a part of its message");
  }

  absl::Status EndSection() {
    const Section ended = std::exchange(section_, Section::kNone);
    if (ended != Section::kAsk && ended != Section::kExpect) return absl::OkStatus();
    CaseQuestion& question = now().questions.back();
    absl::StatusOr<json> object = ParseObject(json_);
    if (!object.ok()) {
      return Wrong(absl::StrCat("the ", ended == Section::kAsk ? "request" : "answer", " above ",
                                object.status().message()));
    }
    if (ended == Section::kAsk) {
      question.request = json_;
      return absl::OkStatus();
    }
    if (object->empty()) return Wrong("the answer above expects nothing");
    question.expected = *std::move(object);
    return absl::OkStatus();
  }

  absl::Status CheckAnswered() {
    if (now().questions.empty() || now().questions.back().answer_line != 0) return absl::OkStatus();
    return Wrong(
        absl::StrCat("the ask of line ", now().questions.back().line, " has neither expect nor error"));
  }

  absl::Status EndCase() {
    RETURN_IF_ERROR(EndSection());
    if (cases_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(CheckAnswered());
    if (now().questions.empty()) return Wrong(absl::StrCat("the case of line ", now().line, " asks nothing"));
    std::set<std::string> users;
    for (const HistoryEvent& event : now().history.events) users.insert(event.user);
    for (const auto& [user, properties] : now().history.user_properties) {
      if (users.count(user) == 0) return Wrong(absl::StrCat("in the case above ", user, " has no event"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<absl::Time> ReadTime(CaseLine& line) {
    static const std::regex day("\\d{4}-\\d\\d-\\d\\d");
    static const std::regex clock("(\\d\\d:\\d\\d)(:\\d\\d(?:\\.\\d{1,6})?)?(Z|[+-]\\d\\d:\\d\\d)?");
    ASSIGN_OR_RETURN(std::string word, line.Word());
    if (std::regex_match(word, day)) {
      day_ = word;
      ASSIGN_OR_RETURN(word, line.Word());
    }
    std::smatch parts;
    if (day_.empty()) return Wrong("the first event needs its day: 2024-03-01 10:00");
    if (!std::regex_match(word, parts, clock)) {
      return Wrong(absl::StrCat("no time: ", word, " (10:00, 10:00:00.5 or 10:00+01:00)"));
    }
    const std::string seconds = parts[2].matched ? parts[2].str() : ":00";
    const std::string offset = parts[3].matched ? parts[3].str() : "Z";
    absl::Time time;
    std::string error;
    const std::string text = absl::StrCat(day_, "T", parts[1].str(), seconds, offset);
    if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error))
      return Wrong(absl::StrCat(text, ": ", error));
    return time;
  }

  absl::Status ReadEvent(const std::string& text) {
    CaseLine line(text);
    HistoryEvent event;
    ASSIGN_OR_RETURN(event.time, ReadTime(line));
    ASSIGN_OR_RETURN(event.user, line.Word());
    ASSIGN_OR_RETURN(event.name, line.Word());
    if (line.Peek() == '[') {
      ASSIGN_OR_RETURN(event.session, line.Bracketed());
    }
    if (line.Peek() == '#') {
      static const std::regex producer("#[1-9]");
      ASSIGN_OR_RETURN(const std::string word, line.Word());
      if (!std::regex_match(word, producer)) return Wrong(absl::StrCat("no producer: ", word, " (#1 to #9)"));
      event.producer_no = word[1] - '0';
    }
    ASSIGN_OR_RETURN(event.properties, ReadProperties(line));
    event.sequence = static_cast<int64_t>(now().history.events.size()) + 1;
    now().history.events.push_back(event);
    return absl::OkStatus();
  }

  absl::Status ReadUser(const std::string& text) {
    CaseLine line(text);
    ASSIGN_OR_RETURN(const std::string user, line.Word());
    ASSIGN_OR_RETURN(Properties properties, ReadProperties(line));
    if (now().history.user_properties.emplace(user, std::move(properties)).second) return absl::OkStatus();
    return Wrong(absl::StrCat("the user ", user, " twice"));
  }

  MetricCase& now() { return cases_.back(); }

  const std::string file_;
  const std::vector<std::string> lines_;
  int number_ = 0;
  std::vector<MetricCase> cases_;
  std::set<std::string> names_;
  Section section_ = Section::kNone;
  std::string json_;
  std::string day_;
};

}  // namespace

absl::StatusOr<std::vector<MetricCase>> ReadCases(const std::string& file, const std::string& text) {
  return CaseReader(file, text).Read();
}

std::string TestNameOf(const std::string& case_name) {
  std::string name;
  bool begins = true;
  for (const char c : case_name) {
    const auto letter = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(letter)) name += begins ? static_cast<char>(absl::ascii_toupper(letter)) : c;
    begins = !absl::ascii_isalnum(letter);
  }
  return name;
}

}  // namespace donut::testing
