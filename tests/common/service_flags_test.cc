#include "common/service_flags.h"

#include <cstdlib>
#include <vector>

#include "tests/support/status_matchers.h"

namespace donut {
namespace {

using ::donut::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kAddressVariable[] = "DONUT_TEST_ADDRESS";
constexpr char kMetricsVariable[] = "DONUT_TEST_METRICS_ADDRESS";

class ServiceFlagsTest : public ::testing::Test {
 protected:
  ServiceFlagsTest() {
    unsetenv(kAddressVariable);
    unsetenv(kMetricsVariable);
    setenv("DONUT_DATABASE_URL", "postgresql://localhost/from_environment", 1);
  }
  ~ServiceFlagsTest() override {
    unsetenv(kAddressVariable);
    unsetenv(kMetricsVariable);
    unsetenv("DONUT_DATABASE_URL");
    // Flags are global: back to unset.
    Read({"--address=", "--database_url=", "--database_role=", "--metrics_address=unset"}).IgnoreError();
  }

  absl::Status Read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "donut-test");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    const auto read = ReadServiceFlags(static_cast<int>(pointers.size()), pointers.data(),
                                       {"127.0.0.1:50099", kAddressVariable, "donut_test", kMetricsVariable});
    if (read.ok()) flags_ = *read;
    return read.status();
  }

  ServiceFlags flags_;
};

TEST_F(ServiceFlagsTest, TakesTheDefaultsAndTheEnvironment) {
  ASSERT_OK(Read({}));
  EXPECT_EQ(flags_.address.value, "127.0.0.1:50099");
  EXPECT_EQ(flags_.address.source, "the default");
  EXPECT_EQ(flags_.database_url.value, "postgresql://localhost/from_environment");
  EXPECT_EQ(flags_.database_url.source, "DONUT_DATABASE_URL");
  EXPECT_EQ(flags_.database_role.value, "donut_test");
}

TEST_F(ServiceFlagsTest, AFlagWinsOverTheEnvironment) {
  setenv(kAddressVariable, "127.0.0.1:1", 1);
  ASSERT_OK(Read({}));
  EXPECT_EQ(flags_.address.value, "127.0.0.1:1");
  EXPECT_EQ(flags_.address.source, kAddressVariable);
  ASSERT_OK(Read({"--address=127.0.0.1:2", "--database_url=postgresql:///flag", "--database_role=other"}));
  EXPECT_EQ(flags_.address.value, "127.0.0.1:2");
  EXPECT_EQ(flags_.address.source, "--address");
  EXPECT_EQ(flags_.database_url.value, "postgresql:///flag");
  EXPECT_EQ(flags_.database_role.value, "other");
}

TEST_F(ServiceFlagsTest, AMissingDatabaseIsNamedWithBothWaysToSetIt) {
  unsetenv("DONUT_DATABASE_URL");
  EXPECT_THAT(Read({}), StatusIs(absl::StatusCode::kInvalidArgument,
                                 AllOf(HasSubstr("DONUT_DATABASE_URL"), HasSubstr("--database_url"))));
}

TEST_F(ServiceFlagsTest, ABadAddressIsNamedWithItsSource) {
  setenv(kAddressVariable, "nowhere", 1);
  EXPECT_THAT(Read({}), StatusIs(absl::StatusCode::kInvalidArgument,
                                 AllOf(HasSubstr("DONUT_TEST_ADDRESS: "), HasSubstr("\"nowhere\""))));
}

TEST_F(ServiceFlagsTest, MetricsAreServedNowhereUnlessAskedFor) {
  ASSERT_OK(Read({}));
  EXPECT_EQ(flags_.metrics_address.value, "");
  setenv(kMetricsVariable, "127.0.0.1:9464", 1);
  ASSERT_OK(Read({}));
  EXPECT_EQ(flags_.metrics_address.value, "127.0.0.1:9464");
  EXPECT_EQ(flags_.metrics_address.source, kMetricsVariable);
  ASSERT_OK(Read({"--metrics_address=127.0.0.1:9465"}));
  EXPECT_EQ(flags_.metrics_address.value, "127.0.0.1:9465");
}

TEST_F(ServiceFlagsTest, AnEmptyMetricsAddressTurnsThemOff) {
  setenv(kMetricsVariable, "127.0.0.1:9464", 1);
  ASSERT_OK(Read({"--metrics_address="}));
  EXPECT_EQ(flags_.metrics_address.value, "");
  EXPECT_EQ(flags_.metrics_address.source, "--metrics_address");
}

TEST_F(ServiceFlagsTest, ABadMetricsAddressIsNamedWithItsSource) {
  EXPECT_THAT(Read({"--metrics_address=unix:/tmp/metrics"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("--metrics_address: "), HasSubstr("\"unix:/tmp/metrics\""))));
  setenv(kMetricsVariable, "9464", 1);
  EXPECT_THAT(Read({"--metrics_address=unset"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("DONUT_TEST_METRICS_ADDRESS: ")));
}

TEST_F(ServiceFlagsTest, AnArgumentThatIsNoFlagIsRefused) {
  EXPECT_THAT(Read({"serve"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"serve\"")));
}

}  // namespace
}  // namespace donut
