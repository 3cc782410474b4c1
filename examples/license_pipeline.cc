// A real pipeline over real data: which licence is each installed package under?
//
// Every Debian machine has a copyright file per package. One run per package:
//   collection  reads the file
//   cleaning    splits it into paragraphs and licence texts; many old files are prose, and fail here
//   labeling    says which licence each text is, from its words alone
//   evaluation  compares the labels with the names that the file itself gives
// Items are files up to cleaning, and licence texts from there on: cleaning finds them, labeling passes on
// those that it recognised, evaluation those whose label agrees.
// The package's maintainer is the user. What is tracked: see Process below.
//
// A package is processed again when its version changes (--again: all of them, as further
// attempts). With no collector at all it runs as fast and as well.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "copyright_file.h"
#include "donut/client.h"
#include "donut/pipeline_run.h"
#include "dpkg_status.h"
#include "license_classifier.h"
#include "processed_packages.h"

namespace donut::examples {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;
constexpr absl::Duration kDeliveryTimeout = absl::Seconds(30);
// When no collector answered while the pipeline ran.
constexpr absl::Duration kLastChance = absl::Milliseconds(500);

struct Options {
  std::string documents = "/usr/share/doc";
  std::string status = "/var/lib/dpkg/status";
  std::string state;
  bool again = false;
};

struct Labeled {
  std::string declared;
  std::string label;
};

// Fails with a reason that is the same text for the same kind of problem.
absl::StatusOr<std::string> Collect(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError("no copyright file");
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(file.gcount());
  if (text.size() > kMaxFileBytes)
    return absl::ResourceExhaustedError("the copyright file is larger than 4 MiB");
  return text;
}

absl::StatusOr<std::vector<Labeled>> Label(const CopyrightFile& file) {
  if (file.licenses.empty()) return absl::NotFoundError("no licence text in the file, only names");
  std::vector<Labeled> labeled;
  for (const LicenseText& license : file.licenses) {
    const auto label = ClassifyLicense(license.text);
    if (label.has_value()) labeled.push_back({license.name, *label});
  }
  if (labeled.empty()) return absl::NotFoundError("no licence recognised from its text");
  return labeled;
}

// Returns how many labels agree with the file's own names.
absl::StatusOr<int> Evaluate(const std::vector<Labeled>& labeled) {
  int agreed = 0;
  for (const Labeled& license : labeled) {
    switch (CompareWithDeclared(license.label, license.declared)) {
      case Agreement::kAgrees:
        ++agreed;
        break;
      case Agreement::kDisagrees:
        return absl::FailedPreconditionError(absl::StrCat("declared ", CanonicalName(license.declared),
                                                          ", reads as ", CanonicalName(license.label)));
      case Agreement::kUnknownName:
        break;
    }
  }
  if (agreed == 0) return absl::NotFoundError("none of the declared names is known");
  return agreed;
}

bool FailWith(PipelineRun& run, const absl::Status& status) {
  run.Fail(std::string(status.message()));
  return false;
}

// One run. This is all that it takes to track a pipeline. Returns whether it completed.
bool Process(Client& client, const Package& package, const std::string& run_id, int attempt,
             const Options& options) {
  PipelineRun run(
      client, {.pipeline = "licenses", .run_id = run_id, .user_id = package.maintainer, .attempt = attempt},
      {{"package", package.name}});

  auto collection = run.StartPhase("collection", 1);
  const auto text = Collect(absl::StrCat(options.documents, "/", package.name, "/copyright"));
  if (!text.ok()) return FailWith(run, text.status());
  collection.Complete({.items_out = 1}, {{"bytes", text->size()}});

  auto cleaning = run.StartPhase("cleaning", 1);
  const auto file = ParseCopyrightFile(*text);
  if (!file.ok()) return FailWith(run, file.status());
  const auto texts = static_cast<int64_t>(file->licenses.size());
  cleaning.Complete({.items_out = texts}, {{"paragraphs", file->paragraphs}});

  auto labeling = run.StartPhase("labeling", texts);
  const auto labeled = Label(*file);
  if (!labeled.ok()) return FailWith(run, labeled.status());
  labeling.Complete({.items_out = static_cast<int64_t>(labeled->size())});

  std::map<std::string, int> times;
  for (const Labeled& license : *labeled) ++times[license.label];
  for (const auto& [label, count] : times) {
    client.Track("license_found", package.maintainer, {{"license", label}, {"texts", count}},
                 {.session_id = run_id});
  }

  auto evaluation = run.StartPhase("evaluation", static_cast<int64_t>(labeled->size()));
  const auto agreed = Evaluate(*labeled);
  if (!agreed.ok()) return FailWith(run, agreed.status());
  evaluation.Complete({.items_out = *agreed});

  run.Complete({.items_in = 1, .items_out = *agreed});
  return true;
}

// What was delivered, in words; false when something was not.
bool Deliver(Client& client) {
  const bool answered = client.counters().streams_opened > 0;
  const bool all = client.Shutdown(answered ? kDeliveryTimeout : kLastChance);
  const ClientCounters counters = client.counters();
  if (all && counters.rejected == 0 && counters.dropped() == 0) {
    std::printf("%ld events delivered\n", static_cast<long>(counters.acknowledged));
    return true;
  }
  std::printf(
      "%ld events delivered, %ld rejected, %ld not delivered%s\n", static_cast<long>(counters.acknowledged),
      static_cast<long>(counters.rejected),
      static_cast<long>(counters.enqueued - counters.acknowledged - counters.rejected),
      counters.streams_opened == 0 ? ": no collector answered, and the pipeline did not wait for one" : "");
  return counters.acknowledged > 0 && all && counters.dropped() == 0;
}

int Run(const Options& options) {
  std::ifstream status(options.status);
  const std::vector<Package> packages = InstalledPackages(status);
  if (packages.empty()) {
    std::fprintf(stderr, "license_pipeline: %s lists no installed packages: is this a Debian machine?\n",
                 options.status.c_str());
    return 1;
  }
  auto processed = ProcessedPackages::Load(options.state);
  if (!processed.ok()) {
    std::fprintf(stderr, "license_pipeline: %s\n", std::string(processed.status().message()).c_str());
    return 1;
  }
  ClientOptions client_options;
  client_options.user_agent = "license_pipeline";
  auto client = Client::Create(client_options);
  if (!client.ok()) {
    std::fprintf(stderr, "license_pipeline: %s\n", std::string(client.status().message()).c_str());
    return 1;
  }

  const auto start = std::chrono::steady_clock::now();
  std::map<std::string, int> attempts;
  int completed = 0;
  for (const Package& package : packages) {
    const std::string run_id = absl::StrCat(package.name, " ", package.version).substr(0, 200);
    if (processed->IsDone(run_id) && !options.again) continue;
    attempts[run_id] = processed->NextAttempt(run_id);
    if (Process(**client, package, run_id, attempts[run_id], options)) ++completed;
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (attempts.empty()) {
    std::printf(
        "all %zu packages were processed before and have not changed (--again processes them again)\n",
        packages.size());
    return 0;
  }
  std::printf("%zu packages in %.2f s: %d completed, %zu failed\n", attempts.size(), elapsed.count(),
              completed, attempts.size() - completed);

  const bool delivered = Deliver(**client);
  // With nothing delivered nothing happened, as far as the analytics know.
  if (!delivered && (*client)->counters().acknowledged == 0) return 0;
  for (const auto& [run_id, attempt] : attempts) processed->Remember(run_id, attempt, delivered);
  if (const absl::Status saved = processed->Save(options.state); !saved.ok()) {
    std::fprintf(stderr, "license_pipeline: %s: the next run will process the same packages again\n",
                 std::string(saved.message()).c_str());
    return 1;
  }
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  const char* folder = std::getenv("DONUT_DATA_DIR");
  options.state =
      absl::StrCat(folder != nullptr && *folder != '\0' ? folder : "data", "/license_pipeline.state");
  CLI::App app("Tracks a pipeline that finds out the licences of the installed packages.",
               "license_pipeline");
  app.add_option("--state", options.state, "Remembers what was processed")->capture_default_str();
  app.add_option("--documents", options.documents, "Where the copyright files are")->capture_default_str();
  app.add_option("--dpkg-status", options.status, "Which packages are installed")->capture_default_str();
  app.add_flag("--again", options.again, "Process everything again, as further attempts");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return Run(options);
}

}  // namespace
}  // namespace donut::examples

int main(int argc, char** argv) {
  try {
    return donut::examples::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "license_pipeline: %s\n", error.what());
    return 1;
  }
}
