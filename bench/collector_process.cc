#include "bench/collector_process.h"

#include <atomic>
#include <csignal>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/figures.h"

namespace donut::bench {
namespace {

// valgrind takes its time.
constexpr absl::Duration kReadyLimit = absl::Minutes(1);
constexpr absl::Duration kStopLimit = absl::Minutes(1);

}  // namespace

std::string Program(const std::string& name) { return absl::StrCat(DONUT_BIN_FOLDER, "/", name); }

CollectorProcess::CollectorProcess(const CollectorSetup& setup) {
  static std::atomic<int> count = 0;
  const std::string name = absl::StrCat("collector", ++count);
  address_ = setup.loopback ? "127.0.0.1:0" : absl::StrCat("unix:", setup.folder, "/", name, ".sock");
  // Dies with us, also when nobody can say goodbye.
  std::vector<std::string> command = {"setpriv", "--pdeathsig=KILL", "--"};
  command.insert(command.end(), setup.wrapper.begin(), setup.wrapper.end());
  command.insert(command.end(), {Program("donut-collector"), "--address=" + address_,
                                 "--database_url=" + setup.database_url});
  command.insert(command.end(), setup.flags.begin(), setup.flags.end());
  process_ = std::make_unique<testing::Process>(name, setup.folder, command);
  const bool serves = testing::Eventually(
      [&] { return !process_->running() || absl::StrContains(log(), " INFO serving"); }, kReadyLimit);
  if (!serves || !process_->running()) Fail(absl::StrCat("the collector does not serve; it said:\n", log()));
  if (setup.loopback) address_ = absl::StrCat("127.0.0.1:", testing::ValueInLog(log(), "port"));
}

CollectorProcess::~CollectorProcess() { Stop(); }

int64_t CollectorProcess::MemoryBoundBytes() const {
  return static_cast<int64_t>(std::atoi(testing::ValueInLog(log(), "mib").c_str())) << 20;
}

void CollectorProcess::Stop() {
  if (!process_->running()) return;
  process_->Signal(SIGTERM);
  if (!testing::Eventually([&] { return !process_->running(); }, kStopLimit)) {
    Fail("the collector does not end after SIGTERM");
  }
}

}  // namespace donut::bench
