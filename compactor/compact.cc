#include "compactor/compact.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"
#include "compactor/merge_slices.h"
#include "compactor/pack.h"
#include "compactor/statements.h"
#include "compactor/user_changes.h"
#include "history/month.h"

namespace donut::compactor {
namespace {

using ProjectMonth = std::pair<int, int>;

struct UntrustedPartition {
  std::string name;
  bool is_gone = false;
  std::string why;
};

// What one look at the database gives.
struct Work {
  std::vector<UntrustedPartition> partitions;
  std::vector<Waiting> waiting;
  std::set<ProjectMonth> months;  // that may have slices to merge
};

absl::Duration Seconds(const pqxx::field& field) {
  return std::max(absl::Seconds(field.as<double>()), absl::ZeroDuration());
}

void ReadPartitions(pqxx::transaction_base& transaction, Work& work) {
  for (const pqxx::row& row : transaction.exec(sql::kListPartitions)) {
    work.partitions.push_back({row[0].as<std::string>(), row[1].as<bool>(), row[4].as<std::string>()});
  }
}

void ReadWaiting(pqxx::transaction_base& transaction, Work& work) {
  for (const pqxx::row& row : transaction.exec(sql::kListWaiting)) {
    work.waiting.push_back({.project_id = row[0].as<int>(),
                            .month = row[1].as<int>(),
                            .rows = row[2].as<int64_t>(),
                            .events = row[3].as<int64_t>(),
                            .bytes = row[4].as<int64_t>(),
                            .oldest_age = Seconds(row[5]),
                            .newest_age = Seconds(row[6])});
  }
}

absl::StatusOr<Work> FindWork(pqxx::connection_base& connection, bool all_months) {
  Work work;
  bool broken = false;
  RETURN_IF_ERROR(postgres::RunTransaction(
                      connection, postgres::TransactionKind::kReadOnlySnapshot,
                      [&](pqxx::transaction_base& transaction) {
                        ReadPartitions(transaction, work);
                        ReadWaiting(transaction, work);
                        if (!all_months) return absl::OkStatus();
                        for (const pqxx::row& row : transaction.exec(sql::kListMonths)) {
                          work.months.emplace(row[0].as<int>(), row[1].as<int>());
                        }
                        return absl::OkStatus();
                      },
                      broken)
                      .status);
  return work;
}

absl::StatusOr<std::vector<Slice>> ReadSlices(pqxx::connection_base& connection, const ProjectMonth& month) {
  std::vector<Slice> slices;
  bool broken = false;
  RETURN_IF_ERROR(postgres::RunTransaction(
                      connection, postgres::TransactionKind::kReadWrite,
                      [&](pqxx::transaction_base& transaction) {
                        for (const pqxx::row& row :
                             transaction.exec_params(sql::kListSlices, month.first, month.second)) {
                          slices.push_back({row[0].as<std::string>(), row[1].as<int>(), row[2].as<int64_t>(),
                                            row[3].as<int64_t>(), row[4].as<int64_t>(), Seconds(row[5])});
                        }
                        return absl::OkStatus();
                      },
                      broken)
                      .status);
  return slices;
}

// One round's steps.
class Round {
 public:
  Round(pqxx::connection_base& connection, const CompactOptions& options, int current_month, Work work)
      : connection_(connection), options_(options), current_month_(current_month), work_(std::move(work)) {}

  CompactReport Run() {
    for (const Waiting& waiting : work_.waiting) {
      report_.waiting_rows += waiting.rows;
      report_.waiting_events += waiting.events;
      report_.oldest_age = std::max(report_.oldest_age, waiting.oldest_age);
    }
    report_.partitions_by_sql = static_cast<int64_t>(work_.partitions.size());
    if (options_.rebuild) MendPartitions();
    for (const Waiting& waiting : work_.waiting) {
      if (IsToEnd()) break;
      PackIfDue(waiting);
    }
    for (const ProjectMonth& month : work_.months) {
      if (IsToEnd()) break;
      MergeIfDue(month);
    }
    if (!IsToEnd()) Took(FoldUserChanges(connection_), report_.failure);
    return std::move(report_);
  }

 private:
  bool IsToEnd() const { return !connection_.is_open() || (options_.is_stopping && options_.is_stopping()); }

  // Whether a step went well; counts and remembers it if not.
  bool Took(const absl::Status& status, absl::Status& failure) {
    if (status.ok()) return true;
    if (absl::IsAborted(status)) {
      ++report_.conflicts;
    } else if (!absl::IsCancelled(status) && failure.ok()) {
      failure = status;
    }
    return false;
  }

  void MendPartitions() {
    for (const UntrustedPartition& partition : work_.partitions) {
      if (IsToEnd()) return;
      if (partition.is_gone) {
        if (Took(ForgetPartition(connection_, partition.name), report_.rebuild_failure)) ++report_.forgotten;
      } else if (Rebuild(partition)) {
        return;
      }
    }
  }

  bool Rebuild(const UntrustedPartition& partition) {
    Log(Severity::kInfo, "rebuilding histories", {{"partition", partition.name}, {"because", partition.why}});
    RebuildHooks hooks;
    hooks.is_stopping = options_.is_stopping;
    if (options_.on_rebuild_progress) {
      hooks.on_progress = [&](int64_t events) { options_.on_rebuild_progress(partition.name, events); };
    }
    const auto written = RebuildPartition(connection_, partition.name, hooks);
    if (!Took(written.status(), report_.rebuild_failure)) return false;
    ++report_.rebuilds;
    report_.rebuilt += *written;
    Log(Severity::kInfo, "rebuilt histories",
        {{"partition", partition.name}, {"events", written->events}, {"bytes", written->bytes}});
    return true;
  }

  void PackIfDue(const Waiting& waiting) {
    const ProjectMonth month{waiting.project_id, waiting.month};
    const auto slices = ReadSlices(connection_, month);
    if (!Took(slices.status(), report_.failure)) return;
    if (!IsDueToPack(waiting, *slices, options_.plan)) return;
    const auto packed = PackFresh(connection_, month.first, month.second);
    if (!Took(packed.status(), report_.failure) || packed->rows == 0) return;
    ++report_.packs;
    report_.rows_packed += packed->rows;
    report_.packed += packed->written;
    work_.months.insert(month);
  }

  void MergeIfDue(const ProjectMonth& month) {
    const auto slices = ReadSlices(connection_, month);
    if (!Took(slices.status(), report_.failure)) return;
    const bool is_waiting = std::any_of(work_.waiting.begin(), work_.waiting.end(), [&](const Waiting& one) {
      return ProjectMonth{one.project_id, one.month} == month;
    });
    const std::vector<Slice> chosen =
        SlicesToMerge(*slices, month.second < current_month_ && !is_waiting, options_.plan);
    if (chosen.size() < 2) return;
    const auto written = MergeSlices(connection_, month.first, month.second, chosen, options_.is_stopping);
    if (!Took(written.status(), report_.failure)) return;
    ++report_.merges;
    report_.merged += *written;
  }

  pqxx::connection_base& connection_;
  const CompactOptions& options_;
  const int current_month_;
  Work work_;
  CompactReport report_;
};

}  // namespace

absl::StatusOr<CompactReport> CompactOnce(pqxx::connection_base& connection, absl::Time now,
                                          const CompactOptions& options) {
  ASSIGN_OR_RETURN(Work work, FindWork(connection, options.all_months));
  return Round(connection, options, history::MonthOf(absl::ToUnixMicros(now)), std::move(work)).Run();
}

absl::Status PackAll(pqxx::connection_base& connection) {
  while (true) {
    ASSIGN_OR_RETURN(const Work work, FindWork(connection, /*all_months=*/false));
    if (work.partitions.empty() && work.waiting.empty()) return absl::OkStatus();
    for (const UntrustedPartition& partition : work.partitions) {
      if (partition.is_gone) {
        RETURN_IF_ERROR(ForgetPartition(connection, partition.name));
      } else {
        RETURN_IF_ERROR(RebuildPartition(connection, partition.name).status());
      }
    }
    // Some are gone by now, where a partition was rebuilt.
    for (const Waiting& waiting : work.waiting) {
      RETURN_IF_ERROR(PackFresh(connection, waiting.project_id, waiting.month).status());
    }
  }
}

}  // namespace donut::compactor
