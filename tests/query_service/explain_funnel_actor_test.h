// What the tests of ExplainFunnelActor share: a history of one user, and its roles. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "query_service/metrics/funnel/explain_funnel_actor.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {

inline v1::ExplainFunnelActorRequest ExplainRequest(const std::string& funnel,
                                                    const std::string& user = "ann") {
  v1::ExplainFunnelActorRequest request;
  const std::string text = absl::StrCat(
      "funnel { scope { interval { start_date: '2024-03-05' end_date: '2024-03-06' } } "
      "window { seconds: 3600 } ",
      funnel, " }");
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  request.set_user_id(user);
  return request;
}

inline std::string Steps(const std::vector<std::string>& names) {
  std::string steps;
  for (const std::string& name : names) absl::StrAppend(&steps, "steps { event_names: '", name, "' } ");
  return steps;
}

class ExplainFunnelActorTest : public MetricTest {
 protected:
  // At a time of 5 March, such as "10:00", or a day and a time.
  void Add(const std::string& time, const std::string& name,
           const std::map<std::string, std::string>& properties = {}, const std::string& session = "") {
    HistoryEvent event;
    event.time = At(absl::StrCat(time.size() == 5 ? "2024-03-05 " : "", time, ":00"));
    event.user = "ann";
    event.session = session;
    event.name = name;
    event.sequence = static_cast<int64_t>(history_.events.size()) + 1;
    event.properties = properties;
    history_.events.push_back(event);
  }

  absl::StatusOr<v1::ExplainFunnelActorResponse> AskExplanation(
      const v1::ExplainFunnelActorRequest& request) {
    Load(history_);
    return Ask(query::ExplainFunnelActor, request);
  }

  v1::ExplainFunnelActorResponse Explain(const v1::ExplainFunnelActorRequest& request) {
    const absl::StatusOr<v1::ExplainFunnelActorResponse> response = AskExplanation(request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::ExplainFunnelActorResponse();
  }

  // The role of each event, without its prefix.
  std::vector<std::string> Roles(const v1::ExplainFunnelActorRequest& request) {
    response_ = Explain(request);
    std::vector<std::string> roles;
    for (const v1::FunnelActorEvent& event : response_.events()) {
      roles.push_back(v1::FunnelEventRole_Name(event.role()).substr(18));
    }
    return roles;
  }
  std::vector<std::string> Roles(const std::string& funnel) { return Roles(ExplainRequest(funnel)); }

  absl::Status Refusal(const v1::ExplainFunnelActorRequest& request) {
    return AskExplanation(request).status();
  }

  History history_;
  v1::ExplainFunnelActorResponse response_;
};

}  // namespace donut::testing
