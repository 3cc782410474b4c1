#include "common/postgres/api_keys.h"

#include "common/postgres/project_directory.h"
#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class ApiKeysTest : public ::testing::Test {
 protected:
  NewApiKey KeyFor(const std::string& project, bool may_collect, bool may_query) {
    NewApiKey key;
    key.project = project;
    key.label = "the label";
    key.may_collect = may_collect;
    key.may_query = may_query;
    return key;
  }

  // What a service would answer to a caller with this key.
  absl::StatusOr<Project> Find(const std::string& key, Permission permission) {
    pqxx::connection connection(database_.query_url());
    std::optional<ProjectSnapshot> snapshot;
    bool broken = false;
    const TransactionResult result = RunTransaction(
        connection, TransactionKind::kReadOnlySnapshot,
        [&snapshot](pqxx::transaction_base& transaction) {
          auto read = ProjectSnapshot::Read(transaction);
          if (read.ok()) snapshot = *std::move(read);
          return read.status();
        },
        broken);
    if (!result.status.ok()) return result.status;
    return snapshot->Find("Bearer " + key, permission, false);
  }

  TestDatabase database_;
};

TEST_F(ApiKeysTest, AProjectAndItsKeyAreFoundAgain) {
  ASSERT_OK_AND_ASSIGN(const int project_id, CreateProject(database_.owner(), "shop", "Europe/Berlin"));
  ASSERT_OK_AND_ASSIGN(const std::string key, CreateKey(database_.owner(), KeyFor("shop", true, false)));
  EXPECT_THAT(key, MatchesRegex("donut_[A-Za-z0-9_-]+"));
  EXPECT_EQ(key.size(), 49u);
  ASSERT_OK_AND_ASSIGN(const Project project, Find(key, Permission::kCollect));
  EXPECT_EQ(project.project_id, project_id);
  EXPECT_EQ(project.name, "shop");
  EXPECT_EQ(project.time_zone, "Europe/Berlin");
  EXPECT_THAT(Find(key, Permission::kQuery), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(ApiKeysTest, TwoKeysAreNeverTheSameAndNoneIsStored) {
  ASSERT_OK_AND_ASSIGN(const std::string one, CreateKey(database_.owner(), KeyFor("default", true, true)));
  ASSERT_OK_AND_ASSIGN(const std::string two, CreateKey(database_.owner(), KeyFor("default", true, true)));
  EXPECT_NE(one, two);
  EXPECT_EQ(database_.Query("SELECT count(*) FROM api_keys k WHERE position('donut_' IN k::text) > 0"), "0");
  EXPECT_EQ(database_.Query("SELECT count(*) FROM api_keys WHERE key_hash = sha256('" + one + "')"), "1");
}

TEST_F(ApiKeysTest, AreListedWithoutTheirText) {
  ASSERT_OK(CreateKey(database_.owner(), KeyFor("default", false, true)));
  ASSERT_OK_AND_ASSIGN(const auto keys, ListKeys(database_.owner()));
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_THAT(keys[0].hash_prefix, MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(keys[0].hash_prefix.size(), 12u);
  EXPECT_EQ(keys[0].project, "default");
  EXPECT_EQ(keys[0].label, "the label");
  EXPECT_FALSE(keys[0].may_collect);
  EXPECT_TRUE(keys[0].may_query);
  EXPECT_THAT(keys[0].created_at, MatchesRegex("20..-..-..T..:..:..Z"));
  EXPECT_EQ(keys[0].revoked_at, std::nullopt);
}

TEST_F(ApiKeysTest, ARevokedKeyIsUnknownAndStaysListed) {
  ASSERT_OK_AND_ASSIGN(const std::string key, CreateKey(database_.owner(), KeyFor("default", true, true)));
  ASSERT_OK_AND_ASSIGN(const auto before, ListKeys(database_.owner()));
  EXPECT_OK(RevokeKey(database_.owner(), before[0].hash_prefix));
  EXPECT_OK(RevokeKey(database_.owner(), before[0].hash_prefix));
  EXPECT_THAT(Find(key, Permission::kCollect), StatusIs(absl::StatusCode::kUnauthenticated));
  ASSERT_OK_AND_ASSIGN(const auto after, ListKeys(database_.owner()));
  ASSERT_EQ(after.size(), 1u);
  EXPECT_NE(after[0].revoked_at, std::nullopt);
}

TEST_F(ApiKeysTest, RevokingNamesExactlyOneKey) {
  database_.Query(
      "INSERT INTO api_keys (key_hash, project_id, may_collect, may_query) VALUES "
      "(decode('aaaaaaaa00' || repeat('0', 54), 'hex'), 1, true, true), "
      "(decode('aaaaaaaa11' || repeat('0', 54), 'hex'), 1, true, true)");
  EXPECT_THAT(RevokeKey(database_.owner(), "aaaaaaaa"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("several")));
  EXPECT_OK(RevokeKey(database_.owner(), "AAAAAAAA1"));
  EXPECT_EQ(database_.Query("SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL"), "1");
  EXPECT_THAT(RevokeKey(database_.owner(), "bbbbbbbb"), StatusIs(absl::StatusCode::kNotFound));
  for (const std::string bad : {"", "aaaaaaa", "%%%%%%%%", "aaaaaaaa'; --"}) {
    EXPECT_THAT(RevokeKey(database_.owner(), bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST_F(ApiKeysTest, RefusesProjectsThatCannotBe) {
  const auto code = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(CreateProject(database_.owner(), "", "UTC"), StatusIs(code));
  EXPECT_OK(CreateProject(database_.owner(), std::string(200, 'x'), "UTC"));
  EXPECT_THAT(CreateProject(database_.owner(), std::string(201, 'x'), "UTC"), StatusIs(code));
  EXPECT_THAT(CreateProject(database_.owner(), "p", "Mars/Olympus"),
              StatusIs(code, AllOf(HasSubstr("Mars/Olympus"), HasSubstr("Europe/Berlin"))));
  EXPECT_THAT(CreateProject(database_.owner(), "default", "UTC"), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(ApiKeysTest, RefusesKeysThatCannotBe) {
  EXPECT_THAT(CreateKey(database_.owner(), KeyFor("nowhere", true, true)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nowhere")));
  EXPECT_THAT(CreateKey(database_.owner(), KeyFor("default", false, false)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  NewApiKey labelled = KeyFor("default", true, true);
  labelled.label = std::string(201, 'x');
  EXPECT_THAT(CreateKey(database_.owner(), labelled), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace donut::postgres
