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

class ServiceFlagsTest : public ::testing::Test {
 protected:
  ServiceFlagsTest() {
    unsetenv(kAddressVariable);
    setenv("DONUT_DATABASE_URL", "postgresql://localhost/from_environment", 1);
  }
  ~ServiceFlagsTest() override {
    unsetenv(kAddressVariable);
    unsetenv("DONUT_DATABASE_URL");
    // Flags are global: back to unset.
    Read({"--address=", "--database_url=", "--database_role="}).IgnoreError();
  }

  absl::Status Read(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "donut-test");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    const auto read = ReadServiceFlags(static_cast<int>(pointers.size()), pointers.data(),
                                       {"127.0.0.1:50099", kAddressVariable, "donut_test"});
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

TEST_F(ServiceFlagsTest, AnArgumentThatIsNoFlagIsRefused) {
  EXPECT_THAT(Read({"serve"}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"serve\"")));
}

}  // namespace
}  // namespace donut
