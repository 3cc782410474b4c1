// Installs into a folder of its own and uses what is there as a stranger would, by the lines of the README.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/end_to_end/deployment.h"
#include "tests/installed_use/readme_code.h"

namespace donut::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// As ldd and as the linker's command line name them.
constexpr const char* kUnwantedLibraries[] = {"libpq", "-lpq", "sodium", "grpc++_reflection"};

// cmake --install leaves a list of what it installed in the build folder. A user's own list stays.
class ManifestsAsTheyWere {
 public:
  explicit ManifestsAsTheyWere(const fs::path& aside) : aside_(aside) {
    fs::create_directory(aside_);
    for (const fs::path& manifest : Manifests(DONUT_BUILD_FOLDER)) {
      fs::copy_file(manifest, aside_ / manifest.filename());
    }
  }
  ~ManifestsAsTheyWere() {
    std::error_code ignored;
    for (const fs::path& manifest : Manifests(DONUT_BUILD_FOLDER)) fs::remove(manifest, ignored);
    for (const fs::path& manifest : Manifests(aside_)) {
      fs::copy_file(manifest, fs::path(DONUT_BUILD_FOLDER) / manifest.filename(), ignored);
    }
  }

 private:
  static std::vector<fs::path> Manifests(const fs::path& folder) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (absl::StartsWith(entry.path().filename().string(), "install_manifest")) {
        found.push_back(entry.path());
      }
    }
    return found;
  }
  const fs::path aside_;
};

// The files under `folder`, as they are named from there.
std::vector<std::string> FilesUnder(const fs::path& folder) {
  std::vector<std::string> files;
  if (!fs::exists(folder)) return files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class InstalledUseTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    const ManifestsAsTheyWere manifests(Path("manifests"));
    for (const char* component : {"client", "programs", "protos"}) {
      Expect({DONUT_CMAKE, "--install", DONUT_BUILD_FOLDER, "--prefix", Path(component), "--component",
              component});
    }
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string Path(const std::string& name) { return folder_->path() + "/" + name; }
  static std::string Readme() { return ReadFile(DONUT_SOURCE_FOLDER "/README.md"); }

  // Runs it to its end, fails the test unless that is 0, and returns what it said.
  static std::string Expect(const std::vector<std::string>& command) {
    Process process(absl::StrCat("command", ++commands_), folder_->path(), command,
                    {{"DESTDIR", ""}, {"PKG_CONFIG_PATH", Path("client/lib/pkgconfig")}});
    EXPECT_EQ(process.Wait(), 0) << absl::StrJoin(command, " ") << "\n" << process.out() << process.err();
    return process.out();
  }

  // A project with one program, whose last lines are `link_lines`, configured.
  static void Configure(const std::string& name, const std::string& link_lines) {
    fs::create_directories(Path(name));
    WriteFile(Path(name) + "/my_program.cc", ProgramOfTheReadme());
    WriteFile(Path(name) + "/CMakeLists.txt",
              absl::StrCat("cmake_minimum_required(VERSION 3.16)\nproject(my_program CXX)\n"
                           "add_executable(my_program my_program.cc)\n",
                           link_lines));
    Expect({DONUT_CMAKE, "-S", Path(name), "-B", Path(name) + "/build", "-G", "Ninja",
            absl::StrCat("-DCMAKE_CXX_COMPILER=", DONUT_COMPILER),
            absl::StrCat("-DCMAKE_CXX_FLAGS=", DONUT_PROGRAM_FLAGS),
            absl::StrCat("-DCMAKE_PREFIX_PATH=", Path("client"))});
  }

  // The C++ pieces of "Five lines": tracking and what is known about users in one function, a run in another.
  static std::string ProgramOfTheReadme() {
    const std::vector<std::string> pieces = CodeUnder(Readme(), "Five lines", "cpp");
    if (pieces.size() != 3) {
      ADD_FAILURE() << "the README has " << pieces.size() << " pieces of C++ under \"Five lines\", not 3";
      return "";
    }
    const SplitCode track = SplitIncludes(pieces[0]);
    const SplitCode users = SplitIncludes(pieces[1]);
    const SplitCode run = SplitIncludes(pieces[2]);
    return absl::StrCat(
        track.includes, run.includes, "#include <vector>\n", "void Track() {\n", track.statements,
        users.statements, "}\n", "void Run(const std::vector<int>& rows) {\n",
        "const std::vector<int> cleaned = rows;\n", "auto client = donut::Client::Create().value();\n",
        run.statements, "}\n", "int main() {\nTrack();\nRun({1, 2, 3});\n}\n");
  }

  static void ExpectNoUnwantedLibrary(const std::string& program) {
    const std::string libraries = Expect({"ldd", program});
    EXPECT_THAT(libraries, HasSubstr("libgrpc++")) << "ldd did not look at the program";
    for (const char* unwanted : kUnwantedLibraries) EXPECT_THAT(libraries, Not(HasSubstr(unwanted)));
  }

 private:
  static inline std::unique_ptr<TemporaryFolder> folder_;
  static inline int commands_ = 0;
};

TEST_F(InstalledUseTest, HasThePublicHeadersAndNoPathsOfTheBuild) {
  EXPECT_THAT(FilesUnder(Path("client/include")),
              ElementsAre("donut/analytics/v1/collector.pb.h", "donut/analytics/v1/event.pb.h",
                          "donut/client.h", "donut/pipeline_run.h", "donut/replay.h", "donut/value.h"));
  int texts = 0;
  for (const std::string& file : FilesUnder(Path("client"))) {
    if (absl::EndsWith(file, ".a")) continue;
    ++texts;
    const std::string text = ReadFile(Path("client/" + file));
    EXPECT_THAT(text, Not(HasSubstr(DONUT_SOURCE_FOLDER))) << file;
    EXPECT_THAT(text, Not(HasSubstr(Path("client")))) << file << " could not be moved";
  }
  EXPECT_GE(texts, 10);
}

TEST_F(InstalledUseTest, ProgramOfTheReadmeIsBuiltByFindPackageAndSendsItsEvents) {
  const std::vector<std::string> lines = CodeUnder(Readme(), "Installed use", "cmake");
  ASSERT_THAT(lines, SizeIs(2));
  Configure("package", lines[0]);
  EXPECT_THAT(ReadFile(Path("package/build/CMakeCache.txt")),
              HasSubstr("donut_DIR:PATH=" + Path("client/lib/cmake/donut\n")));
  Expect({DONUT_CMAKE, "--build", Path("package/build")});
  const std::string program = Path("package/build/my_program");
  ExpectNoUnwantedLibrary(program);
  const std::string bytes = ReadFile(program);
  EXPECT_THAT(bytes, HasSubstr("donut/analytics/v1/collector.proto"));
  for (const char* proto : {"grpc/health/v1/health.proto", "google/rpc/status.proto", "v1/query.proto"}) {
    EXPECT_EQ(bytes.find(proto), std::string::npos) << proto << ": the program may have its own";
  }

  Deployment deployment;
  const Deployment::Result result = deployment.Run({program});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(deployment.Sql("SELECT string_agg(name, ' ' ORDER BY sequence) FROM analytics_events JOIN "
                           "event_names USING (event_name_id) WHERE name NOT LIKE 'pipeline%'"),
            "report_exported");
  EXPECT_EQ(deployment.Sql("SELECT count(*) FROM analytics_events"), "5") << "and four of the run";
}

TEST_F(InstalledUseTest, EachHeaderStandsAloneAndWithoutWarnings) {
  std::string sources;
  fs::create_directories(Path("headers"));
  for (const std::string& header : FilesUnder(Path("client/include"))) {
    const std::string source = absl::StrReplaceAll(header, {{"/", "_"}}) + ".cc";
    WriteFile(Path("headers/" + source), absl::StrCat("#include <", header, ">\n"));
    absl::StrAppend(&sources, " ", source);
  }
  Configure("headers",
            absl::StrCat("find_package(donut REQUIRED)\nadd_library(headers OBJECT", sources, ")\n",
                         "target_link_libraries(headers donut::client)\n",
                         "set_target_properties(headers PROPERTIES NO_SYSTEM_FROM_IMPORTED ON)\n",
                         "target_compile_options(headers PRIVATE -Wall -Wextra -Wpedantic -Werror)\n"));
  Expect({DONUT_CMAKE, "--build", Path("headers/build"), "--target", "headers"});
}

TEST_F(InstalledUseTest, ProgramOfTheReadmeIsBuiltByPkgConfig) {
  const std::vector<std::string> lines = CodeUnder(Readme(), "Installed use", "sh");
  const auto line = std::find_if(lines.begin(), lines.end(), [](const std::string& block) {
    return absl::StrContains(block, "pkg-config");
  });
  ASSERT_NE(line, lines.end());
  fs::create_directories(Path("pkg_config"));
  WriteFile(Path("pkg_config/my_program.cc"), ProgramOfTheReadme());
  Expect({"sh", "-ec",
          absl::StrCat("cd ", Path("pkg_config"), "\n", absl::StrReplaceAll(*line, {{"\n", ""}}), " ",
                       DONUT_PROGRAM_FLAGS)});
  ExpectNoUnwantedLibrary(Path("pkg_config/my_program"));
}

// Only configured, not compiled: that would compile the library a second time.
TEST_F(InstalledUseTest, CloneInAnotherProjectBringsTheClientAndNothingElse) {
  const std::vector<std::string> lines = CodeUnder(Readme(), "Installed use", "cmake");
  ASSERT_THAT(lines, SizeIs(2));
  fs::create_directories(Path("clone"));
  fs::create_directory_symlink(DONUT_SOURCE_FOLDER, Path("clone/donut"));
  Configure("clone", lines[1]);
  const std::string commands = Expect({"ninja", "-C", Path("clone/build"), "-t", "commands", "my_program"});
  EXPECT_THAT(commands, HasSubstr("libdonut_client.a"));
  for (const char* unwanted : kUnwantedLibraries) EXPECT_THAT(commands, Not(HasSubstr(unwanted)));
  const std::string targets = Expect({"ninja", "-C", Path("clone/build"), "-t", "targets", "all"});
  EXPECT_THAT(targets, HasSubstr("libdonut_client.a"));
  EXPECT_THAT(targets, Not(HasSubstr("donut-collector")));
  EXPECT_THAT(targets, Not(HasSubstr("_test")));
}

TEST_F(InstalledUseTest, ProgramsTellTheirVersion) {
  const std::vector<std::string> programs = FilesUnder(Path("programs"));
  EXPECT_THAT(programs,
              ElementsAre("bin/donut", "bin/donut-collector", "bin/donut-compactor", "bin/donut-query"));
  for (const std::string& program : programs) {
    EXPECT_THAT(Expect({Path("programs/" + program), "--version"}), HasSubstr(DONUT_VERSION)) << program;
  }
}

TEST_F(InstalledUseTest, ProtosNeedNoOthers) {
  std::vector<std::string> command = {DONUT_PROTOC, "-I", Path("protos/share/donut/proto"),
                                      "--descriptor_set_out=" + Path("descriptors")};
  const std::vector<std::string> files = FilesUnder(Path("protos/share/donut/proto"));
  EXPECT_THAT(files, ::testing::Contains("donut/analytics/v1/query.proto"));
  command.insert(command.end(), files.begin(), files.end());
  Expect(command);
}

}  // namespace
}  // namespace donut::testing
