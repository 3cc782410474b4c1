// CSV as RFC 4180 has it: a header line, CRLF at the end of each line, quotes where they are needed. Numbers
// are raw, times RFC 3339 in UTC, what is absent is empty. Texts stand as they were sent. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/breakdown.pb.h"
#include "donut/analytics/v1/scope.pb.h"

namespace donut::cli {

class Csv {
 public:
  explicit Csv(const std::vector<std::string>& columns) { Line(columns); }

  // A row is as many of these as there are columns, and Next().
  Csv& Text(const std::string& text);
  Csv& Number(int64_t number);
  Csv& Number(double number);
  Csv& Truth(bool truth) { return Text(truth ? "true" : "false"); }
  Csv& Nothing() { return Text(""); }
  // Empty for the epoch, which no event has: an absent time.
  Csv& Time(const google::protobuf::Timestamp& time);
  // The value, its low and its high end.
  Csv& Rate(bool has_rate, const v1::Rate& rate);
  // count, mean, median, p90, p99, min, max.
  Csv& Durations(bool has_durations, const v1::DurationStatistics& durations);
  // all, text, none, other or not_reached, and the value itself; nullptr: all.
  Csv& Value(const v1::BreakdownValue* value);
  // label, start, end, complete.
  Csv& Bucket(const v1::Bucket& bucket);
  void Next();

  const std::string& text() const { return text_; }

  // The columns of Rate(), Durations(), Value() and Bucket().
  static std::vector<std::string> RateColumns(const std::string& name);
  static std::vector<std::string> DurationColumns(const std::string& name);
  static std::vector<std::string> ValueColumns() { return {"row", "value"}; }
  static std::vector<std::string> BucketColumns(const std::string& name);
  static std::vector<std::string> Joined(const std::vector<std::vector<std::string>>& groups);

 private:
  void Line(const std::vector<std::string>& fields);

  std::string text_;
  bool row_begun_ = false;
};

}  // namespace donut::cli
