// What the tests of retention share: a history that grows line by line, and short ways to ask and to
// read the answer. For tests. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "query_service/metrics/retention/retention.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {

inline constexpr char kRecurring[] = "kind: RETENTION_KIND_RECURRING ";
inline constexpr char kOrAfter[] = "mode: RETENTION_MODE_ON_OR_AFTER ";
inline constexpr char kRolling[] = "alignment: RETENTION_ALIGNMENT_ROLLING ";

class RetentionFixture : public MetricTest {
 protected:
  template <typename Message = v1::GetRetentionRequest>
  static Message Request(const std::string& text) {
    Message request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    return request;
  }

  // Daily, offsets 1 and 2, over cohorts from one March day to before another.
  static v1::GetRetentionRequest Days(const std::string& start, const std::string& end,
                                      const std::string& zone = "UTC") {
    return Request(Cohorts(start, end, zone) + " offsets: 1 offsets: 2");
  }
  static std::string Cohorts(const std::string& start, const std::string& end,
                             const std::string& zone = "UTC") {
    return absl::StrCat("scope { interval { start_date: '2024-03-", start, "' end_date: '2024-03-", end,
                        "' } time_zone: '", zone, "' } ");
  }

  static v1::GetRetentionRequest AsOf(const std::string& time, v1::GetRetentionRequest request) {
    *request.mutable_scope()->mutable_as_of_time() = donut::ToProto(At(time));
    return request;
  }

  // `properties`: key to JSON text.
  void Add(const std::string& user, const std::string& time, const std::string& name = "open",
           const std::map<std::string, std::string>& properties = {}) {
    HistoryEvent event;
    event.time = At(time);
    event.user = user;
    event.name = name;
    event.sequence = static_cast<int64_t>(history_.events.size()) + 1;
    event.properties = properties;
    history_.events.push_back(event);
  }

  v1::GetRetentionResponse Retention(const v1::GetRetentionRequest& request) {
    Load(history_);
    const absl::StatusOr<v1::GetRetentionResponse> response = Ask(query::Retention, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetRetentionResponse();
  }
  v1::GetRetentionResponse Retention(const std::string& text) { return Retention(Request(text)); }

  // Size, then what was retained.
  static std::vector<int64_t> Row(const v1::RetentionCohort& cohort) {
    std::vector<int64_t> row = {cohort.size()};
    for (const v1::RetentionCell& cell : cohort.cells()) row.push_back(cell.retained_count());
    return row;
  }

  // Of a response or of a breakdown's row.
  template <typename Message>
  static std::vector<std::vector<int64_t>> Rows(const Message& message) {
    std::vector<std::vector<int64_t>> rows;
    for (const v1::RetentionCohort& cohort : message.cohorts()) rows.push_back(Row(cohort));
    return rows;
  }

  // Of offset 0, then of each cell.
  static std::vector<double> Sums(const v1::RetentionCohort& cohort) {
    std::vector<double> sums = {cohort.value().sum()};
    for (const v1::RetentionCell& cell : cohort.cells()) sums.push_back(cell.value().sum());
    return sums;
  }
  static std::vector<double> CumulativeSums(const v1::RetentionCohort& cohort) {
    std::vector<double> sums = {cohort.value().cumulative_sum()};
    for (const v1::RetentionCell& cell : cohort.cells()) sums.push_back(cell.value().cumulative_sum());
    return sums;
  }

  History history_;
};

}  // namespace donut::testing
