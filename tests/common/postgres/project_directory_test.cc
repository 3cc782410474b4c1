#include "common/postgres/project_directory.h"

#include "common/postgres/transaction.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_database.h"

namespace donut::postgres {
namespace {

using ::donut::testing::StatusIs;
using ::donut::testing::TestDatabase;
using ::testing::HasSubstr;

class ProjectDirectoryTest : public ::testing::Test {
 protected:
  void AddKey(const std::string& key, bool may_collect, bool may_query) {
    pqxx::work transaction(database_.owner());
    transaction.exec_params(
        "INSERT INTO api_keys (key_hash, project_id, may_collect, may_query) VALUES ($1, 1, $2, $3)",
        pqxx::binarystring(HashApiKey(key)), may_collect, may_query);
    transaction.commit();
  }

  absl::Status ReadInto(ProjectDirectory& directory) {
    pqxx::connection connection(database_.collector_url());
    bool broken = false;
    return RunTransaction(
               connection, TransactionKind::kReadOnlySnapshot,
               [&directory](pqxx::transaction_base& transaction) {
                 auto snapshot = ProjectSnapshot::Read(transaction);
                 if (snapshot.ok()) directory.Update(*std::move(snapshot));
                 return snapshot.status();
               },
               broken)
        .status;
  }

  TestDatabase database_;
};

TEST_F(ProjectDirectoryTest, KnowsNobodyBeforeTheFirstReading) {
  const ProjectDirectory directory(/*anonymous_allowed=*/true);
  EXPECT_THAT(directory.Find(std::nullopt, Permission::kQuery), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(directory.IsOpenToNobody());
}

TEST_F(ProjectDirectoryTest, WithoutKeysLoopbackCallersBelongToTheDefaultProject) {
  ProjectDirectory directory(/*anonymous_allowed=*/true);
  ASSERT_OK(ReadInto(directory));
  for (const std::optional<std::string>& header :
       {std::optional<std::string>(), std::optional<std::string>("Bearer whatever")}) {
    ASSERT_OK_AND_ASSIGN(const Project project, directory.Find(header, Permission::kCollect));
    EXPECT_EQ(project.name, "default");
    EXPECT_EQ(project.time_zone, "UTC");
    EXPECT_GT(project.project_id, 0);
  }
  EXPECT_FALSE(directory.IsOpenToNobody());
}

TEST_F(ProjectDirectoryTest, WithoutKeysOthersAreRefused) {
  ProjectDirectory directory(/*anonymous_allowed=*/false);
  ASSERT_OK(ReadInto(directory));
  EXPECT_THAT(directory.Find(std::nullopt, Permission::kCollect),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("authorization: Bearer KEY")));
  EXPECT_TRUE(directory.IsOpenToNobody());
}

TEST_F(ProjectDirectoryTest, OnceAKeyWasMadeEverybodyNeedsOne) {
  AddKey("k1", true, true);
  ProjectDirectory directory(/*anonymous_allowed=*/true);
  ASSERT_OK(ReadInto(directory));
  const auto unauthenticated = absl::StatusCode::kUnauthenticated;
  EXPECT_THAT(directory.Find(std::nullopt, Permission::kQuery), StatusIs(unauthenticated));
  EXPECT_THAT(directory.Find("Bearer k2", Permission::kQuery),
              StatusIs(unauthenticated, HasSubstr("unknown")));
  EXPECT_THAT(directory.Find("Bearer ", Permission::kQuery), StatusIs(unauthenticated));
  EXPECT_THAT(directory.Find("Basic k1", Permission::kQuery), StatusIs(unauthenticated));
  EXPECT_THAT(directory.Find("k1", Permission::kQuery), StatusIs(unauthenticated));
  EXPECT_OK(directory.Find("Bearer k1", Permission::kQuery));
  EXPECT_OK(directory.Find("bearer k1", Permission::kQuery));
}

TEST_F(ProjectDirectoryTest, RevokingTheLastKeyDoesNotOpenTheDoor) {
  AddKey("k1", true, true);
  database_.Query("UPDATE api_keys SET revoked_at = now()");
  ProjectDirectory directory(/*anonymous_allowed=*/true);
  ASSERT_OK(ReadInto(directory));
  EXPECT_THAT(directory.Find(std::nullopt, Permission::kQuery), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(directory.Find("Bearer k1", Permission::kQuery), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(ProjectDirectoryTest, AKeyMayOnlyDoWhatItIsFor) {
  AddKey("collects", true, false);
  AddKey("queries", false, true);
  ProjectDirectory directory(/*anonymous_allowed=*/false);
  ASSERT_OK(ReadInto(directory));
  EXPECT_OK(directory.Find("Bearer collects", Permission::kCollect));
  EXPECT_OK(directory.Find("Bearer queries", Permission::kQuery));
  EXPECT_THAT(directory.Find("Bearer collects", Permission::kQuery),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(directory.Find("Bearer queries", Permission::kCollect),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(ProjectDirectoryTest, NoErrorRepeatsTheKey) {
  AddKey("k1", false, true);
  ProjectDirectory directory(/*anonymous_allowed=*/false);
  ASSERT_OK(ReadInto(directory));
  for (const std::string key : {"k1", "guessed"}) {
    const auto found = directory.Find("Bearer " + key, Permission::kCollect);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(std::string(found.status().message()).find(key), std::string::npos);
  }
}

TEST_F(ProjectDirectoryTest, ALaterReadingReplacesTheEarlier) {
  ProjectDirectory directory(/*anonymous_allowed=*/false);
  ASSERT_OK(ReadInto(directory));
  EXPECT_FALSE(directory.Find("Bearer k1", Permission::kCollect).ok());
  AddKey("k1", true, true);
  ASSERT_OK(ReadInto(directory));
  EXPECT_OK(directory.Find("Bearer k1", Permission::kCollect));
}

TEST_F(ProjectDirectoryTest, HoldsAtMostTenThousandKeys) {
  database_.Query(
      "INSERT INTO api_keys (key_hash, project_id, may_collect, may_query) "
      "SELECT sha256(n::text::bytea), 1, true, true FROM generate_series(1, 10000) AS n");
  ProjectDirectory directory(/*anonymous_allowed=*/false);
  EXPECT_OK(ReadInto(directory));
  AddKey("one more", true, true);
  EXPECT_THAT(ReadInto(directory), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("10000")));
}

TEST(HashApiKeyTest, IsSha256) {
  const std::string hash = HashApiKey("abc");
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(static_cast<unsigned char>(hash[0]), 0xba);
  EXPECT_EQ(static_cast<unsigned char>(hash[31]), 0xad);
}

}  // namespace
}  // namespace donut::postgres
