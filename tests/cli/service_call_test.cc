#include "cli/service_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const ServiceName kQuery = {"donut-query", "127.0.0.1:50052", "--query"};

TEST(ServiceCallTest, SaysHowToStartAServiceThatIsNotThere) {
  EXPECT_EQ(ExplainFailure(absl::UnavailableError("failed to connect to all addresses"), kQuery, false),
            "cannot reach donut-query at 127.0.0.1:50052: is it running? Start it with ./run up, or name "
            "another with "
            "--query");
}

TEST(ServiceCallTest, TellsADatabaseThatIsAwayFromAServiceThatIs) {
  const std::string text = ExplainFailure(absl::UnavailableError("the database is away"), kQuery, true);
  EXPECT_THAT(text, HasSubstr("the database is away"));
  EXPECT_THAT(text, Not(HasSubstr("is it running")));
}

TEST(ServiceCallTest, SaysWhereAKeyComesFrom) {
  EXPECT_THAT(ExplainFailure(absl::UnauthenticatedError("no such key"), kQuery, true),
              HasSubstr("DONUT_API_KEY"));
}

TEST(ServiceCallTest, PassesAWrongRequestOnAsTheServiceSaidIt) {
  EXPECT_EQ(ExplainFailure(absl::InvalidArgumentError("scope.time_zone: unknown"), kQuery, true),
            "scope.time_zone: unknown");
  EXPECT_EQ(ExplainFailure(absl::NotFoundError("user_id: no such user"), kQuery, true),
            "user_id: no such user");
}

TEST(ServiceCallTest, StaysOnOneHarmlessLine) {
  const std::string text = ExplainFailure(absl::InternalError("two\nlines \x1b[31m"), kQuery, true);
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace donut::cli
