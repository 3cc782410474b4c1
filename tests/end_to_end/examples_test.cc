// The two example programs against real services: what they send is stored, once, and a
// collector that is down harms neither.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/end_to_end/deployment.h"

namespace donut::testing {
namespace {

// Two packages with a copyright file in the machine-readable format, one without.
void MakeDebianMachine(const std::string& folder) {
  const auto package = [&](const std::string& name, const std::string& copyright) {
    std::filesystem::create_directories(absl::StrCat(folder, "/doc/", name));
    WriteFile(absl::StrCat(folder, "/doc/", name, "/copyright"), copyright);
    return absl::StrCat("Package: ", name,
                        "\nStatus: install ok installed\nMaintainer: Ann <ann@example.org>\n",
                        "Architecture: amd64\nVersion: 1.0-1\n\n");
  };
  const std::string expat =
      "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
      "Files: *\nCopyright: 2020 Ann\nLicense: Expat\n"
      " Permission is hereby granted, free of charge, to any person obtaining a copy of this software and\n"
      " associated documentation files (the \"Software\"), to deal in the Software without restriction, "
      "including\n"
      " without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or "
      "sell\n"
      " copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to "
      "the\n"
      " following conditions:\n .\n"
      " The above copyright notice and this permission notice shall be included in all copies or "
      "substantial\n"
      " portions of the Software.\n .\n"
      " THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED.\n";
  WriteFile(folder + "/status", package("alpha", expat) + package("beta", expat) +
                                    package("gamma", "This package was debianized by hand.\n"));
}

class LicensePipelineTest : public ::testing::Test {
 protected:
  LicensePipelineTest() { MakeDebianMachine(folder_.path()); }
  std::vector<std::string> Command() const {
    return {Program("examples/license_pipeline"),
            "--state",
            folder_.path() + "/state",
            "--documents",
            folder_.path() + "/doc",
            "--dpkg-status",
            folder_.path() + "/status"};
  }
  TemporaryFolder folder_;
};

TEST_F(LicensePipelineTest, TracksARunPerPackageAndDoublesNothing) {
  Deployment deployment;
  for (int round = 1; round <= 2; ++round) {
    const Deployment::Result result = deployment.Run(Command());
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_sessions WHERE pipeline = 'licenses'"), "3");
  }
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_sessions WHERE completed_at IS NOT NULL"), "2");
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_sessions WHERE failed_at IS NOT NULL AND "
                           "failure_reason <> '' AND failed_phase <> ''"),
            "1");
  EXPECT_EQ(
      deployment.Sql("SELECT string_agg(DISTINCT phase, ',' ORDER BY phase) FROM analytics_session_phases"),
      "cleaning,collection,evaluation,labeling");
  const Deployment::Result view = deployment.Donut({"view"});
  EXPECT_EQ(view.exit_code, 0) << view.err;
  EXPECT_NE(view.out.find("licenses"), std::string::npos) << view.out;
}

TEST_F(LicensePipelineTest, RunsAsWellWithTheCollectorDown) {
  Process process("example", folder_.path(), Command(), {{"DONUT_COLLECTOR_ADDRESS", "127.0.0.1:9"}});
  EXPECT_EQ(process.Wait(absl::Seconds(20)), 0) << process.out() << process.err();
  EXPECT_NE((process.out() + process.err()).find("not delivered"), std::string::npos)
      << process.out() << process.err();
}

TEST(GitHistoryTest, SendsEachCommitOnceAlsoWhenBranchesAreMergedInBetween) {
  Deployment deployment;
  const std::string repository = deployment.folder() + "/repository";
  const auto git = [&](const std::string& command) {
    const Deployment::Result result =
        deployment.Run({"sh", "-c",
                        absl::StrCat("cd ", repository,
                                     " && git -c user.name=Ann -c user.email=ann@example.org ", command)});
    ASSERT_EQ(result.exit_code, 0) << command << result.err;
  };
  const auto expect_commits = [&](const std::string& expected) {
    const Deployment::Result result = deployment.Run({Program("examples/git_history"), repository});
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), expected);
  };
  ASSERT_EQ(deployment.Run({"mkdir", repository}).exit_code, 0);
  git("init -q -b main");
  git("commit -q --allow-empty -m one");
  git("checkout -q -b side");
  git("commit -q --allow-empty -m side");
  git("checkout -q main");
  git("commit -q --allow-empty -m two");
  expect_commits("2");
  expect_commits("2");
  git("merge -q --no-ff -m merge side");
  expect_commits("4");
  git("commit -q --allow-empty -m three");
  expect_commits("5");
  EXPECT_EQ(deployment.Sql("SELECT count(DISTINCT properties->>'commit') FROM analytics_events"), "5");
}

}  // namespace
}  // namespace donut::testing
