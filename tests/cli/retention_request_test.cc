#include "cli/retention_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"

namespace donut::cli {
namespace {

using ::testing::StartsWith;

const absl::Time kRetentionNow = absl::FromCivil(absl::CivilHour(2024, 3, 10, 12), absl::UTCTimeZone());

template <typename Message>
void ExpectRetentionRequest(const absl::StatusOr<Message>& actual, const std::string& expected) {
  ASSERT_TRUE(actual.ok()) << actual.status();
  Message message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(expected, &message));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*actual, message)) << actual->DebugString();
}

std::string RetentionRefusal(const RetentionArguments& arguments) {
  return std::string(ToRetentionRequest(arguments, kRetentionNow).status().message());
}

TEST(RetentionRequestTest, SaysEveryOption) {
  ExpectRetentionRequest(ToRetentionRequest({.period = "week",
                                             .offsets = "1-3,7",
                                             .start_event = "signup|login",
                                             .return_event = "*[price > 10]",
                                             .kind = "recurring",
                                             .mode = "on-or-after",
                                             .alignment = "calendar",
                                             .breakdown = "plan",
                                             .value = "price"},
                                            kRetentionNow),
                         R"pb(scope {}
                              period: GRANULARITY_WEEK
                              offsets: [ 1, 2, 3, 7 ]
                              start_event_names: [ "signup", "login" ]
                              return_filter {
                                condition {
                                  event_property: "price"
                                  greater { number_value: 10 }
                                }
                              }
                              kind: RETENTION_KIND_RECURRING
                              mode: RETENTION_MODE_ON_OR_AFTER
                              alignment: RETENTION_ALIGNMENT_CALENDAR
                              breakdown { event_property: "plan" }
                              value_property: "price")pb");
  ExpectRetentionRequest(
      ToRetentionRequest({.cohort_date = "2024-01-10", .mode = "bracket", .brackets = "1-3,4"},
                         kRetentionNow),
      R"pb(scope {}
           cohort_date: "2024-01-10"
           mode: RETENTION_MODE_BRACKET
           brackets { first_offset: 1 last_offset: 3 }
           brackets { first_offset: 4 last_offset: 4 })pb");
}

TEST(RetentionRequestTest, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(RetentionRefusal({.cohort_date = "2024-02-30"}), StartsWith("--cohort-date: "));
  EXPECT_THAT(RetentionRefusal({.scope = {.end = "2024-01-31"}, .cohort_date = "2024-01-10"}),
              StartsWith("--cohort-date: stands in place of --start and --end"));
  EXPECT_THAT(RetentionRefusal({.period = "year"}), StartsWith("--period: "));
  EXPECT_THAT(RetentionRefusal({.offsets = "0"}), StartsWith("--offsets: "));
  EXPECT_THAT(RetentionRefusal({.offsets = "1-999999"}), StartsWith("--offsets: must be at most 1000"));
  EXPECT_THAT(RetentionRefusal({.start_event = "a["}), StartsWith("--start-event: column 3"));
  EXPECT_THAT(RetentionRefusal({.return_event = "|"}), StartsWith("--return-event: column 1"));
  EXPECT_THAT(RetentionRefusal({.kind = "x"}), StartsWith("--kind: "));
  EXPECT_THAT(RetentionRefusal({.mode = "x"}), StartsWith("--mode: "));
  EXPECT_THAT(RetentionRefusal({.alignment = "x"}), StartsWith("--alignment: "));
  EXPECT_THAT(RetentionRefusal({.brackets = "3-1"}), StartsWith("--brackets: "));
}

TEST(RetentionRequestTest, AListOfActorsIsOfOneCell) {
  ExpectRetentionRequest(
      ToRetentionActorsRequest(
          {.retention = {.period = "week"}, .cohort = "2024-01-08", .offset = 2, .who = "not-retained"},
          kRetentionNow),
      R"pb(retention {
             scope {}
             period: GRANULARITY_WEEK
           }
           cohort: "2024-01-08"
           offset: 2
           who: RETENTION_ACTORS_WHO_NOT_RETAINED)pb");
  EXPECT_THAT(std::string(ToRetentionActorsRequest({.who = "x"}, kRetentionNow).status().message()),
              StartsWith("--who: "));
}

}  // namespace
}  // namespace donut::cli
