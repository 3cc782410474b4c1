#include "compactor/compactor_metrics.h"

#include "absl/strings/str_format.h"
#include "common/log.h"

namespace donut::compactor {

void CompactorMetrics::Step::Add(int64_t count, const Written& written) {
  steps.Add(count);
  events.Add(written.events);
  bytes.Add(written.bytes);
}

void CompactorMetrics::Count(const CompactReport& report) {
  packed_.Add(report.packs, report.packed);
  merged_.Add(report.merges, report.merged);
  rebuilt_.Add(report.rebuilds, report.rebuilt);
  rows_packed_.Add(report.rows_packed);
  partitions_forgotten_.Add(report.forgotten);
  conflicts_.Add(report.conflicts);
  if (!report.failure.ok()) failures_.Add();
  if (!report.rebuild_failure.ok()) failures_.Add();
  waiting_rows_ = report.waiting_rows;
  waiting_events_ = report.waiting_events;
  oldest_seconds_ = absl::ToDoubleSeconds(report.oldest_age);
  partitions_by_sql_ = report.partitions_by_sql;
}

void CompactorMetrics::Set(const Stock& stock) {
  blocks_ = stock.blocks;
  slices_ = stock.slices;
  block_events_ = stock.events;
  bytes_ = stock.bytes;
  most_slices_ = stock.most_slices;
}

void CompactorMetrics::AddTo(MetricPage& page) const {
  const auto gauge = [&page](const std::string& name, const std::string& help, double value) {
    page.AddGauge("donut_compactor_" + name, help, value);
  };
  gauge("at_work", "1 while this compactor is the one at work on its database; 0 while it stands by.",
        static_cast<double>(at_work_));
  gauge("waiting_rows", "Fresh rows that are not packed yet.", static_cast<double>(waiting_rows_));
  gauge("waiting_events", "Events in them: how far behind.", static_cast<double>(waiting_events_));
  gauge("oldest_waiting_seconds", "Age of the oldest fresh row.", oldest_seconds_);
  gauge("partitions_by_sql", "Partitions that SQL answers for because their histories are not all of them.",
        static_cast<double>(partitions_by_sql_));
  gauge("blocks", "Blocks that there are.", static_cast<double>(blocks_));
  gauge("slices", "Slices that they are in.", static_cast<double>(slices_));
  gauge("slices_of_a_month_max", "Slices of that project's month which has most.",
        static_cast<double>(most_slices_));
  gauge("block_events", "Events in blocks.", static_cast<double>(block_events_));
  gauge("block_bytes", "Bytes of the bodies of blocks.", static_cast<double>(bytes_));

  const auto by_step = [this, &page](const std::string& name, const std::string& help,
                                     Counter Step::*counter) {
    for (const auto& [label, step] :
         {std::pair("pack", &packed_), {"merge", &merged_}, {"rebuild", &rebuilt_}}) {
      page.AddCounter("donut_compactor_" + name, help, static_cast<double>((step->*counter).value()),
                      {{"step", label}});
    }
  };
  by_step("steps_total", "Transactions that were committed, by what they did.", &Step::steps);
  by_step("events_written_total", "Events that they wrote into blocks.", &Step::events);
  by_step("bytes_written_total", "Bytes of bodies that they wrote, without the database's log.",
          &Step::bytes);
  const auto counter = [&page](const std::string& name, const std::string& help, const Counter& value) {
    page.AddCounter("donut_compactor_" + name, help, static_cast<double>(value.value()));
  };
  counter("rows_packed_total", "Fresh rows that became blocks.", rows_packed_);
  counter("partitions_forgotten_total", "Partitions that are gone, whose histories were deleted.",
          partitions_forgotten_);
  counter("conflicts_total", "Steps that gave way to another transaction, and come again.", conflicts_);
  counter("failures_total", "Rounds in which a step failed: damage, a full disk, no database.", failures_);
}

void CompactorMetrics::LogTotals() const {
  const double packed = static_cast<double>(std::max<int64_t>(packed_.events.value(), 1));
  Log(Severity::kInfo, "totals",
      {{"packs", packed_.steps.value()},
       {"merges", merged_.steps.value()},
       {"rebuilds", rebuilt_.steps.value()},
       {"events_packed", packed_.events.value()},
       {"bytes_per_event_packed",
        absl::StrFormat("%.1f", static_cast<double>(packed_.bytes.value() + merged_.bytes.value()) / packed)},
       {"failures", failures_.value()}});
}

}  // namespace donut::compactor
