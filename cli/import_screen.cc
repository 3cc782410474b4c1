#include "cli/import_screen.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>

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

ImportScreen::ImportScreen(std::function<ImportProgress()> progress, std::function<void()> on_interrupt)
    : progress_(std::move(progress)),
      on_interrupt_(std::move(on_interrupt)),
      terminal_(IsTerminal(STDERR_FILENO)),
      width_(PageOptionsFor(STDERR_FILENO).width) {
  CatchInterrupt();
  thread_ = std::thread([this] { Run(); });
}

ImportScreen::~ImportScreen() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
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

void ImportScreen::Run() {
  bool told = false;
  for (int tick = 1;; ++tick) {
    bool tell = false;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      wake_.WaitFor(mutex_, kTick);
      if (stopping_) return;
      if (terminal_ || tick % kTicksPerPlainLine == 0) Draw();
      tell = interrupted() && !told;
    }
    if (!tell) continue;
    told = true;
    on_interrupt_();
  }
}

void ImportScreen::Draw() {
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", PlainProgressLine(progress_()).c_str());
    return;
  }
  std::fprintf(stderr, "\r%s\x1b[K", ProgressLine(progress_(), width_ - 1).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ImportScreen::Erase() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace donut::cli
