#include "cli/import_report.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/import_check.h"
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

std::string ImportReport::CountUnparsed(int64_t line, const std::string& reason) {
  MutexLock lock(mutex_);
  ++unparsed_;
  return Listed(line, "unreadable", reason);
}

std::string ImportReport::CountRejected(int64_t line, const std::string& detail) {
  MutexLock lock(mutex_);
  ++rejected_;
  return Listed(line, "rejected", detail);
}

std::string ImportReport::Listed(int64_t line, const std::string& what, const std::string& reason) {
  const std::string text = absl::StrCat(what, ": ", reason);
  if (const auto known = reasons_.find(text); known != reasons_.end()) {
    ++known->second;
  } else if (reasons_.size() < kMaxReasons) {
    reasons_[text] = 1;
  }
  if (unparsed_ + rejected_ > kMaxListed) return "";
  return Harmless(absl::StrCat(PlaceInSource(path_, line), ": ", text));
}

int64_t ImportReport::unparsed() const {
  MutexLock lock(mutex_);
  return unparsed_;
}

int64_t ImportReport::rejected() const {
  MutexLock lock(mutex_);
  return rejected_;
}

std::string ImportReport::NotListed() const {
  MutexLock lock(mutex_);
  const int64_t refused = unparsed_ + rejected_;
  if (refused <= kMaxListed) return "";
  std::string text = absl::StrCat("and ", Counted(refused - kMaxListed, absl::StrCat("more ", noun_)),
                                  ": the table rejected_events has them all");
  std::vector<std::pair<int64_t, std::string>> by_count;
  int64_t others = refused;
  for (const auto& [reason, count] : reasons_) {
    by_count.emplace_back(count, Harmless(reason));
    others -= count;
  }
  std::stable_sort(by_count.begin(), by_count.end(),
                   [](const auto& one, const auto& other) { return one.first > other.first; });
  if (others > 0) by_count.emplace_back(others, "for other reasons");
  for (const auto& [count, reason] : by_count)
    absl::StrAppend(&text, "\n", PadLeft(Count(count), 9), "  ", reason);
  return text;
}

std::string ProgressLine(const ImportProgress& progress, int width) {
  std::string line = "  ";
  const double done = ShareDone(progress);
  if (progress.total_bytes > 0) {
    absl::StrAppend(&line, PadLeft(absl::StrCat(std::floor(done * 100), "%"), 4), " ");
    const TwoPartBar bar = BarWithLoss(done, 1 - done, kBarWidth);
    absl::StrAppend(&line, bar.filled, bar.lost, bar.padding, "  ");
  }
  const int64_t rate = PerSecond(progress.committed, progress.elapsed);
  absl::StrAppend(&line, Counted(progress.committed, progress.noun), " done  ", Count(rate), "/s");
  if (!progress.connected) {
    absl::StrAppend(&line, "  ", kWaiting);
  } else if (done > 0.01 && done < 1) {
    absl::StrAppend(&line, "  ",
                    Seconds(std::ceil(absl::ToDoubleSeconds(progress.elapsed) * (1 - done) / done)), " left");
  }
  return CutToWidth(line, width);
}

std::string PlainProgressLine(const ImportProgress& progress) {
  std::string line = absl::StrCat(Counted(progress.committed, progress.noun), " done");
  if (progress.total_bytes > 0) absl::StrAppend(&line, " (", std::floor(ShareDone(progress) * 100), "%)");
  absl::StrAppend(&line, ", ", Count(PerSecond(progress.committed, progress.elapsed)), "/s");
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

std::string EarlierRecords(int64_t count, int64_t unreadable, const std::string& noun) {
  const std::string text = Counted(count, noun);
  if (unreadable == 0)
    return absl::StrCat(text, " (the table rejected_events has those that were rejected, if any)");
  return absl::StrCat(text, ", ", Count(unreadable),
                      " of them unreadable: the table rejected_events has them");
}

std::string FinalLine(const ImportCounts& counts, const std::string& noun, absl::Duration elapsed) {
  std::string text = absl::StrCat(Counted(counts.earlier + counts.records(), noun), ": ",
                                  Count(counts.stored()), " stored, ");
  if (counts.earlier > 0) absl::StrAppend(&text, Count(counts.earlier), " already there, ");
  absl::StrAppend(&text, Count(counts.rejected), " rejected, ", Count(counts.unparsed), " unreadable");
  if (counts.empty > 0) absl::StrAppend(&text, ", and ", Counted(counts.empty, "empty line"));
  return absl::StrCat(text, "; ", Seconds(absl::ToDoubleSeconds(elapsed)), ", ",
                      Count(PerSecond(counts.stored(), elapsed)), " events/s");
}

}  // namespace donut::cli
