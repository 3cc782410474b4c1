#include "git_command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

extern char** environ;

namespace donut::examples {
namespace {

constexpr size_t kMaxErrorBytes = 2000;

std::vector<std::string> FullArguments(const std::string& repository,
                                       const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {"git",
                                  "-C",
                                  repository,
                                  "-c",
                                  "log.showSignature=false",
                                  "-c",
                                  "log.showRoot=true",
                                  "-c",
                                  "diff.renames=false",
                                  "-c",
                                  "core.quotePath=true",
                                  "-c",
                                  "color.ui=false",
                                  "--no-pager"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The user's own, in the C locale: messages and numbers are read by a program.
std::vector<std::string> Environment() {
  std::vector<std::string> variables = {"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!text.starts_with("LC_ALL=")) variables.push_back(text);
  }
  return variables;
}

}  // namespace

absl::StatusOr<std::unique_ptr<GitCommand>> GitCommand::Start(const std::string& repository,
                                                              const std::vector<std::string>& arguments) {
  FILE* errors = tmpfile();
  int pipe_ends[2];
  if (errors == nullptr || pipe2(pipe_ends, O_CLOEXEC) != 0) {
    if (errors != nullptr) fclose(errors);
    return absl::ResourceExhaustedError(strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO);
  std::vector<std::string> words = FullArguments(repository, arguments);
  std::vector<std::string> variables = Environment();
  pid_t process = 0;
  const int error =
      posix_spawnp(&process, "git", &actions, nullptr, Pointers(words).data(), Pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  if (error != 0) {
    close(pipe_ends[0]);
    fclose(errors);
    return absl::NotFoundError(absl::StrCat("git cannot be started: ", strerror(error)));
  }
  return std::unique_ptr<GitCommand>(new GitCommand(process, fdopen(pipe_ends[0], "r"), errors));
}

GitCommand::~GitCommand() {
  fclose(output_);
  fclose(errors_);
  if (process_ == 0) return;
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
}

bool GitCommand::ReadLine(std::string& line) {
  line.clear();
  for (int c = getc_unlocked(output_); c != EOF; c = getc_unlocked(output_)) {
    if (c == '\n') return true;
    line.push_back(static_cast<char>(c));
  }
  return !line.empty();
}

absl::Status GitCommand::Finish() {
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  rewind(errors_);
  std::string text(kMaxErrorBytes, '\0');
  text.resize(fread(text.data(), 1, text.size(), errors_));
  const std::string first_line = text.substr(0, text.find('\n'));
  return absl::FailedPreconditionError(absl::StrCat("git: ", absl::StripPrefix(first_line, "fatal: ")));
}

absl::StatusOr<std::vector<std::string>> GitLines(const std::string& repository,
                                                  const std::vector<std::string>& arguments) {
  auto git = GitCommand::Start(repository, arguments);
  if (!git.ok()) return git.status();
  std::vector<std::string> lines;
  for (std::string line; (*git)->ReadLine(line);) lines.push_back(line);
  if (const absl::Status finished = (*git)->Finish(); !finished.ok()) return finished;
  return lines;
}

}  // namespace donut::examples
