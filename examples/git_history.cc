// Streams a git repository's history as events at their commit times: who is active, who comes
// back. Event "commit" (or "merge"), with the number of files and lines changed; the user is the author's
// address, by .mailmap (--hash-users sends a keyless hash of it instead, which hides it from the eye only).
//
// Running it again adds only what is new: also after an interruption, and after branches
// were merged. A replay with a bookmark does this; see history_bookmark.h.

#include <sodium.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "donut/replay.h"
#include "git_command.h"
#include "git_log.h"
#include "history_bookmark.h"

namespace donut::examples {
namespace {

constexpr absl::Duration kOpenTimeout = absl::Seconds(5);
constexpr absl::Duration kFinishTimeout = absl::Hours(1);
constexpr size_t kProducerIdBytes = 16;
constexpr size_t kHashedUserBytes = 16;

struct Options {
  std::string repository = ".";
  std::string name;
  bool hash_users = false;
  bool shallow = false;
};

std::string Blake2b(const std::string& text, size_t bytes) {
  std::string hash(bytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), bytes,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return hash;
}

absl::StatusOr<std::string> OneLine(const Options& options, const std::vector<std::string>& arguments) {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, GitLines(options.repository, arguments));
  if (lines.empty()) return absl::FailedPreconditionError("git printed nothing");
  return lines.front();
}

// The same for every clone of a repository: the first commit of its main line. (Merging another
// project's history in adds roots, but not to the main line.)
absl::StatusOr<std::string> ProducerId(const Options& options) {
  if (!options.name.empty())
    return Blake2b(absl::StrCat("donut git history by name 1\n", options.name), kProducerIdBytes);
  ASSIGN_OR_RETURN(const std::string is_shallow, OneLine(options, {"rev-parse", "--is-shallow-repository"}));
  if (is_shallow == "true" && !options.shallow) {
    return absl::FailedPreconditionError(
        "this clone is shallow, its history is cut: run `git fetch --unshallow` first (or give --shallow to "
        "take what "
        "is there; deepened later, it would count as another repository)");
  }
  ASSIGN_OR_RETURN(const std::string root,
                   OneLine(options, {"rev-list", "--first-parent", "--max-parents=0", "HEAD"}));
  return Blake2b(absl::StrCat("donut git history 1\n", root), kProducerIdBytes);
}

std::vector<std::string> Range(const HistoryBookmark& segment) {
  std::vector<std::string> range = {segment.target};
  for (const std::string& done : segment.done) range.emplace_back(absl::StrCat("^", done));
  range.emplace_back("--");
  return range;
}

absl::StatusOr<int64_t> CountCommits(const Options& options, const HistoryBookmark& segment) {
  std::vector<std::string> arguments = {"rev-list", "--count"};
  const std::vector<std::string> range = Range(segment);
  arguments.insert(arguments.end(), range.begin(), range.end());
  ASSIGN_OR_RETURN(const std::string count, OneLine(options, arguments));
  return std::stoll(count);
}

v1::Event ToEvent(const Commit& commit, const Options& options) {
  v1::Event event;
  event.set_name(commit.parents > 1 ? "merge" : "commit");
  const std::string user = commit.author_email.empty() ? "unknown" : commit.author_email;
  event.set_user_id(options.hash_users ? absl::BytesToHexString(Blake2b(user, kHashedUserBytes)) : user);
  event.mutable_event_time()->set_seconds(commit.commit_time);
  auto& properties = *event.mutable_properties()->mutable_fields();
  properties["commit"].set_string_value(commit.hash);
  properties["files_changed"].set_number_value(static_cast<double>(commit.files_changed));
  properties["insertions"].set_number_value(static_cast<double>(commit.insertions));
  properties["deletions"].set_number_value(static_cast<double>(commit.deletions));
  return event;
}

absl::Status SendAlone(const v1::Event& event, const std::string& bookmark, Replay& replay) {
  RETURN_IF_ERROR(replay.Flush(kFinishTimeout));
  RETURN_IF_ERROR(replay.Send(event, bookmark));
  return replay.Flush(kFinishTimeout);
}

// Sends what is left of a segment: its commits but the first `passed`. The very first one goes alone: a
// larger batch may be committed up to its middle and then lack its bookmark, and without the bookmark of a
// segment nobody knows whose commits these were.
absl::Status SendSegment(const Options& options, const HistoryBookmark& segment, int64_t passed,
                         Replay& replay) {
  ASSIGN_OR_RETURN(const std::string bookmark, EncodeBookmark(segment));
  std::vector<std::string> arguments = {"log"};
  arguments.insert(arguments.end(), GitLogOptions().begin(), GitLogOptions().end());
  const std::vector<std::string> range = Range(segment);
  arguments.insert(arguments.end(), range.begin(), range.end());
  ASSIGN_OR_RETURN(const auto git, GitCommand::Start(options.repository, arguments));
  absl::Status sent = absl::OkStatus();
  bool first = passed == 0;
  GitLogReader reader([&](const Commit& commit) {
    if (passed > 0) {
      --passed;
    } else if (sent.ok()) {
      sent = first ? SendAlone(ToEvent(commit, options), bookmark, replay)
                   : replay.Send(ToEvent(commit, options), bookmark);
      first = false;
    }
  });
  for (std::string line; sent.ok() && git->ReadLine(line);) reader.ReadLine(line);
  reader.Finish();
  RETURN_IF_ERROR(sent);
  return git->Finish();
}

absl::Status CheckIsKnown(const Options& options, const std::string& hash) {
  if (GitLines(options.repository, {"cat-file", "-e", hash + "^{commit}"}).ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the commit ", hash.substr(0, 12),
      " was sent before and is not in this repository: its history was rewritten, or "
      "another clone sent more. Fetch that commit, or begin a stream of its own with --as NAME"));
}

// Brings the events up to HEAD. Returns how many commits were sent.
absl::StatusOr<int64_t> SendNewCommits(const Options& options, Replay& replay) {
  ASSIGN_OR_RETURN(const std::string head, OneLine(options, {"rev-parse", "--verify", "HEAD^{commit}"}));
  const int64_t committed = replay.committed_sequence();
  int64_t sequence = committed;
  HistoryBookmark next = {.sequence_before = 0, .target = head, .done = {}};
  if (committed > 0) {
    ASSIGN_OR_RETURN(const HistoryBookmark open, DecodeBookmark(replay.bookmark()));
    RETURN_IF_ERROR(CheckIsKnown(options, open.target));
    for (const std::string& done : open.done) RETURN_IF_ERROR(CheckIsKnown(options, done));
    ASSIGN_OR_RETURN(const int64_t count, CountCommits(options, open));
    const int64_t passed = committed - open.sequence_before;
    if (passed > count) return absl::DataLossError("more commits were sent than the repository has");
    if (passed < count) RETURN_IF_ERROR(SendSegment(options, open, passed, replay));
    sequence = open.sequence_before + count;
    std::vector<std::string> arguments = {"merge-base", "--independent", open.target};
    arguments.insert(arguments.end(), open.done.begin(), open.done.end());
    ASSIGN_OR_RETURN(next.done, GitLines(options.repository, arguments));
    next.sequence_before = sequence;
  }
  ASSIGN_OR_RETURN(const int64_t fresh, CountCommits(options, next));
  if (fresh > 0) RETURN_IF_ERROR(SendSegment(options, next, 0, replay));
  return sequence + fresh - committed;
}

absl::Status Run(const Options& options) {
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot start");
  // First, so that a folder without a repository is told as such.
  RETURN_IF_ERROR(OneLine(options, {"rev-parse", "--git-dir"}).status());
  if (!OneLine(options, {"rev-parse", "--verify", "--quiet", "HEAD^{commit}"}).ok()) {
    std::printf("the repository has no commits yet\n");
    return absl::OkStatus();
  }
  ReplayOptions replay_options;
  replay_options.user_agent = "git_history";
  ASSIGN_OR_RETURN(replay_options.producer_id, ProducerId(options));
  const std::string address = replay_options.collector_address;
  auto replay = Replay::Open(std::move(replay_options), kOpenTimeout);
  if (!replay.ok()) {
    return absl::Status(replay.status().code(), absl::StrCat("no collector takes the events at ", address,
                                                             ": ", replay.status().message()));
  }
  const auto start = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const int64_t sent, SendNewCommits(options, **replay));
  RETURN_IF_ERROR((*replay)->Finish(kFinishTimeout));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const ReplayProgress progress = (*replay)->progress();
  if (sent == 0) {
    std::printf("all %ld commits were sent before, nothing new\n",
                static_cast<long>((*replay)->committed_sequence()));
    return absl::OkStatus();
  }
  std::printf("%ld commits sent in %.2f s (%ld were there before)\n", static_cast<long>(sent),
              elapsed.count(), static_cast<long>((*replay)->committed_sequence()));
  if (progress.rejected > 0) {
    std::printf("%ld of them were rejected, such as for impossible times: see the table rejected_events\n",
                static_cast<long>(progress.rejected));
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Sends a git repository's commits as events, each once.", "git_history");
  app.add_option("repository", options.repository, "Its folder")->capture_default_str();
  app.add_option("--as", options.name, "Know the repository by this name instead of by its first commit");
  app.add_flag("--hash-users", options.hash_users, "Send a hash instead of the authors' addresses");
  app.add_flag("--shallow", options.shallow, "Take a shallow clone as it is");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status status = Run(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "git_history: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace donut::examples

int main(int argc, char** argv) {
  try {
    return donut::examples::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "git_history: %s\n", error.what());
    return 1;
  }
}
