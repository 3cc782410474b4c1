#include "cli/import_report.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"

namespace donut::cli {
namespace {

constexpr int kBarWidth = 16;
constexpr char kWaiting[] = "waiting for the collector";

// 0 where the size is not known.
double ShareDone(const ImportProgress& progress) {
  return std::clamp(Share(progress.bytes, progress.total_bytes), 0.0, 1.0);
}

int64_t PerSecond(int64_t number, absl::Duration elapsed) {
  const double seconds = absl::ToDoubleSeconds(elapsed);
  return seconds > 0.001 ? std::llround(static_cast<double>(number) / seconds) : number;
}

}  // namespace

void ImportReport::CountLine() {
  MutexLock lock(mutex_);
  ++counts_.lines;
}

void ImportReport::CountEmpty() {
  MutexLock lock(mutex_);
  ++counts_.empty;
}

std::string ImportReport::CountUnparsed(int64_t line, const std::string& reason) {
  MutexLock lock(mutex_);
  ++counts_.unparsed;
  return Listed(line, "unreadable", reason);
}

std::string ImportReport::CountRejected(int64_t line, const std::string& detail) {
  MutexLock lock(mutex_);
  ++counts_.rejected;
  return Listed(line, "rejected", detail);
}

std::string ImportReport::Listed(int64_t line, const std::string& what, const std::string& reason) {
  if (++refused_ > kMaxListedLines) return "";
  return Harmless(absl::StrCat("line ", line, " ", what, ": ", reason));
}

ImportCounts ImportReport::counts() const {
  MutexLock lock(mutex_);
  return counts_;
}

std::string ImportReport::NotListed() const {
  MutexLock lock(mutex_);
  const int64_t hidden = refused_ - kMaxListedLines;
  if (hidden <= 0) return "";
  return absl::StrCat("and ", Counted(hidden, "more line"), ": the table rejected_events has them all");
}

std::string ProgressLine(const ImportProgress& progress, int width) {
  std::string line = "  ";
  const double done = ShareDone(progress);
  if (progress.total_bytes > 0) {
    absl::StrAppend(&line, PadLeft(absl::StrCat(std::floor(done * 100), "%"), 4), " ");
    const TwoPartBar bar = BarWithLoss(done, 1 - done, kBarWidth);
    absl::StrAppend(&line, bar.filled, bar.lost, bar.padding, "  ");
  }
  const int64_t rate = PerSecond(progress.committed_lines, progress.elapsed);
  absl::StrAppend(&line, Counted(progress.committed_lines, "line"), " stored  ", Count(rate), "/s");
  if (!progress.connected) {
    absl::StrAppend(&line, "  ", kWaiting);
  } else if (done > 0.01 && done < 1) {
    absl::StrAppend(&line, "  ",
                    Seconds(std::ceil(absl::ToDoubleSeconds(progress.elapsed) * (1 - done) / done)), " left");
  }
  return CutToWidth(line, width);
}

std::string PlainProgressLine(const ImportProgress& progress) {
  std::string line = absl::StrCat(Counted(progress.committed_lines, "line"), " stored");
  if (progress.total_bytes > 0) absl::StrAppend(&line, " (", std::floor(ShareDone(progress) * 100), "%)");
  absl::StrAppend(&line, ", ", Count(PerSecond(progress.committed_lines, progress.elapsed)), "/s");
  return progress.connected ? line : absl::StrCat(line, ", ", kWaiting);
}

void EventSpan::Add(absl::Time time) {
  first_ = std::min(first_, time);
  last_ = std::max(last_, time);
}

std::string EventSpan::Hint() const {
  if (first_ > last_) return "";
  const auto day = [](absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); };
  return absl::StrCat("see them: donut view --start ", day(first_), " --end ", day(last_));
}

std::string EarlierLines(int64_t lines, int64_t unreadable) {
  const std::string text = Counted(lines, "line");
  if (unreadable == 0)
    return absl::StrCat(text, " (the table rejected_events has those that were rejected, if any)");
  return absl::StrCat(text, ", ", Count(unreadable),
                      " of them unreadable: the table rejected_events has them");
}

std::string FinalLine(const ImportCounts& counts, absl::Duration elapsed) {
  std::string text =
      absl::StrCat(Counted(counts.lines, "line"), ": ", Count(counts.stored()), " stored, ",
                   Count(counts.rejected), " rejected, ", Count(counts.unparsed), " unreadable");
  if (counts.empty > 0) absl::StrAppend(&text, ", ", Count(counts.empty), " empty");
  return absl::StrCat(text, "; ", Seconds(absl::ToDoubleSeconds(elapsed)), ", ",
                      Count(PerSecond(counts.stored(), elapsed)), " events/s");
}

}  // namespace donut::cli
