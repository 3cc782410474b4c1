// Filters in each metric, by hand: what a filter does there that it does nowhere else. What a filter
// says of one event is in filtered_statement_test.cc.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/conversion_rate/conversion_rate.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/funnel/funnel.h"
#include "query_service/metrics/pipeline_funnel/pipeline_funnel.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/summary/summary.h"
#include "tests/query_service/metric_test.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/reference/filter.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kMarch[] = "interval { start_date: '2024-03-01' end_date: '2024-03-11' } ";
// As text formats of one filter.
constexpr char kPro[] = "filter { condition { event_property: 'plan' equals { string_value: 'pro' } } } ";
constexpr char kAdult[] =
    "filter { condition { user_property: 'age' greater_or_equal { number_value: 18 } } } ";

template <typename Request>
Request Parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

std::string Scope(const std::string& filter) { return absl::StrCat("scope { ", kMarch, filter, "} "); }

class FilteredMetricsTest : public MetricTest {
 protected:
  void Add(const std::string& user, const std::string& time, const std::string& name,
           const std::string& plan = "") {
    HistoryEvent event = {
        At("2024-" + time), user, "", name, 1, static_cast<int64_t>(history_.events.size()) + 1, {}};
    if (!plan.empty()) event.properties["plan"] = absl::StrCat("\"", plan, "\"");
    history_.events.push_back(event);
  }

  template <typename Request, typename Response>
  Response Answer(absl::StatusOr<Response> (*metric)(const Request&, const query::QueryContext&,
                                                     pqxx::transaction_base&),
                  const std::string& text) {
    Load(history_);
    const absl::StatusOr<Response> response = Ask(metric, Parse<Request>(text));
    EXPECT_OK(response);
    return response.ok() ? *response : Response();
  }

  std::vector<int64_t> Counts(const v1::GetFunnelResponse& response) {
    std::vector<int64_t> counts;
    for (const v1::FunnelStepResult& step : response.steps()) counts.push_back(step.actor_count());
    return counts;
  }

  History history_;
};

TEST_F(FilteredMetricsTest, ActiveAndNewLookAtPassingEventsOnly) {
  Add("ann", "02-01 10:00:00", "visit", "free");
  Add("ann", "03-02 10:00:00", "visit", "pro");
  Add("ben", "02-01 10:00:00", "visit", "pro");
  Add("ben", "03-02 10:00:00", "visit", "pro");
  Add("cat", "03-02 10:00:00", "visit");
  const auto response = Answer(query::ActiveUsers, Scope(kPro));
  EXPECT_EQ(response.active_count(), 2);
  EXPECT_EQ(response.buckets(1).active_count(), 2);
  EXPECT_EQ(response.buckets(1).new_count(), 1) << "ann's first passing event is in March";
  EXPECT_EQ(response.buckets(1).trailing_30_day_count(), 2);
  EXPECT_TRUE(MessageDifferencer::Equals(response.scope().filter(), Parse<v1::Scope>(kPro).filter()));
  EXPECT_FALSE(Answer(query::ActiveUsers, Scope("")).scope().has_filter());
}

TEST_F(FilteredMetricsTest, UsersAreAsTheyAreNow) {
  Add("ann", "03-02 10:00:00", "visit");
  Add("ben", "03-02 10:00:00", "visit");
  Add("cat", "03-02 10:00:00", "visit");
  history_.user_properties = {
      {"ann", {{"age", "18"}}}, {"ben", {{"age", "17"}}}, {"cat", {{"age", "\"99\""}}}};
  EXPECT_EQ(Answer(query::ActiveUsers, Scope(kAdult)).active_count(), 1);
}

TEST_F(FilteredMetricsTest, FunnelSeesOnlyWhatPasses) {
  Add("ann", "03-02 10:00:00", "signup", "pro");
  Add("ann", "03-02 10:01:00", "purchase", "free");
  Add("ben", "03-02 10:00:00", "signup", "pro");
  Add("ben", "03-02 10:01:00", "purchase", "pro");
  const std::string steps = "steps { event_names: 'signup' } steps { event_names: 'purchase' }";
  EXPECT_THAT(Counts(Answer(query::Funnel, Scope("") + steps)), ElementsAre(2, 2));
  EXPECT_THAT(Counts(Answer(query::Funnel, Scope(kPro) + steps)), ElementsAre(2, 1));
}

TEST_F(FilteredMetricsTest, FunnelStepHasAFilterOfItsOwn) {
  Add("ann", "03-02 10:00:00", "signup", "free");
  Add("ann", "03-02 10:01:00", "purchase", "pro");
  Add("ben", "03-02 10:00:00", "signup", "pro");
  Add("ben", "03-02 10:01:00", "purchase", "free");
  const auto response = Answer(query::Funnel, absl::StrCat(Scope(""), "steps { event_names: 'signup' } ",
                                                           "steps { event_names: 'purchase' ", kPro, "}"));
  EXPECT_THAT(Counts(response), ElementsAre(2, 1));
  EXPECT_FALSE(response.steps(0).step().has_filter());
  EXPECT_TRUE(
      MessageDifferencer::Equals(response.steps(1).step().filter(), Parse<v1::FunnelStep>(kPro).filter()));
}

TEST_F(FilteredMetricsTest, StepsOfOneNameTellTheirEventsApartByTheirFilters) {
  Add("ann", "03-02 10:00:00", "visit", "free");
  Add("ann", "03-02 10:00:00", "visit", "pro");
  Add("ben", "03-02 10:00:00", "visit", "pro");
  Add("ben", "03-02 10:01:00", "visit", "free");
  const std::string free = "filter { condition { event_property: 'plan' equals { string_value: 'free' } } } ";
  // Of ann's, at one instant, each is the step it matches; ben's are the wrong way round.
  const auto response = Answer(query::Funnel, absl::StrCat(Scope(""), "steps { any_event: true ", free,
                                                           "} steps { event_names: 'visit' ", kPro, "}"));
  EXPECT_THAT(Counts(response), ElementsAre(2, 1));
}

TEST_F(FilteredMetricsTest, FunnelStepMayAskTheUser) {
  Add("ann", "03-02 10:00:00", "visit");
  Add("ben", "03-02 10:00:00", "visit");
  history_.user_properties["ben"]["age"] = "40";
  EXPECT_THAT(Counts(Answer(query::Funnel, absl::StrCat(Scope(""), "steps { any_event: true ", kAdult, "}"))),
              ElementsAre(1));
}

TEST_F(FilteredMetricsTest, ConversionRateFiltersBothItsSteps) {
  Add("ann", "03-02 10:00:00", "signup", "pro");
  Add("ann", "03-02 10:01:00", "purchase");
  Add("ben", "03-02 10:00:00", "signup", "free");
  Add("ben", "03-02 10:01:00", "purchase");
  const auto response = Answer(query::ConversionRate, absl::StrCat(Scope(""), "from { event_names: 'signup' ",
                                                                   kPro, "} to { event_names: 'purchase' }"));
  EXPECT_EQ(response.entered_count(), 1);
  EXPECT_EQ(response.converted_count(), 1);
  EXPECT_TRUE(response.from().has_filter());
}

TEST_F(FilteredMetricsTest, FirstEventOfACohortIsTheFirstThatPasses) {
  Add("ann", "02-01 10:00:00", "visit", "free");
  Add("ann", "03-02 10:00:00", "visit", "pro");
  Add("ann", "03-03 10:00:00", "visit", "free");
  Add("ben", "02-01 10:00:00", "visit", "pro");
  Add("ben", "03-02 10:00:00", "visit", "pro");
  const std::string start_filter = absl::StrCat("start_", kPro);
  // Everything else being filtered as well, nobody comes back.
  auto response = Answer(query::Retention, Scope(kPro) + "offsets: 1");
  EXPECT_EQ(response.cohorts(1).size(), 1);
  EXPECT_EQ(response.cohorts(1).cells(0).retained_count(), 0);
  // A filter of the start alone lets every event count as coming back.
  response = Answer(query::Retention, Scope("") + start_filter + "offsets: 1");
  EXPECT_EQ(response.cohorts(1).size(), 1);
  EXPECT_EQ(response.cohorts(1).cells(0).retained_count(), 1);
  EXPECT_TRUE(response.has_start_filter());
  EXPECT_FALSE(response.has_return_filter());
  response = Answer(query::Retention, absl::StrCat(Scope(""), start_filter, "return_", kPro, "offsets: 1"));
  EXPECT_EQ(response.cohorts(1).cells(0).retained_count(), 0);
  EXPECT_TRUE(response.has_return_filter());
}

TEST_F(FilteredMetricsTest, SharesOfFeaturesAreOfActorsWithPassingEvents) {
  Add("ann", "03-02 10:00:00", "export", "pro");
  Add("ben", "03-02 10:00:00", "export", "free");
  Add("cat", "03-02 10:00:00", "search", "pro");
  const auto response = Answer(query::FeatureUsage, Scope(kPro));
  EXPECT_EQ(response.active_count(), 2);
  EXPECT_EQ(response.features(0).use_count(), 1);
  EXPECT_EQ(response.features(0).share().value(), 0.5);
}

TEST_F(FilteredMetricsTest, SummaryFiltersItsPartsAndLeavesRunsOut) {
  Add("ann", "03-02 10:00:00", "visit", "pro");
  Add("ben", "03-02 10:00:00", "visit", "free");
  history_.attempts = {
      {.user = "ann", .session = "run", .pipeline = "nightly", .started = At("2024-03-02 10:00:00")}};
  EXPECT_EQ(Answer(query::Summary, Scope("")).pipeline_funnels_size(), 1);
  const auto response = Answer(query::Summary, Scope(kPro));
  EXPECT_EQ(response.event_count(), 1);
  EXPECT_EQ(response.active_users().active_count(), 1);
  EXPECT_EQ(response.feature_usage().active_count(), 1);
  EXPECT_EQ(response.retention().cohorts(1).size(), 1);
  EXPECT_EQ(response.pipeline_funnels_size(), 0);
  EXPECT_TRUE(response.scope().has_filter());
}

TEST_F(FilteredMetricsTest, PipelineFunnelRefusesAFilter) {
  EXPECT_THAT(Ask(query::PipelineFunnel, Parse<v1::GetPipelineFunnelRequest>(Scope(kPro))),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("scope.filter: must not be set")));
}

TEST_F(FilteredMetricsTest, EveryMetricNamesTheFilterThatIsWrong) {
  Load(history_);
  const std::string bad = "filter { condition { event_property: 'p' } } ";
  const std::string bad_regex = "filter { condition { event_property: 'p' regex: '(' } } ";
  const auto refused = [](const absl::Status& status, const std::string& field) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith(field)));
  };
  for (const std::string& filter : {bad, bad_regex}) {
    SCOPED_TRACE(filter);
    const std::string in_scope = Scope(filter);
    refused(Ask(query::ActiveUsers, Parse<v1::GetActiveUsersRequest>(in_scope)).status(),
            "scope.filter.condition");
    refused(Ask(query::FeatureUsage, Parse<v1::GetFeatureUsageRequest>(in_scope)).status(),
            "scope.filter.condition");
    refused(Ask(query::Retention, Parse<v1::GetRetentionRequest>(in_scope)).status(),
            "scope.filter.condition");
    refused(Ask(query::Summary, Parse<v1::GetSummaryRequest>(in_scope)).status(), "scope.filter.condition");
    refused(Ask(query::Funnel, Parse<v1::GetFunnelRequest>(in_scope + "steps { any_event: true }")).status(),
            "scope.filter.condition");
    refused(Ask(query::Funnel, Parse<v1::GetFunnelRequest>(absl::StrCat(
                                   "steps { any_event: true } steps { any_event: true ", filter, "}")))
                .status(),
            "steps[1].filter.condition");
    refused(Ask(query::ConversionRate, Parse<v1::GetConversionRateRequest>(absl::StrCat(
                                           "from { any_event: true } to { any_event: true ", filter, "}")))
                .status(),
            "to.filter.condition");
    refused(Ask(query::Retention, Parse<v1::GetRetentionRequest>("start_" + filter)).status(),
            "start_filter.condition");
    refused(Ask(query::Retention, Parse<v1::GetRetentionRequest>("return_" + filter)).status(),
            "return_filter.condition");
  }
}

TEST_F(FilteredMetricsTest, FiltersDoNotWidenWhatIsRead) {
  const std::string both = absl::StrCat(
      "filter { any_of { condition { user_property: 'age' exists: true } } any_of { condition { "
      "event_property: "
      "'plan' exists: true } } any_of { condition { event_name: true regex: 'x' } } } ");
  const std::string in_2015 = "interval { start_date: '2015-03-01' end_date: '2015-04-01' } ";
  Load(history_);
  const auto funnel = Parse<v1::GetFunnelRequest>(absl::StrCat(
      "scope { ", in_2015, both, "} steps { any_event: true ", both, "} steps { any_event: true }"));
  EXPECT_THAT(ScannedPartitions(database(),
                                [&](pqxx::transaction_base& transaction) {
                                  EXPECT_OK(query::Funnel(funnel, context_, transaction));
                                }),
              ElementsAre("2015"));
  const auto usage = Parse<v1::GetFeatureUsageRequest>(absl::StrCat("scope { ", in_2015, both, "}"));
  EXPECT_THAT(ScannedPartitions(database(),
                                [&](pqxx::transaction_base& transaction) {
                                  EXPECT_OK(query::FeatureUsage(usage, context_, transaction));
                                }),
              ElementsAre("2015"));
  const auto retention = Parse<v1::GetRetentionRequest>(
      absl::StrCat("offsets: 1 scope { ", in_2015, both, "} start_", both, "return_", both));
  EXPECT_THAT(ScannedPartitions(database(),
                                [&](pqxx::transaction_base& transaction) {
                                  EXPECT_OK(query::Retention(retention, context_, transaction));
                                }),
              Not(Contains("2016")));
}

}  // namespace
}  // namespace donut::testing
