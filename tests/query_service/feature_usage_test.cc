#include "query_service/metrics/feature_usage/feature_usage.h"

#include <string>
#include <vector>

#include "common/proto_time.h"
#include "tests/query_service/metric_test.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/reference/feature_usage.h"
#include "tests/reference/random_comparison.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class FeatureUsageTest : public MetricTest {
 protected:
  v1::GetFeatureUsageResponse Answer(const v1::GetFeatureUsageRequest& request) {
    const absl::StatusOr<v1::GetFeatureUsageResponse> response = Ask(query::FeatureUsage, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetFeatureUsageResponse();
  }
};

v1::GetFeatureUsageRequest FeaturesInMarch() {
  v1::GetFeatureUsageRequest request;
  request.mutable_scope()->mutable_interval()->set_start_date("2024-03-01");
  request.mutable_scope()->mutable_interval()->set_end_date("2024-04-01");
  return request;
}

HistoryEvent FeatureEvent(const std::string& user, const std::string& time, const std::string& name,
                          const std::map<std::string, std::string>& properties = {}) {
  static int64_t sequence = 0;
  return {At(time), user, "", name, 1, ++sequence, properties};
}

std::vector<std::string> Features(const v1::GetFeatureUsageResponse& response) {
  std::vector<std::string> features;
  for (const auto& feature : response.features()) features.push_back(feature.feature());
  return features;
}

// The example of docs/metrics/feature_usage.md.
TEST_F(FeatureUsageTest, AnswersTheExampleOfThePage) {
  Load({{FeatureEvent("ann", "2024-03-01 10:00:00", "export"),
         FeatureEvent("ann", "2024-03-02 10:00:00", "export"),
         FeatureEvent("ann", "2024-03-03 10:00:00", "search"),
         FeatureEvent("ben", "2024-03-01 10:00:00", "search")},
        {}});
  const auto response = Answer(FeaturesInMarch());
  EXPECT_EQ(response.active_count(), 2);
  ASSERT_THAT(Features(response), ElementsAre("search", "export"));
  EXPECT_EQ(response.features(1).use_count(), 2);
  EXPECT_EQ(response.features(1).actor_count(), 1);
  EXPECT_EQ(response.features(1).share().value(), 0.5);
  EXPECT_EQ(response.features(1).uses_per_actor(), 2);
  EXPECT_EQ(response.features(1).first_use_time().seconds(), absl::ToUnixSeconds(At("2024-03-01 10:00:00")));
  EXPECT_EQ(response.features(1).last_use_time().seconds(), absl::ToUnixSeconds(At("2024-03-02 10:00:00")));
  EXPECT_EQ(response.features(0).share().value(), 1);
}

TEST_F(FeatureUsageTest, ShareIsOfAllActiveActorsAlsoWhenUsesAreLimited) {
  Load({{FeatureEvent("ann", "2024-03-01 10:00:00", "export"),
         FeatureEvent("ben", "2024-03-01 10:00:00", "search")},
        {}});
  auto request = FeaturesInMarch();
  request.add_event_names("export");
  const auto response = Answer(request);
  ASSERT_THAT(Features(response), ElementsAre("export"));
  EXPECT_EQ(response.features(0).share().value(), 0.5);
}

TEST_F(FeatureUsageTest, ValuesOfAPropertyCompareByTheirText) {
  Load({{FeatureEvent("ann", "2024-03-01 10:00:00", "use", {{"feature", "1"}}),
         FeatureEvent("ben", "2024-03-01 10:00:00", "use", {{"feature", "\"1\""}}),
         FeatureEvent("cat", "2024-03-01 10:00:00", "use", {{"feature", "true"}}),
         FeatureEvent("dan", "2024-03-01 10:00:00", "use", {{"feature", "null"}}),
         FeatureEvent("eve", "2024-03-01 10:00:00", "use", {{"other", "1"}}),
         FeatureEvent("fay", "2024-03-01 10:00:00", "use"),
         FeatureEvent("gil", "2024-03-01 10:00:00", "use", {{"feature", "\"\""}})},
        {}});
  auto request = FeaturesInMarch();
  request.set_property("feature");
  const auto response = Answer(request);
  ASSERT_THAT(Features(response), ElementsAre("1", "", "true"));
  EXPECT_EQ(response.features(0).actor_count(), 2);
  EXPECT_EQ(response.active_count(), 7);
  EXPECT_EQ(response.total_size(), 3);
}

TEST_F(FeatureUsageTest, PropertyIsAKeyWhateverItSays) {
  Load({{FeatureEvent("ann", "2024-03-01 10:00:00", "use", {{"a'b\"c\\%", "\"yes\""}})}, {}});
  auto request = FeaturesInMarch();
  request.set_property("a'b\"c\\%");
  EXPECT_THAT(Features(Answer(request)), ElementsAre("yes"));
}

TEST_F(FeatureUsageTest, EmptyIntervalHasNoShares) {
  Load({});
  const auto response = Answer(FeaturesInMarch());
  EXPECT_EQ(response.active_count(), 0);
  EXPECT_EQ(response.total_size(), 0);
  EXPECT_THAT(response.features(), SizeIs(0));
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(FeatureUsageTest, PagesMakeUpTheWholeInOrder) {
  History history;
  for (int i = 0; i < 7; ++i)
    history.events.push_back(FeatureEvent("ann", "2024-03-01 10:00:00", std::string(1, 'g' - i)));
  Load(history);
  auto request = FeaturesInMarch();
  request.set_page_size(3);
  std::vector<std::string> all;
  for (int page = 0; page < 4; ++page) {
    const auto response = Answer(request);
    EXPECT_EQ(response.total_size(), 7);
    for (const std::string& feature : Features(response)) all.push_back(feature);
    request.set_page_token(response.next_page_token());
    if (request.page_token().empty()) break;
  }
  EXPECT_THAT(all, ElementsAre("a", "b", "c", "d", "e", "f", "g"));
}

TEST_F(FeatureUsageTest, LaterPagesSeeAsOfTheSameMomentAsTheFirst) {
  Load({{FeatureEvent("ann", "2024-06-15 10:00:00", "a"), FeatureEvent("ann", "2024-06-15 10:00:00", "b"),
         FeatureEvent("ann", "2024-06-15 12:30:00", "c")},
        {}});
  v1::GetFeatureUsageRequest request;
  request.set_page_size(1);
  const auto first = Answer(request);
  context_.now += absl::Hours(24);
  request.set_page_token(first.next_page_token());
  const auto second = Answer(request);
  EXPECT_EQ(second.scope().as_of_time().seconds(), first.scope().as_of_time().seconds());
  EXPECT_THAT(Features(second), ElementsAre("b"));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(FeatureUsageTest, RefusesATokenOfAnotherRequest) {
  Load({{FeatureEvent("ann", "2024-03-01 10:00:00", "a"), FeatureEvent("ann", "2024-03-01 10:00:00", "b")},
        {}});
  auto request = FeaturesInMarch();
  request.set_page_size(1);
  const std::string token = Answer(request).next_page_token();
  ASSERT_NE(token, "");
  const auto refused = [&](v1::GetFeatureUsageRequest changed, const std::string& with) {
    SCOPED_TRACE(with);
    changed.set_page_token(with);
    EXPECT_THAT(
        Ask(query::FeatureUsage, changed),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("page_token: must be the next_page_token")));
  };
  auto changed = request;
  changed.set_property("feature");
  refused(changed, token);
  changed = request;
  changed.set_page_size(2);
  refused(changed, token);
  refused(request, "no token");
  refused(request, token + "A");
  context_.project.project_id += 1;
  refused(request, token);
}

TEST_F(FeatureUsageTest, RefusesWithFieldAndRule) {
  const auto refused = [&](const v1::GetFeatureUsageRequest& request, const std::string& field,
                           const std::string& rule) {
    EXPECT_THAT(Ask(query::FeatureUsage, request),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))));
  };
  auto request = FeaturesInMarch();
  request.set_page_size(1001);
  refused(request, "page_size", "from 1 to 1000");
  request.set_page_size(-1);
  refused(request, "page_size", "from 1 to 1000");
  request = FeaturesInMarch();
  request.set_property(std::string(256, 'x'));
  refused(request, "property", "at most 255 bytes");
}

TEST_F(FeatureUsageTest, ReadsOnlyThePartitionsOfTheInterval) {
  const auto partitions = ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
    auto request = FeaturesInMarch();
    request.mutable_scope()->mutable_interval()->set_start_date("2015-03-01");
    request.mutable_scope()->mutable_interval()->set_end_date("2016-04-01");
    EXPECT_OK(query::FeatureUsage(request, context_, transaction));
  });
  EXPECT_THAT(partitions, ElementsAre("2015", "2016"));
}

TEST_F(FeatureUsageTest, AgreesWithTheDefinitionOnRandomHistories) {
  using Request = v1::GetFeatureUsageRequest;
  CompareOnRandomHistories<Request>(
      200,
      [](Dice& dice) {
        const RandomSetting setting = PickSetting(dice);
        Request request;
        *request.mutable_scope() = MakeRandomScope(dice, setting);
        if (dice.OneIn(2)) request.set_property("feature");
        if (dice.OneIn(3)) request.set_actor(v1::ACTOR_SESSION);
        if (dice.OneIn(2)) {
          for (const std::string& name : PickNames(dice, 3)) request.add_event_names(name);
        }
        request.set_page_size(static_cast<int32_t>(dice.Between(1, 5)));
        RandomTrial<Request> trial = {MakeRandomHistory(dice, setting), setting.time_zone, request};
        FilterSome(dice, trial);
        return trial;
      },
      [this](const RandomTrial<Request>& trial) -> std::string {
        Load(trial.history, trial.time_zone);
        v1::GetFeatureUsageResponse response = Answer(trial.request);
        FeatureUsageQuestion question;
        question.start = *FromProto(response.scope().start_time(), "");
        question.end = *FromProto(response.scope().end_time(), "");
        question.as_of = *FromProto(response.scope().as_of_time(), "");
        question.by_session = trial.request.actor() == v1::ACTOR_SESSION;
        question.property = trial.request.property();
        question.names = {trial.request.event_names().begin(), trial.request.event_names().end()};
        const FeatureUsageByDefinitionResult expected =
            FeatureUsageByDefinition(SeenHistory(trial), question);
        std::string got =
            absl::StrCat("active ", response.active_count(), ", of ", response.total_size(), "\n");
        for (Request next = trial.request;;) {
          for (const auto& row : response.features()) {
            absl::StrAppend(&got, row.feature(), " ", row.use_count(), " ", row.actor_count(), " ",
                            absl::ToUnixMicros(*FromProto(row.first_use_time(), "")), " ",
                            absl::ToUnixMicros(*FromProto(row.last_use_time(), "")), "\n");
          }
          if (response.next_page_token().empty()) break;
          next.set_page_token(response.next_page_token());
          response = Answer(next);
        }
        std::string wanted = absl::StrCat("active ", expected.active, ", of ", expected.rows.size(), "\n");
        for (const FeatureUsageRow& row : expected.rows) {
          absl::StrAppend(&wanted, row.feature, " ", row.uses, " ", row.actors, " ",
                          absl::ToUnixMicros(row.first), " ", absl::ToUnixMicros(row.last), "\n");
        }
        return got == wanted ? "" : absl::StrCat(got, "but by definition\n", wanted);
      });
}

}  // namespace
}  // namespace donut::testing
