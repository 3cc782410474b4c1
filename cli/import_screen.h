// Where an import shows itself while it runs: a progress bar that redraws itself on a terminal,
// a plain line every few seconds elsewhere, and lines in between that do not tear the bar. It also
// notices Ctrl-C. Writes to standard error. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "cli/import_report.h"
#include "common/mutex.h"

namespace donut::cli {

class ImportScreen {
 public:
  ImportScreen();
  ~ImportScreen() { Stop(); }
  ImportScreen(const ImportScreen&) = delete;
  ImportScreen& operator=(const ImportScreen&) = delete;

  // Shows the bar and watches for Ctrl-C. `progress` is asked from the screen's own thread. `on_interrupt` is
  // called there once, at the first Ctrl-C; a second one ends the process. Call it once.
  void Start(std::function<ImportProgress()> progress, std::function<void()> on_interrupt);
  // Takes the bar away and ends the thread. What Start was given is not used afterwards.
  void Stop();

  // Also before and after the bar is shown. Empty texts print nothing.
  void Print(const std::string& line);
  // Whether Ctrl-C was pressed.
  static bool interrupted();

 private:
  void Run(const std::function<ImportProgress()>& progress, const std::function<void()>& on_interrupt);
  void Draw(const ImportProgress& progress) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const bool terminal_;
  const int width_;
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool drawn_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace donut::cli
