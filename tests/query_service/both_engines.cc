#include "tests/query_service/both_engines.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"

namespace donut::testing {

std::string EngineDifference(const google::protobuf::Message& by_sql,
                             const google::protobuf::Message& by_history) {
  const std::string first = FirstDifference(by_sql, by_history);
  if (first.empty()) return "";
  const std::unique_ptr<google::protobuf::Message> sql(by_sql.New());
  const std::unique_ptr<google::protobuf::Message> history(by_history.New());
  sql->CopyFrom(by_sql);
  history->CopyFrom(by_history);
  ClearEngine(*sql);
  ClearEngine(*history);
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  differencer.Compare(*sql, *history);
  return absl::StrCat("SQL and histories differ in ", first, ":\n", report);
}

}  // namespace donut::testing
