// The actors behind a cell of retention, by hand.
#include "query_service/metrics/retention/retention_actors.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query_service/page_token.h"
#include "tests/query_service/retention_test.h"
#include "tests/query_service/scanned_partitions.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RetentionActorsTest : public RetentionFixture {
 protected:
  static v1::ListRetentionActorsRequest Actors(const std::string& retention, const std::string& rest) {
    return Request<v1::ListRetentionActorsRequest>(absl::StrCat("retention { ", retention, " } ", rest));
  }

  v1::ListRetentionActorsResponse List(const v1::ListRetentionActorsRequest& request) {
    const absl::StatusOr<v1::ListRetentionActorsResponse> response = Ask(query::RetentionActors, request);
    EXPECT_OK(response);
    return response.ok() ? *response : v1::ListRetentionActorsResponse();
  }
  v1::ListRetentionActorsResponse List(const std::string& retention, const std::string& rest) {
    Load(history_);
    return List(Actors(retention, rest));
  }

  static std::vector<std::string> Users(const v1::ListRetentionActorsResponse& response) {
    std::vector<std::string> users;
    for (const v1::RetentionActor& actor : response.actors()) users.push_back(actor.user_id());
    return users;
  }

  static std::string TimeOf(const google::protobuf::Timestamp& time) {
    return absl::FormatTime("%m-%d %H:%M", *FromProto(time, "time"), absl::UTCTimeZone());
  }

  // That of docs/metrics/retention.md.
  void AddExample() {
    for (const char* user : {"ann", "bob", "cat", "dan"}) Add(user, "2024-03-01 09:00:00");
    for (const char* user : {"ann", "bob", "cat"}) Add(user, "2024-03-02 09:00:00");
    Add("bob", "2024-03-02 08:00:00");
    Add("ann", "2024-03-03 09:00:00");
    Add("eve", "2024-03-02 10:00:00");
  }
};

// The example of docs/metrics/retention_actors.md.
TEST_F(RetentionActorsTest, AnswersTheExampleOfItsPage) {
  AddExample();
  const std::string table = Cohorts("01", "04") + "offsets: 1 offsets: 2";
  auto response = List(table, "cohort: '2024-03-01' offset: 1");
  EXPECT_THAT(Users(response), ElementsAre("ann", "bob", "cat"));
  EXPECT_EQ(response.total_size(), 3);
  EXPECT_EQ(response.who(), v1::RETENTION_ACTORS_WHO_RETAINED);
  EXPECT_EQ(response.offset(), 1);
  EXPECT_EQ(response.cohort().label(), "2024-03-01");
  EXPECT_EQ(TimeOf(response.actors(1).start_time()), "03-01 09:00");
  EXPECT_EQ(TimeOf(response.actors(1).return_time()), "03-02 08:00") << "the first one";
  response = List(table, "cohort: '2024-03-01' offset: 1 who: RETENTION_ACTORS_WHO_NOT_RETAINED");
  EXPECT_THAT(Users(response), ElementsAre("dan"));
  EXPECT_FALSE(response.actors(0).has_return_time());
  EXPECT_TRUE(response.actors(0).has_start_time());
  response = List(table, "cohort: '2024-03-01' offset: 2 who: RETENTION_ACTORS_WHO_ALL");
  EXPECT_THAT(Users(response), ElementsAre("ann", "bob", "cat", "dan"));
  EXPECT_TRUE(response.actors(0).has_return_time());
  EXPECT_FALSE(response.actors(1).has_return_time());
  response = List(table, "cohort: '2024-03-01' who: RETENTION_ACTORS_WHO_ALL");
  EXPECT_THAT(Users(response), ElementsAre("ann", "bob", "cat", "dan"));
  EXPECT_FALSE(response.actors(0).has_return_time()) << "the cohort itself";
  response = List(table, "cohort: '2024-03-03' offset: 1");
  EXPECT_THAT(Users(response), ElementsAre());
  EXPECT_EQ(response.total_size(), 0);
}

TEST_F(RetentionActorsTest, PagesHoldEachActorOnceInTheOrderOfBytes) {
  for (const char* user : {"b", "a", "B", "é", "z", "aa", "10", "9"}) Add(user, "2024-03-01 09:00:00");
  Load(history_);
  v1::ListRetentionActorsRequest request =
      Actors(Cohorts("01", "02"), "who: RETENTION_ACTORS_WHO_ALL page_size: 3");
  std::vector<std::string> users;
  std::vector<int> sizes;
  do {
    const auto response = List(request);
    EXPECT_EQ(response.total_size(), 8);
    for (const std::string& user : Users(response)) users.push_back(user);
    sizes.push_back(response.actors_size());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(users, ElementsAre("10", "9", "B", "a", "aa", "b", "z", "é"));
  EXPECT_THAT(sizes, ElementsAre(3, 3, 2));
  // A last page that is full has none behind it.
  request.set_page_size(8);
  EXPECT_EQ(List(request).next_page_token(), "");
}

TEST_F(RetentionActorsTest, AllPagesSeeAsOfTheFirst) {
  context_.now = At("2024-03-02 10:00:00");
  for (const char* user : {"a", "b", "c"}) {
    Add(user, "2024-03-01 09:00:00");
    Add(user, user == std::string("c") ? "2024-03-02 11:00:00" : "2024-03-02 09:00:00");
  }
  Load(history_);
  v1::ListRetentionActorsRequest request = Actors(Cohorts("01", "02"), "offset: 1 page_size: 1");
  const auto first = List(request);
  EXPECT_EQ(first.total_size(), 2);
  context_.now = At("2024-03-02 12:00:00");
  request.set_page_token(first.next_page_token());
  const auto second = List(request);
  EXPECT_THAT(Users(second), ElementsAre("b"));
  EXPECT_EQ(second.total_size(), 2);
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(RetentionActorsTest, RecurringStartIsTheFirstInThePeriod) {
  Add("u", "2024-02-01 09:00:00");
  Add("u", "2024-03-02 10:00:00");
  Add("u", "2024-03-02 09:00:00");
  Add("u", "2024-03-03 09:00:00");
  const auto response = List(Cohorts("01", "04") + "kind: RETENTION_KIND_RECURRING offsets: 1",
                             "cohort: '2024-03-02' offset: 1");
  EXPECT_THAT(Users(response), ElementsAre("u"));
  EXPECT_EQ(TimeOf(response.actors(0).start_time()), "03-02 09:00");
}

TEST_F(RetentionActorsTest, EveryModeCountsAsItsCellDoes) {
  Add("u", "2024-03-01 09:00:00");
  Add("u", "2024-03-05 08:00:00");
  const auto returned = [&](const std::string& options, const std::string& offset) {
    const auto response = List(Cohorts("01", "02") + options, "offset: " + offset);
    return response.actors().empty() ? "" : TimeOf(response.actors(0).return_time());
  };
  const std::string
      or_after = "mode: RETENTION_MODE_ON_OR_AFTER ",
      rolling = "alignment: RETENTION_ALIGNMENT_ROLLING ",
      bracket = "brackets { first_offset: 2 last_offset: 3 } brackets { first_offset: 4 last_offset: 5 } ";
  EXPECT_EQ(returned("offsets: 4", "4"), "03-05 08:00");
  EXPECT_EQ(returned("offsets: 3", "3"), "");
  EXPECT_EQ(returned(or_after + "offsets: 2", "2"), "03-05 08:00");
  EXPECT_EQ(returned(or_after + "offsets: 5", "5"), "");
  EXPECT_EQ(returned(bracket, "4"), "03-05 08:00");
  EXPECT_EQ(returned(bracket, "2"), "");
  // Not four times 24 hours yet.
  EXPECT_EQ(returned(rolling + "offsets: 4", "4"), "");
  EXPECT_EQ(returned(rolling + "offsets: 3", "3"), "03-05 08:00");
  EXPECT_EQ(returned(rolling + bracket, "2"), "03-05 08:00");
  EXPECT_EQ(returned(rolling + or_after + "offsets: 4", "4"), "");
  EXPECT_EQ(returned(rolling + or_after + "offsets: 1", "1"), "03-05 08:00");
}

TEST_F(RetentionActorsTest, HourOfARepeatedHourIsNamedByItsOffset) {
  // Berlin, 2023-10-29: 02:30 comes at 00:30 and 01:30 UTC.
  Add("u", "2023-10-29 00:30:00");
  Add("v", "2023-10-29 01:30:00");
  const std::string hours =
      "scope { interval { start_date: '2023-10-29' end_date: '2023-10-30' } time_zone: 'Europe/Berlin' } "
      "period: GRANULARITY_HOUR ";
  const std::string all = "who: RETENTION_ACTORS_WHO_ALL ";
  EXPECT_THAT(Users(List(hours, all + "cohort: '2023-10-29T02:00+02:00'")), ElementsAre("u"));
  EXPECT_THAT(Users(List(hours, all + "cohort: '2023-10-29T02:00+01:00'")), ElementsAre("v"));
}

TEST_F(RetentionActorsTest, ReadsOnlyTheCellsReturns) {
  Load({});
  const int year = YearOfMonths();
  const auto scanned = [&](const std::string& options, const std::string& rest) {
    v1::ListRetentionActorsRequest request =
        Actors(options, rest + absl::StrCat(" cohort: '", year, "-03-01'"));
    v1::Scope& scope = *request.mutable_retention()->mutable_scope();
    scope.mutable_interval()->set_start_date(absl::StrCat(year, "-03-01"));
    scope.mutable_interval()->set_end_date(absl::StrCat(year, "-05-01"));
    *scope.mutable_as_of_time() = donut::ToProto(At(absl::StrCat(year, "-09-01 00:00:00")));
    return ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
      EXPECT_OK(query::RetentionActors(request, context_, transaction));
    });
  };
  const std::string march = absl::StrCat(year, "_03"), april = absl::StrCat(year, "_04"),
                    may = absl::StrCat(year, "_05"), long_ago = absl::StrCat(year - 1);
  const std::string offsets = "offsets: 1 offsets: 65 ";
  EXPECT_THAT(scanned(offsets, "offset: 65"), AllOf(Contains(long_ago), Contains(may), Not(Contains(april))));
  EXPECT_THAT(scanned(offsets + "kind: RETENTION_KIND_RECURRING", "offset: 65"), ElementsAre(march, may));
  EXPECT_THAT(scanned(offsets + "kind: RETENTION_KIND_RECURRING", "offset: 1"), ElementsAre(march));
  EXPECT_THAT(scanned(offsets + "kind: RETENTION_KIND_RECURRING", "who: RETENTION_ACTORS_WHO_ALL"),
              ElementsAre(march));
}

TEST_F(RetentionActorsTest, RefusesWithTheFieldAndTheRule) {
  Load({});
  const std::string one = Cohorts("01", "02") + "offsets: 1 offsets: 7 ",
                    two = Cohorts("01", "03") + "offsets: 1 ";
  const std::string bad_regex = "filter { condition { event_property: 'p' regex: '(' } } ";
  struct Refusal {
    std::string retention, rest, field, rule;
  };
  const std::vector<Refusal> refusals = {
      {one + "breakdown { event_name: true }", "offset: 1", "retention.breakdown:", "must not be set"},
      {one + "value_property: 'p'", "offset: 1", "retention.value_property:", "must not be set"},
      {"offsets: 0", "offset: 1", "retention.offsets[0]:", "1 to 1000"},
      {"scope { time_zone: 'x y' }", "", "retention.scope.time_zone:", "IANA"},
      {one + "return_" + bad_regex, "offset: 1",
       "retention.return_filter.condition.regex:", "regular expression"},
      {two, "offset: 1", "cohort:", "must be set"},
      {two, "cohort: '2024-03-03' offset: 1", "cohort:", "label of one of the cohorts"},
      {two, "cohort: '2024-3-1' offset: 1", "cohort:", "label of one of the cohorts"},
      {one, "", "offset:", "must be set"},
      {one, "who: RETENTION_ACTORS_WHO_NOT_RETAINED", "offset:", "must be set"},
      {one, "offset: 2", "offset:", "one of the offsets"},
      {one, "offset: -1", "offset:", "one of the offsets"},
      {Cohorts("01", "02") + "brackets { first_offset: 2 last_offset: 4 }", "offset: 3",
       "offset:", "first offset"},
      {one, "offset: 1 who: 9", "who:", "NOT_RETAINED"},
      {one, "offset: 1 page_size: -1", "page_size:", "1 to 1000"},
      {one, "offset: 1 page_size: 1001", "page_size:", "1 to 1000"},
      {one, "offset: 1 page_token: 'x'", "page_token:", "previous answer"},
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_THAT(Ask(query::RetentionActors, Actors(refusal.retention, refusal.rest)),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(StartsWith(refusal.field), HasSubstr(refusal.rule))))
        << refusal.retention << refusal.rest;
  }
}

TEST_F(RetentionActorsTest, ForgedPositionIsRefusedOrIsAText) {
  Add("u", "2024-03-01 09:00:00");
  Load(history_);
  v1::ListRetentionActorsRequest request = Actors(Cohorts("01", "02"), "who: RETENTION_ACTORS_WHO_ALL");
  for (const std::string& position : {std::string("\xff"), std::string("a\0b", 3)}) {
    request.set_page_token(query::MakePageToken(request, context_, position));
    EXPECT_THAT(Ask(query::RetentionActors, request),
                StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("page_token:")));
  }
  request.set_page_token(query::MakePageToken(request, context_, "t' OR true; --:"));
  EXPECT_THAT(Users(List(request)), ElementsAre("u"));
}

TEST_F(RetentionActorsTest, AnotherProjectsUsersAreNotListed) {
  Add("stranger", "2024-03-01 09:00:00");
  Load(history_);
  history_.events.clear();
  Add("u", "2024-03-01 09:00:00");
  EXPECT_THAT(Users(List(Cohorts("01", "02"), "who: RETENTION_ACTORS_WHO_ALL")), ElementsAre("u"));
}

}  // namespace
}  // namespace donut::testing
