#include "query_service/query_options.h"

#include <cmath>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

TEST(QueryOptionsTest, HasAFewConnectionsUnlessToldOtherwise) {
  const query::QueryOptions standard;
  EXPECT_OK(standard.Validate());
  EXPECT_GE(standard.connections(), 2);
  EXPECT_LE(standard.connections(), 8);
  EXPECT_EQ(query::QueryOptions{1}.connections(), 1);
  EXPECT_EQ(query::QueryOptions{64}.connections(), 64);
}

TEST(QueryOptionsTest, RefusesWhatNoDatabaseWouldBear) {
  for (const int max_queries : {-1, 65}) {
    EXPECT_THAT(query::QueryOptions{max_queries}.Validate(),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("--max_queries")));
  }
}

TEST(QueryOptionsTest, VerifiesAShareBetweenNoneAndAll) {
  query::QueryOptions options;
  EXPECT_EQ(options.verify_share, 0);
  options.verify_share = 1;
  EXPECT_OK(options.Validate());
  for (const double share : {-0.01, 1.01, std::nan("")}) {
    options.verify_share = share;
    EXPECT_THAT(options.Validate(),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("--verify_share")));
  }
}

}  // namespace
}  // namespace donut::testing
