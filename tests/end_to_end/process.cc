#include "tests/end_to_end/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

extern char** environ;

namespace donut::testing {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(const std::map<std::string, std::string>& added) {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string text = *line;
    if (added.count(text.substr(0, text.find('='))) == 0) lines.push_back(text);
  }
  for (const auto& [key, value] : added) lines.push_back(key + "=" + value);
  return lines;
}

}  // namespace

Process::Process(const std::string& name, const std::string& folder,
                 const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment)
    : out_path_(folder + "/" + name + ".out"), err_path_(folder + "/" + name + ".err") {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<std::string> argument_texts = arguments;
  std::vector<std::string> environment_texts = EnvironmentWith(environment);
  const int error = posix_spawnp(&pid_, arguments[0].c_str(), &actions, nullptr,
                                 Pointers(argument_texts).data(), Pointers(environment_texts).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    pid_ = -1;
    ADD_FAILURE() << "cannot start " << arguments[0] << ": " << strerror(error);
  }
}

Process::~Process() {
  if (!running()) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::Signal(int signal_number) {
  if (running()) kill(pid_, signal_number);
}

bool Process::running() {
  if (pid_ < 0 || exit_code_ >= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

int Process::Wait(absl::Duration limit) {
  if (!Eventually([this] { return !running(); }, limit)) {
    ADD_FAILURE() << "still running after " << absl::FormatDuration(limit) << "; it said:\n"
                  << out() << err();
    Signal(SIGKILL);
    Eventually([this] { return !running(); });
  }
  return exit_code_;
}

std::string Process::out() const { return ReadFile(out_path_); }
std::string Process::err() const { return ReadFile(err_path_); }

std::string ValueInLog(const std::string& log, const std::string& key) {
  const size_t start = log.find(key + "=");
  if (start == std::string::npos) return "";
  const size_t value = start + key.size() + 1;
  return log.substr(value, log.find_first_of(" \n", value) - value);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  ASSERT_TRUE(file.flush().good()) << path;
}

TemporaryFolder::TemporaryFolder() {
  char pattern[] = "/tmp/donut-test-XXXXXX";
  if (mkdtemp(pattern) == nullptr) ADD_FAILURE() << "cannot make a folder under /tmp";
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace donut::testing
