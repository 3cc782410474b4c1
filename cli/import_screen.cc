#include "cli/import_screen.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "cli/terminal.h"

namespace donut::cli {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr int kTicksPerPlainLine = 50;

volatile sig_atomic_t interrupt_seen = 0;

void NoteInterrupt(int) { interrupt_seen = 1; }

// The second Ctrl-C finds the default again and ends the process. Waiting reads end with EINTR.
void CatchInterrupt() {
  struct sigaction action {};
  action.sa_handler = NoteInterrupt;
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace

ImportScreen::ImportScreen()
    : terminal_(IsTerminal(STDERR_FILENO)), width_(PageOptionsFor(STDERR_FILENO).width) {}

void ImportScreen::Start(std::function<ImportProgress()> progress, std::function<void()> on_interrupt) {
  CatchInterrupt();
  thread_ = std::thread([this, progress = std::move(progress), on_interrupt = std::move(on_interrupt)] {
    Run(progress, on_interrupt);
  });
}

void ImportScreen::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  MutexLock lock(mutex_);
  Erase();
}

bool ImportScreen::interrupted() { return interrupt_seen != 0; }

void ImportScreen::Print(const std::string& line) {
  if (line.empty()) return;
  MutexLock lock(mutex_);
  Erase();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ImportScreen::Run(const std::function<ImportProgress()>& progress,
                       const std::function<void()>& on_interrupt) {
  bool told = false;
  for (int tick = 1;; ++tick) {
    bool tell = false;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      wake_.WaitFor(mutex_, kTick);
      if (stopping_) return;
      if (terminal_ || tick % kTicksPerPlainLine == 0) Draw(progress());
      tell = interrupted() && !told;
    }
    if (!tell) continue;
    told = true;
    on_interrupt();
  }
}

void ImportScreen::Draw(const ImportProgress& progress) {
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", PlainProgressLine(progress).c_str());
    return;
  }
  std::fprintf(stderr, "\r%s\x1b[K", ProgressLine(progress, width_ - 1).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ImportScreen::Erase() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace donut::cli
