// What git_history reads and remembers, and that a real git prints it so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "git_command.h"
#include "git_log.h"
#include "history_bookmark.h"

namespace donut::examples {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kTarget = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const std::string kDone = "1111111111111111111111111111111111111111";

std::vector<Commit> Read(const std::vector<std::string>& lines) {
  std::vector<Commit> commits;
  GitLogReader reader([&commits](const Commit& commit) { commits.push_back(commit); });
  for (const std::string& line : lines) reader.ReadLine(line);
  reader.Finish();
  return commits;
}

TEST(GitLogTest, ReadsCommitsWithWhatTheyChanged) {
  const std::vector<Commit> commits = Read({
      "\x1e"
      "aaa\x1f\x1f"
      "1700000000\x1f"
      "ada@example.org",
      "",
      "10\t2\tREADME",
      "-\t-\tlogo.png",
      "\x1e"
      "bbb\x1f"
      "aaa ccc\x1f"
      "1700000100\x1f"
      "bob@example.org",
  });
  ASSERT_EQ(commits.size(), 2);
  EXPECT_EQ(commits[0].hash, "aaa");
  EXPECT_EQ(commits[0].parents, 0);
  EXPECT_EQ(commits[0].commit_time, 1700000000);
  EXPECT_EQ(commits[0].author_email, "ada@example.org");
  EXPECT_EQ(commits[0].files_changed, 2);
  EXPECT_EQ(commits[0].insertions, 10);
  EXPECT_EQ(commits[0].deletions, 2);
  EXPECT_EQ(commits[1].parents, 2);
  EXPECT_EQ(commits[1].files_changed, 0);
}

TEST(GitLogTest, PassesOverWhatItDoesNotUnderstand) {
  EXPECT_TRUE(Read({"1\t1\tbefore any commit", "warning: something",
                    "\x1e"
                    "broken"})
                  .empty());
}

TEST(HistoryBookmarkTest, ComesBackAsItWas) {
  const HistoryBookmark bookmark = {.sequence_before = 1'234'567'890'123, .target = kTarget, .done = {kDone}};
  const auto decoded = DecodeBookmark(EncodeBookmark(bookmark).value());
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->sequence_before, bookmark.sequence_before);
  EXPECT_EQ(decoded->target, bookmark.target);
  EXPECT_EQ(decoded->done, bookmark.done);
}

TEST(HistoryBookmarkTest, HoldsElevenUnmergedBranchesAndNoMore) {
  HistoryBookmark bookmark = {.sequence_before = 0, .target = kTarget, .done = {}};
  bookmark.done.assign(11, kDone);
  EXPECT_TRUE(EncodeBookmark(bookmark).ok());
  bookmark.done.push_back(kDone);
  EXPECT_FALSE(EncodeBookmark(bookmark).ok());
}

TEST(HistoryBookmarkTest, RefusesOtherBytes) {
  EXPECT_FALSE(DecodeBookmark("").ok());
  EXPECT_FALSE(DecodeBookmark("x23456789012345678901234567890").ok());
  const std::string bytes = EncodeBookmark({.sequence_before = 0, .target = kTarget, .done = {}}).value();
  EXPECT_FALSE(DecodeBookmark(bytes.substr(0, bytes.size() - 1)).ok());
}

class GitCommandTest : public ::testing::Test {
 protected:
  GitCommandTest() {
    std::filesystem::create_directories(folder_);
    Git({"init", "--quiet", "--initial-branch=main", "."});
  }
  ~GitCommandTest() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> Git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c",
                                         "commit.gpgSign=false"});
    const auto lines = GitLines(folder_, arguments);
    EXPECT_TRUE(lines.ok()) << lines.status();
    return lines.value_or(std::vector<std::string>{});
  }

  void Commit(const std::string& file) {
    std::ofstream(absl::StrCat(folder_, "/", file)) << "one\ntwo\n";
    Git({"add", "--", file});
    Git({"commit", "--quiet", "--message", file});
  }

  const std::string folder_ = ::testing::TempDir() + "git_command_test." + std::to_string(getpid());
};

TEST_F(GitCommandTest, RealGitPrintsWhatTheReaderReads) {
  Commit("plain");
  Commit("ta\tb and \xC3\xA9");
  std::vector<std::string> arguments = {"log"};
  arguments.insert(arguments.end(), GitLogOptions().begin(), GitLogOptions().end());
  const std::vector<struct Commit> commits = Read(Git(arguments));
  ASSERT_EQ(commits.size(), 2);
  EXPECT_EQ(commits[0].parents, 0);
  EXPECT_EQ(commits[1].parents, 1);
  for (const auto& commit : commits) {
    EXPECT_EQ(commit.author_email, "ada@example.org");
    EXPECT_EQ(commit.files_changed, 1);
    EXPECT_EQ(commit.insertions, 2);
  }
}

TEST_F(GitCommandTest, PassesArgumentsOnAsTheyAre) {
  const auto lines = GitLines(folder_, {"rev-parse", "--sq-quote", "$(touch x); `y` 'z'"});
  ASSERT_TRUE(lines.ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/x"));
}

TEST_F(GitCommandTest, TellsGitsOwnWordsWhenItFails) {
  EXPECT_THAT(std::string(GitLines(folder_, {"rev-parse", "--verify", "nothing"}).status().message()),
              HasSubstr("git: Needed a single revision"));
  EXPECT_THAT(std::string(GitLines("/nonexistent", {"status"}).status().message()),
              HasSubstr("/nonexistent"));
}

TEST_F(GitCommandTest, EndsAGitThatIsNotReadToItsEnd) {
  Commit("file");
  const auto git = GitCommand::Start(folder_, {"cat-file", "--batch"});
  EXPECT_TRUE(git.ok());
}

}  // namespace
}  // namespace donut::examples
