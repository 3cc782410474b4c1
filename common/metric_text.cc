#include "common/metric_text.h"

#include <charconv>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace donut {
namespace {

const char* NameOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kGauge:
      break;
  }
  return "gauge";
}

// The shortest text that reads as the same number.
std::string Number(double value) {
  char buffer[32];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

void AddLine(const std::string& name, const MetricLabels& labels, const std::string& value,
             std::string& text) {
  absl::StrAppend(&text, name);
  const char* before = "{";
  for (const auto& [label, content] : labels) {
    const std::string escaped = absl::StrReplaceAll(content, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
    absl::StrAppend(&text, before, label, "=\"", escaped, "\"");
    before = ",";
  }
  absl::StrAppend(&text, labels.empty() ? " " : "} ", value, "\n");
}

void AddHistogramLines(const std::string& name, const MetricSample& sample, std::string& text) {
  const HistogramReading& reading = sample.histogram;
  MetricLabels labels = sample.labels;
  labels.emplace_back("le", "");
  for (size_t i = 0; i < reading.upper_bounds.size(); ++i) {
    labels.back().second = Number(reading.upper_bounds[i]);
    AddLine(name + "_bucket", labels, absl::StrCat(reading.up_to_bound[i]), text);
  }
  labels.back().second = "+Inf";
  AddLine(name + "_bucket", labels, absl::StrCat(reading.count), text);
  AddLine(name + "_sum", sample.labels, Number(reading.sum), text);
  AddLine(name + "_count", sample.labels, absl::StrCat(reading.count), text);
}

std::string Answer(const std::string& status, const std::string& body, bool with_body) {
  return absl::StrCat("HTTP/1.1 ", status,
                      "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: ",
                      body.size(), "\r\nConnection: close\r\n\r\n", with_body ? body : "");
}

}  // namespace

std::string FormatMetrics(const MetricPage& page) {
  std::string text;
  for (const MetricFamily& family : page.families()) {
    const std::string help = absl::StrReplaceAll(family.help, {{"\\", "\\\\"}, {"\n", "\\n"}});
    absl::StrAppend(&text, "# HELP ", family.name, " ", help, "\n# TYPE ", family.name, " ",
                    NameOf(family.type), "\n");
    for (const MetricSample& sample : family.samples) {
      if (family.type == MetricType::kHistogram) {
        AddHistogramLines(family.name, sample, text);
      } else {
        AddLine(family.name, sample.labels, Number(sample.value), text);
      }
    }
  }
  return text;
}

std::string AnswerMetricsRequest(const std::string& head, const std::function<void(MetricPage&)>& collect) {
  // "GET /metrics?x=y HTTP/1.1"
  const std::vector<std::string> words = absl::StrSplit(head.substr(0, head.find("\r\n")), ' ');
  if (words.size() != 3 || !absl::StartsWith(words[2], "HTTP/1.")) {
    return Answer("400 Bad Request", "this is no HTTP request\n", true);
  }
  const bool with_body = words[0] != "HEAD";
  if (words[1].substr(0, words[1].find('?')) != "/metrics") {
    return Answer("404 Not Found", "there is only /metrics\n", with_body);
  }
  if (words[0] != "GET" && words[0] != "HEAD") {
    return Answer("405 Method Not Allowed", "there is only GET\n", true);
  }
  MetricPage page;
  collect(page);
  return Answer("200 OK", FormatMetrics(page), with_body);
}

}  // namespace donut
