#include "tests/support/test_database.h"

#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "common/postgres/migrations.h"

namespace donut::testing {
namespace {

constexpr char kTemplate[] = "donut_template";
constexpr char kSuperuser[] = "postgres";

// Small and without safety on disk: it lives for one test program.
constexpr char kTestConfiguration[] = R"(
fsync = off
full_page_writes = off
autovacuum = off
shared_buffers = 32MB
max_connections = 60
max_wal_size = 256MB
log_min_messages = warning
logging_collector = off
lc_messages = 'C'
timezone = 'UTC'
)";

// Reached by its socket only.
constexpr char kSocketConfiguration[] = R"(
listen_addresses = ''
unix_socket_directories = '$0'
)";

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "the tests need a PostgreSQL of their own, but %s\n", what.c_str());
  std::exit(1);
}

// The newest installed version's folder of programs.
std::string BinaryFolder() {
  glob_t found = {};
  if (glob("/usr/lib/postgresql/*/bin/initdb", 0, nullptr, &found) != 0 || found.gl_pathc == 0) {
    Fail("/usr/lib/postgresql/*/bin/initdb is not there: apt-get install postgresql");
  }
  const std::string newest = found.gl_pathv[found.gl_pathc - 1];
  globfree(&found);
  return newest.substr(0, newest.rfind('/'));
}

// initdb and postgres refuse to run as root.
std::vector<std::string> AsServerUser(std::vector<std::string> command) {
  if (geteuid() != 0) return command;
  command.insert(command.begin(), {"setpriv", absl::StrCat("--reuid=", kSuperuser),
                                   absl::StrCat("--regid=", kSuperuser), "--init-groups", "--"});
  return command;
}

// Runs to its end with output into `log`; -1 when it cannot be started.
int RunProgram(const std::vector<std::string>& command, const std::string& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void WriteFile(const std::string& path, const std::string& text, const char* mode) {
  std::FILE* file = std::fopen(path.c_str(), mode);
  if (file == nullptr) Fail(absl::StrCat(path, " cannot be written: ", std::strerror(errno)));
  std::fputs(text.c_str(), file);
  std::fclose(file);
}

}  // namespace

ClusterSettings ClusterSettings::ForTests() {
  return {.configuration = kTestConfiguration, .initdb_options = {"--locale=C"}};
}

// The one cluster. Its folder holds data/ and the socket.
class TestCluster::Server {
 public:
  explicit Server(const ClusterSettings& settings) : binaries_(BinaryFolder()) {
    folder_ = absl::StrCat(settings.parent_folder, "/donut_test_XXXXXX");
    if (mkdtemp(folder_.data()) == nullptr) {
      Fail(absl::StrCat("no folder can be made in ", settings.parent_folder));
    }
    HandToServerUser();
    StartGuard();
    std::vector<std::string> initdb = {"initdb", "--no-sync", "-A",       "trust", "-E",
                                       "UTF8",   "-U",        kSuperuser, "-D",    DataFolder()};
    initdb.insert(initdb.end(), settings.initdb_options.begin(), settings.initdb_options.end());
    if (const int status = Run(initdb); status != 0) Fail(absl::StrCat("initdb failed; see ", LogFile()));
    WriteFile(absl::StrCat(DataFolder(), "/postgresql.conf"),
              absl::StrCat(settings.configuration, absl::Substitute(kSocketConfiguration, folder_)), "a");
    Start();
    MakeTemplate();
  }

  const std::string& folder() const { return folder_; }

  void Start() {
    if (Run({"pg_ctl", "start", "-w", "-t", "60", "-D", DataFolder(), "-l",
             absl::StrCat(folder_, "/server.log")}) != 0) {
      Fail(absl::StrCat("pg_ctl start failed; see ", LogFile()));
    }
  }

  void Stop(const std::string& mode) {
    if (Run({"pg_ctl", "stop", "-w", "-t", "60", "-D", DataFolder(), "-m", mode}) != 0) {
      Fail(absl::StrCat("pg_ctl stop failed; see ", LogFile()));
    }
  }

 private:
  std::string DataFolder() const { return absl::StrCat(folder_, "/data"); }
  std::string LogFile() const { return absl::StrCat(folder_, "/tests.log"); }

  int Run(std::vector<std::string> command) {
    command[0] = absl::StrCat(binaries_, "/", command[0]);
    return RunProgram(AsServerUser(std::move(command)), LogFile());
  }

  void HandToServerUser() {
    if (geteuid() != 0) return;
    const passwd* user = getpwnam(kSuperuser);
    if (user == nullptr) Fail("there is no user postgres, and PostgreSQL does not run as root");
    if (chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
      Fail("the folder cannot be handed to postgres");
  }

  // A shell that waits until this process is gone, however it went, then stops the server and
  // removes the folder. It notices by the end of a pipe that only this process holds open.
  void StartGuard() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) Fail("no pipe can be made");
    const std::string script =
        absl::StrCat("read -r nothing\n", "cd /tmp\n",
                     absl::StrJoin(AsServerUser({absl::StrCat(binaries_, "/pg_ctl"), "stop", "-m",
                                                 "immediate", "-w", "-t", "20", "-D", DataFolder()}),
                                   " "),
                     " >/dev/null 2>&1\n", "rm -rf ", folder_, "\n");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    // Not to hold what reads our output waiting.
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A process group of its own: Ctrl-C in a terminal does not reach it. Signals that we
    // ignore or block are as usual in it.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    std::string shell = "sh";
    std::string option = "-c";
    std::string text = script;
    char* arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    if (posix_spawnp(&pid, "sh", &actions, &attributes, arguments, environ) != 0)
      Fail("sh cannot be started");
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[0]);
    guard_pid_ = pid;
    guard_end_ = ends[1];
    static Server* server = nullptr;
    server = this;
    std::atexit([] { server->EndGuard(); });
  }

  // At an orderly end: wait until all is cleaned up.
  void EndGuard() {
    close(guard_end_);
    int status = 0;
    waitpid(guard_pid_, &status, 0);
  }

  void MakeTemplate() {
    pqxx::connection maintenance(Url("postgres"));
    pqxx::nontransaction(maintenance).exec(absl::StrCat("CREATE DATABASE ", kTemplate));
    pqxx::connection connection(Url(kTemplate));
    const auto migrated = postgres::Migrate(connection);
    if (!migrated.ok()) Fail(absl::StrCat("the migrations failed: ", migrated.status().ToString()));
  }

  std::string Url(const std::string& database) const {
    return absl::StrCat("host=", folder_, " dbname=", database, " user=", kSuperuser);
  }

  const std::string binaries_;
  std::string folder_;
  pid_t guard_pid_ = 0;
  int guard_end_ = -1;
};

TestCluster::TestCluster() = default;

TestCluster& TestCluster::Shared() { return StartWith(ClusterSettings::ForTests()); }

TestCluster& TestCluster::StartWith(const ClusterSettings& settings) {
  // Never destroyed: the guard, called at exit, ends it.
  static TestCluster* const cluster = new TestCluster();
  if (cluster->server_ == nullptr) cluster->server_ = new Server(settings);
  return *cluster;
}

std::string TestCluster::socket_folder() const { return server_->folder(); }

std::string TestCluster::UrlFor(const std::string& database, const std::string& user) const {
  return absl::StrCat("postgresql://", user, "@/", database, "?host=", server_->folder());
}

void TestCluster::Stop(const std::string& mode) { server_->Stop(mode); }
void TestCluster::Start() { server_->Start(); }
void TestCluster::Signal(int pid, int signal) {
  if (kill(pid, signal) != 0) Fail(absl::StrCat("process ", pid, " takes no signal: ", std::strerror(errno)));
}

namespace {

std::string UniqueName() {
  static std::atomic<int> count = 0;
  return absl::StrCat("donut_", ++count);
}

void Maintain(const std::string& statement) {
  pqxx::connection connection(TestCluster::Shared().UrlFor("postgres", kSuperuser));
  pqxx::nontransaction(connection).exec(statement);
}

// A test that left the server stopped, or connections open, must not spoil the end of others.
void Drop(const std::string& name) {
  try {
    Maintain(absl::StrCat("DROP DATABASE IF EXISTS ", name, " WITH (FORCE)"));
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s was not dropped: %s\n", name.c_str(), exception.what());
  }
}

}  // namespace

TestDatabase::TestDatabase() : name_(UniqueName()) {
  TestCluster::Shared();
  Maintain(absl::StrCat("CREATE DATABASE ", name_, " TEMPLATE ", kTemplate));
}

TestDatabase::~TestDatabase() {
  owner_.reset();
  Drop(name_);
}

std::string TestDatabase::owner_url() const { return TestCluster::Shared().UrlFor(name_, kSuperuser); }
std::string TestDatabase::collector_url() const {
  return TestCluster::Shared().UrlFor(name_, "donut_collector");
}
std::string TestDatabase::query_url() const { return TestCluster::Shared().UrlFor(name_, "donut_query"); }
std::string TestDatabase::compactor_url() const {
  return TestCluster::Shared().UrlFor(name_, "donut_compactor");
}

pqxx::connection& TestDatabase::owner() {
  if (owner_ == nullptr) owner_ = std::make_unique<pqxx::connection>(owner_url());
  return *owner_;
}

std::string TestDatabase::Query(const std::string& sql) {
  pqxx::nontransaction transaction(owner());
  const pqxx::result rows = transaction.exec(sql);
  if (rows.empty() || rows[0][0].is_null()) return "";
  return rows[0][0].as<std::string>();
}

EmptyDatabase::EmptyDatabase() : name_(UniqueName()) {
  TestCluster::Shared();
  Maintain(absl::StrCat("CREATE DATABASE ", name_));
}

EmptyDatabase::~EmptyDatabase() { Drop(name_); }

std::string EmptyDatabase::owner_url() const { return TestCluster::Shared().UrlFor(name_, kSuperuser); }

}  // namespace donut::testing
