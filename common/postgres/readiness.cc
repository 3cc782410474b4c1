#include "common/postgres/readiness.h"

#include <utility>

#include "common/log.h"
#include "common/postgres/migrations.h"
#include "common/postgres/silence_limit.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"

namespace donut::postgres {

Readiness::Readiness(ReadinessOptions options, ProjectDirectory* directory,
                     std::function<absl::Status(pqxx::connection&)> on_check,
                     std::function<void(bool ready)> on_change)
    : options_(std::move(options)),
      directory_(directory),
      on_check_(std::move(on_check)),
      on_change_(std::move(on_change)) {}

Readiness::~Readiness() { Stop(); }

absl::Status Readiness::Check() {
  if (connection_ == nullptr) {
    ASSIGN_OR_RETURN(connection_, Connect(options_.connection));
  }
  std::optional<ProjectSnapshot> snapshot;
  const auto read = [&snapshot](pqxx::transaction_base& transaction) -> absl::Status {
    RETURN_IF_ERROR(CheckSchemaVersion(transaction));
    ASSIGN_OR_RETURN(snapshot, ProjectSnapshot::Read(transaction));
    return absl::OkStatus();
  };
  {
    const SilenceLimit limit(*connection_, options_.answer_limit);
    bool broken = false;
    const TransactionResult result =
        RunTransaction(*connection_, TransactionKind::kReadOnlySnapshot, read, broken);
    RETURN_IF_ERROR(result.status);
  }
  if (on_check_) {
    const SilenceLimit limit(*connection_, options_.on_check_limit);
    RETURN_IF_ERROR(on_check_(*connection_));
  }
  if (directory_ != nullptr) directory_->Update(*std::move(snapshot));
  return absl::OkStatus();
}

absl::Status Readiness::CheckNow() {
  absl::Status status = Check();
  // Whatever went wrong, a new connection is not worse; and it is a round away.
  if (!status.ok()) connection_.reset();
  Tell(status);
  return status;
}

void Readiness::Tell(const absl::Status& status) {
  const bool ready = status.ok();
  const std::string text = status.ToString();
  if (text != last_logged_) {
    // At the start it is no news that all is well.
    if (!ready) {
      Log(Severity::kWarning, "not ready", {{"reason", std::string(status.message())}});
    } else if (!last_logged_.empty()) {
      Log(Severity::kInfo, "ready again");
    }
    last_logged_ = text;
  }
  if (ready_.exchange(ready) != ready && on_change_) on_change_(ready);
}

void Readiness::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Readiness::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Readiness::Run() {
  while (true) {
    {
      MutexLock lock(mutex_);
      const absl::Time until = absl::Now() + options_.period;
      while (!stopping_ && absl::Now() < until) wake_.WaitFor(mutex_, until - absl::Now());
      if (stopping_) return;
    }
    CheckNow().IgnoreError();
  }
}

}  // namespace donut::postgres
