#include "query_service/metrics/conversion_rate/conversion_rate.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::HasSubstr;

v1::GetConversionRateRequest ConversionRateRequest(const std::string& text) {
  v1::GetConversionRateRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

constexpr char kSignupToPurchase[] = R"(
    scope { interval { start_date: "2024-03-01" end_date: "2024-03-11" } }
    from { event_names: "signup" } to { event_names: "purchase" } )";

class ConversionRateTest : public MetricTest {
 protected:
  void Add(const std::string& user, const std::string& name, const std::string& time,
           const std::string& session = "") {
    HistoryEvent event;
    event.time = At(time);
    event.user = user;
    event.name = name;
    event.session = session;
    event.sequence = static_cast<int64_t>(history_.events.size()) + 1;
    history_.events.push_back(event);
  }

  v1::GetConversionRateResponse ConversionRate(const std::string& request) {
    Load(history_);
    const absl::StatusOr<v1::GetConversionRateResponse> response =
        Ask(query::ConversionRate, ConversionRateRequest(request));
    EXPECT_OK(response);
    return response.ok() ? *response : v1::GetConversionRateResponse();
  }

  History history_;
};

// The example of docs/metrics/conversion_rate.md.
TEST_F(ConversionRateTest, AnswersTheExampleOfItsPage) {
  Add("ann", "signup", "2024-03-02 10:00:00");
  Add("ann", "purchase", "2024-03-02 10:30:00");
  Add("bob", "signup", "2024-03-10 23:00:00");
  Add("bob", "purchase", "2024-03-14 23:00:00");
  Add("cat", "purchase", "2024-03-03 09:00:00");
  Add("cat", "signup", "2024-03-03 09:05:00");
  Add("dan", "signup", "2024-03-04 00:00:00");
  Add("dan", "purchase", "2024-03-20 00:00:00");
  Add("eve", "purchase", "2024-03-05 00:00:00");

  const v1::GetConversionRateResponse response = ConversionRate(kSignupToPurchase);
  EXPECT_EQ(response.entered_count(), 4);
  EXPECT_EQ(response.converted_count(), 2);
  EXPECT_DOUBLE_EQ(response.conversion().value(), 0.5);
  EXPECT_NEAR(response.conversion().low(), 0.1500, 5e-5);
  EXPECT_NEAR(response.conversion().high(), 0.8500, 5e-5);
  EXPECT_DOUBLE_EQ(response.time_to_convert().min_seconds(), 1800);
  EXPECT_DOUBLE_EQ(response.time_to_convert().max_seconds(), 4 * 86400);
  EXPECT_EQ(response.from_label(), "signup");
  EXPECT_EQ(response.to_label(), "purchase");
  EXPECT_TRUE(response.complete());
}

TEST_F(ConversionRateTest, RepeatsBothStepsBesideTheirLabels) {
  const v1::GetConversionRateResponse response =
      ConversionRate(R"(from { any_event: true } to { event_names: "b" event_names: "c" label: "Bought" })");
  EXPECT_TRUE(response.from().any_event());
  EXPECT_EQ(response.from().label(), "any event");
  EXPECT_EQ(response.to_label(), "Bought");
  EXPECT_EQ(response.to().label(), "Bought");
  EXPECT_THAT(response.to().event_names(), ::testing::ElementsAre("b", "c"));
  EXPECT_FALSE(response.to().any_event());
}

TEST_F(ConversionRateTest, ConvertingTwiceCountsOnce) {
  Add("u", "signup", "2024-03-02 10:00:00");
  Add("u", "purchase", "2024-03-02 10:30:00");
  Add("u", "signup", "2024-03-03 10:00:00");
  Add("u", "purchase", "2024-03-03 10:30:00");
  const v1::GetConversionRateResponse response = ConversionRate(kSignupToPurchase);
  EXPECT_EQ(response.entered_count(), 1);
  EXPECT_EQ(response.converted_count(), 1);
}

TEST_F(ConversionRateTest, SessionsConvertByThemselves) {
  Add("u", "signup", "2024-03-02 10:00:00", "s1");
  Add("u", "purchase", "2024-03-02 10:30:00", "s2");
  const v1::GetConversionRateResponse response =
      ConversionRate(absl::StrCat(kSignupToPurchase, "actor: ACTOR_SESSION"));
  EXPECT_EQ(response.entered_count(), 1);
  EXPECT_EQ(response.converted_count(), 0);
  EXPECT_DOUBLE_EQ(response.conversion().value(), 0);
  EXPECT_FALSE(response.has_time_to_convert());
}

TEST_F(ConversionRateTest, RateOfNobodyIsAbsent) {
  EXPECT_FALSE(ConversionRate(kSignupToPurchase).has_conversion());
}

TEST_F(ConversionRateTest, RefusesWithTheFieldAndTheRule) {
  const auto refused = [&](const std::string& request, const std::string& message) {
    EXPECT_THAT(Ask(query::ConversionRate, ConversionRateRequest(request)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  };
  refused("to { any_event: true }", "from.event_names: must have a name");
  refused("from { any_event: true }", "to.event_names: must have a name");
  refused("from { any_event: true event_names: 'a' } to { any_event: true }",
          "from.any_event: must not be set");
  refused("from { any_event: true } to { event_names: '' }", "to.event_names[0]: must not be empty");
  refused("from { any_event: true } to { any_event: true } window { seconds: -5 }", "window: must be from");
  refused("from { any_event: true } to { any_event: true } actor: 3", "actor: must be");
}

}  // namespace
}  // namespace donut::testing
