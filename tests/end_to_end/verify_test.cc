// `donut verify` against the services as they are deployed.
#include <pqxx/pqxx>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// As the owner, by hand.
void Change(const Deployment& deployment, const std::string& statement) {
  pqxx::connection owner(deployment.owner_url());
  pqxx::work transaction(owner);
  transaction.exec(statement);
  transaction.commit();
}

TEST(VerifyTest, FindsBothEnginesOfOneMindUntilAHistoryIsBroken) {
  Deployment deployment;
  for (const char* user : {"ann", "bob"}) {
    for (const char* name : {"open", "edit", "share"}) {
      ASSERT_EQ(deployment.Donut({"track", name, "--user", user}).exit_code, 0);
    }
  }
  const Deployment::Result equal = deployment.Donut({"verify"});
  EXPECT_EQ(equal.exit_code, 0) << equal.out << equal.err;
  EXPECT_THAT(equal.out, AllOf(ContainsRegex("active users .* equal"), HasSubstr("conversion rate"),
                               Not(HasSubstr("DIFFERENT"))));

  Change(deployment, "DELETE FROM history_columns; DELETE FROM history_blocks; DELETE FROM history_fresh");
  const Deployment::Result different = deployment.Donut({"verify"});
  EXPECT_EQ(different.exit_code, 1) << different.out << different.err;
  EXPECT_THAT(different.out, AllOf(ContainsRegex("active users .* DIFFERENT"),
                                   HasSubstr("active users: differs in active_count")));
}

TEST(VerifyTest, SaysWhyHistoriesCannotAnswer) {
  Deployment deployment;
  // Else the compactor would rebuild them meanwhile.
  Change(deployment, "REVOKE UPDATE ON history_partitions FROM donut_compactor");
  Change(deployment, "UPDATE history_partitions SET state = 'sql'");
  const Deployment::Result result = deployment.Donut({"verify"});
  EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("active users .* unknown"), HasSubstr("active users: ")));
}

}  // namespace
}  // namespace donut::testing
