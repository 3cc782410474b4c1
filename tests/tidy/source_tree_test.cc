// Holds the repository to the house rules: every source file, every migration, every RPC.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/postgres/migrations.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "tests/tidy/house_rules.h"

namespace donut::tidy {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const fs::path kTop = DONUT_SOURCE_FOLDER;
constexpr const char* kSourceFolders[] = {"bench",  "cli",           "client_lib", "cmake",   "collector",
                                          "common", "compactor",     "examples",   "history", "migrations",
                                          "proto",  "query_service", "scripts",    "tests"};

std::string Read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

bool Exists(const std::string& path) { return fs::exists(kTop / path); }

// The folder of query_service/metrics/ that has the metric of this word; empty: none has. What is about the
// same thing shares a folder: the funnel, its actors and their explanation.
std::string FolderOfMetric(const std::string& word) {
  for (const fs::directory_entry& entry : fs::directory_iterator(kTop / "query_service/metrics")) {
    if (fs::exists(entry.path() / (word + ".cc"))) return fs::relative(entry.path(), kTop).string();
  }
  return "";
}

// Every file of ours that is written by hand.
const std::vector<SourceFile>& SourceFiles() {
  static const auto* const files = [] {
    auto* found = new std::vector<SourceFile>();
    for (const char* folder : kSourceFolders) {
      if (!Exists(folder)) continue;
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kTop / folder)) {
        if (entry.is_regular_file()) {
          found->push_back({fs::relative(entry.path(), kTop).string(), Read(entry.path())});
        }
      }
    }
    return found;
  }();
  return *files;
}

void ExpectNothingWrong(std::vector<std::string> (*rule)(const SourceFile&)) {
  std::vector<std::string> wrong;
  for (const SourceFile& file : SourceFiles()) {
    for (const std::string& one : rule(file)) wrong.push_back(one);
  }
  EXPECT_THAT(wrong, IsEmpty()) << absl::StrJoin(wrong, "\n");
}

TEST(SourceTreeTest, IsFound) { EXPECT_GT(SourceFiles().size(), 100u); }
TEST(SourceTreeTest, KeepsTheIncludeRules) { ExpectNothingWrong(CheckIncludes); }
TEST(SourceTreeTest, KeepsItsLibrariesInTheirPlaces) { ExpectNothingWrong(CheckLibrariesStayInPlace); }
TEST(SourceTreeTest, HasHeadersThatSayWhatTheyAre) { ExpectNothingWrong(CheckHeaderOpening); }
TEST(SourceTreeTest, HasStatementsThatNameTheirParameters) { ExpectNothingWrong(CheckSqlComment); }
TEST(SourceTreeTest, UsesWordsThatSaySomethingAndNeverSleeps) { ExpectNothingWrong(CheckWords); }

TEST(SourceTreeTest, HasNoFileTooLongToRead) {
  ExpectNothingWrong([](const SourceFile& file) {
    static const std::regex code("\\.(h|cc|sql|proto|cmake|sh)$|CMakeLists\\.txt$");
    return std::regex_search(file.path, code) ? CheckLength(file) : std::vector<std::string>();
  });
  EXPECT_THAT(CheckLength({"run", Read(kTop / "run")}), IsEmpty());
}

TEST(SourceTreeTest, HasMainsThatOnlyWire) {
  for (const std::string path : {"collector/main.cc", "query_service/main.cc", "compactor/main.cc"}) {
    const std::string text = Read(kTop / path);
    EXPECT_FALSE(text.empty()) << path;
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 60) << path;
  }
}

TEST(SourceTreeTest, EmbedsEveryMigrationAsItStands) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kTop / "migrations")) {
    if (entry.path().extension() == ".sql") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  std::vector<std::string> embedded;
  for (const postgres::Migration& migration : postgres::EmbeddedMigrations()) {
    embedded.push_back(migration.name);
    EXPECT_EQ(migration.sql, Read(kTop / "migrations" / (migration.name + ".sql"))) << migration.name;
  }
  EXPECT_EQ(embedded, names);
}

TEST(SourceTreeTest, ListsEveryStatementInItsCMakeFile) {
  for (const SourceFile& file : SourceFiles()) {
    if (!absl::EndsWith(file.path, ".sql") || !absl::StrContains(file.path, "/sql/")) continue;
    const fs::path folder = fs::path(file.path).parent_path().parent_path();
    EXPECT_THAT(Read(kTop / folder / "CMakeLists.txt"),
                HasSubstr("sql/" + fs::path(file.path).filename().string()))
        << file.path << " is not embedded: list it in donut_embed_sql, or delete it";
  }
}

TEST(SourceTreeTest, HasASetOfFilesOfOneNameForEachMetric) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "donut.analytics.v1.QueryService");
  ASSERT_NE(service, nullptr);
  ASSERT_GT(service->method_count(), 0);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string rpc = service->method(i)->name();
    const std::string word = MetricWordOf(rpc);
    const std::string folder = FolderOfMetric(word);
    EXPECT_FALSE(folder.empty()) << "QueryService." << rpc << " needs query_service/metrics/*/" << word
                                 << ".cc";
    for (const std::string& path :
         {absl::StrCat("proto/donut/analytics/v1/", word, ".proto"), absl::StrCat(folder, "/", word, ".h"),
          absl::StrCat("tests/query_service/", word, "_test.cc"),
          absl::StrCat("docs/metrics/", word, ".md")}) {
      EXPECT_TRUE(Exists(path)) << "QueryService." << rpc << " needs " << path;
    }
  }
}

TEST(SourceTreeTest, HasAnExampleInTheReadmeForEachRpc) {
  const std::string readme = Read(kTop / "README.md");
  for (const std::string name : {"QueryService", "EventCollectorService"}) {
    const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
        absl::StrCat("donut.analytics.v1.", name));
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i) {
      EXPECT_THAT(readme, HasSubstr(absl::StrCat(service->full_name(), "/", service->method(i)->name())));
    }
  }
}

TEST(SourceTreeTest, HasPagesWhoseLinksLeadSomewhere) {
  static const std::regex link("\\]\\(([^)#:\\s]+)(#[^)]*)?\\)");
  std::vector<fs::path> pages;
  for (const fs::directory_entry& entry : fs::directory_iterator(kTop)) {
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  }
  for (const char* folder : {"docs", "migrations"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kTop / folder)) {
      if (entry.path().extension() == ".md") pages.push_back(entry.path());
    }
  }
  ASSERT_GT(pages.size(), 3u);
  for (const fs::path& page : pages) {
    const std::string text = Read(page);
    for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it) {
      EXPECT_TRUE(fs::exists(page.parent_path() / (*it)[1].str()))
          << fs::relative(page, kTop) << " links to " << (*it)[1].str() << ", which is not there";
    }
  }
}

}  // namespace
}  // namespace donut::tidy
