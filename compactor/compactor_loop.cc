#include "compactor/compactor_loop.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/log.h"
#include "common/postgres/migrations.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"
#include "compactor/audit.h"
#include "compactor/statements.h"

namespace donut::compactor {
namespace {

constexpr absl::Duration kProgressPeriod = absl::Seconds(5);
constexpr absl::Duration kFirstRetry = absl::Seconds(1);
// The first audit comes once an upgrade's rebuilds are likely done.
constexpr absl::Duration kFirstAudit = absl::Minutes(15);

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

CompactorLoop::CompactorLoop(LoopOptions options, const Clock* clock)
    : options_(std::move(options)), clock_(clock), backoff_(kFirstRetry, options_.retry) {}

CompactorLoop::~CompactorLoop() { Stop(); }

void CompactorLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CompactorLoop::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

bool CompactorLoop::is_stopping() {
  MutexLock lock(mutex_);
  return stopping_;
}

bool CompactorLoop::WaitedOrStopping(absl::Duration wait) {
  const double until = SteadySeconds() + absl::ToDoubleSeconds(wait);
  MutexLock lock(mutex_);
  while (!stopping_) {
    const double left = until - SteadySeconds();
    if (left <= 0) return false;
    wake_.WaitFor(mutex_, absl::Seconds(left));
  }
  return true;
}

void CompactorLoop::Run() {
  while (!WaitedOrStopping(Round())) {
  }
  metrics_.SetAtWork(false);
  connection_.reset();
}

absl::Duration CompactorLoop::Round() {
  absl::Duration wait = options_.period;
  const absl::Status status = Work(wait);
  if (status.ok() || absl::IsCancelled(status)) {
    if (!last_failure_.empty()) Log(Severity::kInfo, "compacting again");
    last_failure_.clear();
    backoff_.Reset();
    return wait;
  }
  metrics_.CountFailure();
  metrics_.SetAtWork(false);
  // Whatever went wrong, a new connection is not worse.
  connection_.reset();
  if (const std::string text(status.message()); text != last_failure_) {
    Log(Severity::kWarning, "cannot compact, will be tried again", {{"error", text}});
    last_failure_ = text;
  }
  return backoff_.Next();
}

absl::Status CompactorLoop::Claim() {
  is_at_work_ = false;
  if (connection_ == nullptr) {
    ASSIGN_OR_RETURN(connection_, postgres::Connect(options_.connection));
  }
  bool broken = false;
  const absl::Status status = postgres::RunTransaction(
                                  *connection_, postgres::TransactionKind::kReadWrite,
                                  [this](pqxx::transaction_base& transaction) -> absl::Status {
                                    RETURN_IF_ERROR(postgres::CheckSchemaVersion(transaction));
                                    is_at_work_ = transaction.exec1(sql::kClaimWork)[0].as<bool>();
                                    return absl::OkStatus();
                                  },
                                  broken)
                                  .status;
  RETURN_IF_ERROR(status);
  metrics_.SetAtWork(is_at_work_);
  if (is_at_work_) Log(Severity::kInfo, "at work");
  return absl::OkStatus();
}

absl::Status CompactorLoop::Work(absl::Duration& wait) {
  if (connection_ == nullptr || !is_at_work_) {
    RETURN_IF_ERROR(Claim());
    if (!is_at_work_) return absl::OkStatus();
  }
  const double now = SteadySeconds();
  CompactOptions options;
  options.all_months = now >= long_look_due_;
  options.rebuild = now >= rebuild_due_;
  options.is_stopping = [this] { return is_stopping(); };
  options.on_rebuild_progress = [this](const std::string& partition, int64_t events) {
    ReportProgress(partition, events);
  };
  ASSIGN_OR_RETURN(const CompactReport report, CompactOnce(*connection_, clock_->Now(), options));
  Report(report);
  if (options.all_months) {
    long_look_due_ = now + absl::ToDoubleSeconds(options_.long_look_period);
    RETURN_IF_ERROR(ReadStock());
    RETURN_IF_ERROR(AuditIfDue());
  }
  if (!connection_->is_open()) return report.failure;
  if (!report.rebuild_failure.ok()) rebuild_due_ = SteadySeconds() + absl::ToDoubleSeconds(options_.retry);
  // What a step has done may have made the next one due.
  if (report.DidSomething()) wait = absl::ZeroDuration();
  return absl::OkStatus();
}

void CompactorLoop::Report(const CompactReport& report) {
  metrics_.Count(report);
  for (const absl::Status& failure : {report.failure, report.rebuild_failure}) {
    if (!failure.ok()) Log(Severity::kError, "a step failed", {{"error", std::string(failure.message())}});
  }
}

void CompactorLoop::ReportProgress(const std::string& partition, int64_t events) {
  if (SteadySeconds() < progress_due_) return;
  progress_due_ = SteadySeconds() + absl::ToDoubleSeconds(kProgressPeriod);
  Log(Severity::kInfo, "rebuilding", {{"partition", partition}, {"events", events}});
}

absl::Status CompactorLoop::ReadStock() {
  Stock stock;
  bool broken = false;
  RETURN_IF_ERROR(postgres::RunTransaction(
                      *connection_, postgres::TransactionKind::kReadWrite,
                      [&stock](pqxx::transaction_base& transaction) {
                        const pqxx::row row = transaction.exec1(sql::kReadStock);
                        stock = {row[0].as<int64_t>(), row[1].as<int64_t>(), row[2].as<int64_t>(),
                                 row[3].as<int64_t>(), row[4].as<int64_t>()};
                        return absl::OkStatus();
                      },
                      broken)
                      .status);
  metrics_.Set(stock);
  return absl::OkStatus();
}

absl::Status CompactorLoop::AuditIfDue() {
  const double now = SteadySeconds();
  if (!audit_due_) audit_due_ = now + absl::ToDoubleSeconds(std::min(kFirstAudit, options_.audit_period));
  if (now < *audit_due_) return absl::OkStatus();
  audit_due_ = now + absl::ToDoubleSeconds(options_.audit_period);
  ASSIGN_OR_RETURN(const AuditReport report, AuditPartitions(*connection_, [this] { return is_stopping(); }));
  Log(report.differing.empty() ? Severity::kInfo : Severity::kError, "audited histories against the events",
      {{"partitions", report.partitions}, {"differing", absl::StrJoin(report.differing, ",")}});
  return absl::OkStatus();
}

}  // namespace donut::compactor
