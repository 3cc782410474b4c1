#include "common/postgres/connection_pool.h"

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/status_macros.h"

#ifdef __SANITIZE_ADDRESS__
// pqxx 6.4 loses the last result of a connection that breaks: two kilobytes each time, once per
// connection. Here, so that the leak sanitizer is told in every program that connects.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libpqxx\n";
}
#endif

namespace donut::postgres {
namespace {

// A connection that a silent network swallowed is given up after about this long.
constexpr absl::Duration kNetworkTimeout = absl::Seconds(20);
// A client that stopped inside a transaction must not hold its locks for ever.
constexpr absl::Duration kIdleInTransactionTimeout = absl::Seconds(60);
// Shorter ones would blot out innocent words of a message.
constexpr size_t kMinHiddenBytes = 4;

using Parameters = std::map<std::string, std::string>;

absl::StatusOr<Parameters> ParseUrl(const std::string& url) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &error);
  if (options == nullptr) {
    // libpq's text may quote a part of the URL, and that part may be the password.
    PQfreemem(error);
    return absl::FailedPreconditionError(
        "the database URL cannot be read: must be like postgresql://user@host:5432/database or "
        "\"host=... dbname=... user=...\"");
  }
  Parameters parameters;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parameters[option->keyword] = option->val;
  }
  PQconninfoFree(options);
  if (absl::StrContains(parameters["host"], "@")) {
    return absl::FailedPreconditionError(
        "the database URL cannot be read: its host contains an @; write an @ of the password as %40");
  }
  return parameters;
}

// One word of the server's command line, as the parameter "options" takes it.
std::string ServerSetting(const std::string& name, const std::string& value) {
  return absl::StrCat("-c ", name, "=", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {" ", "\\ "}}), " ");
}

std::string Milliseconds(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration));
}

// Settings go into the connection string, not into SET statements: pqxx connects again by
// itself when it finds an idle connection dead, and would then work without
// them, as the login role and without limits.
std::string ServerSettings(const ConnectionOptions& options, const std::string& from_url) {
  std::string settings = absl::StrCat(
      ServerSetting("TimeZone", "UTC"), ServerSetting("DateStyle", "ISO"),
      // What is acknowledged is on disk, also where the server's default is off.
      ServerSetting("synchronous_commit", "on"),
      ServerSetting("idle_in_transaction_session_timeout", Milliseconds(kIdleInTransactionTimeout)));
  if (options.statement_timeout > absl::ZeroDuration()) {
    absl::StrAppend(&settings, ServerSetting("statement_timeout", Milliseconds(options.statement_timeout)));
  }
  if (options.lock_timeout > absl::ZeroDuration()) {
    absl::StrAppend(&settings, ServerSetting("lock_timeout", Milliseconds(options.lock_timeout)));
  }
  for (const auto& [name, value] : options.settings) absl::StrAppend(&settings, ServerSetting(name, value));
  absl::StrAppend(&settings, from_url, " ");
  if (!options.role.empty()) absl::StrAppend(&settings, ServerSetting("role", options.role));
  return settings;
}

std::string Joined(const Parameters& parameters) {
  std::string joined;
  for (const auto& [name, value] : parameters) {
    absl::StrAppend(&joined, name, "='", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}), "' ");
  }
  return joined;
}

Parameters WithDefaults(Parameters parameters, const ConnectionOptions& options) {
  const int64_t timeout_seconds = std::max<int64_t>(2, absl::ToInt64Seconds(options.connect_timeout));
  parameters.emplace("connect_timeout", absl::StrCat(timeout_seconds));
  parameters.emplace("keepalives_idle", "10");
  parameters.emplace("keepalives_interval", "5");
  parameters.emplace("keepalives_count", "3");
  parameters.emplace("tcp_user_timeout", Milliseconds(kNetworkTimeout));
  if (!options.application_name.empty()) parameters.emplace("application_name", options.application_name);
  parameters["client_encoding"] = "UTF8";
  parameters["options"] = ServerSettings(options, parameters["options"]);
  return parameters;
}

// libpq tells SQLSTATEs of queries only, not of connecting: so the text has to say. What the server
// itself refuses for good starts with FATAL; everything else may pass.
bool IsRefusal(const std::string& message) {
  if (absl::StrContains(message, "no password supplied")) return true;
  if (!absl::StrContains(message, "FATAL")) return false;
  for (const char* passing :
       {"starting up", "shutting down", "recovery", "too many", "remaining connection slots",
        "due to administrator", "terminating connection", "authentication timeout"}) {
    if (absl::StrContains(message, passing)) return false;
  }
  return true;
}

std::string OneLine(const std::string& text, const std::string& password) {
  std::string line = absl::StrReplaceAll(text, {{"\n\t", " "}, {"\n", " "}});
  if (password.size() >= kMinHiddenBytes) line = absl::StrReplaceAll(line, {{password, "***"}});
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

template <typename Connection>
absl::StatusOr<std::unique_ptr<Connection>> ConnectAs(const ConnectionOptions& options) {
  ASSIGN_OR_RETURN(const Parameters from_url, ParseUrl(options.url));
  const Parameters parameters = WithDefaults(from_url, options);
  try {
    return std::make_unique<Connection>(Joined(parameters));
  } catch (const std::exception& exception) {
    const auto password = parameters.find("password");
    const std::string message =
        absl::StrCat("cannot connect to the database: ",
                     OneLine(exception.what(), password == parameters.end() ? "" : password->second));
    return IsRefusal(message) ? absl::FailedPreconditionError(message) : absl::UnavailableError(message);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<pqxx::connection>> Connect(const ConnectionOptions& options) {
  return ConnectAs<pqxx::connection>(options);
}

absl::StatusOr<std::unique_ptr<CopyConnection>> ConnectForCopy(const ConnectionOptions& options) {
  return ConnectAs<CopyConnection>(options);
}

ConnectionPool::Lease::Lease(ConnectionPool* pool, std::unique_ptr<CopyConnection> connection)
    : pool_(pool), connection_(std::move(connection)) {}

ConnectionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      connection_(std::move(other.connection_)),
      discarded_(other.discarded_) {}

ConnectionPool::Lease::~Lease() {
  if (pool_ == nullptr) return;
  // Closed before the place is given on: never more connections than the pool's size.
  if (discarded_) connection_.reset();
  pool_->Return(std::move(connection_));
}

ConnectionPool::ConnectionPool(ConnectionOptions options, int size)
    : options_(std::move(options)), size_(size) {}

absl::StatusOr<ConnectionPool::Lease> ConnectionPool::Acquire(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  {
    MutexLock lock(mutex_);
    while (leased_ >= size_) {
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration()) {
        return absl::ResourceExhaustedError(
            absl::StrCat("all ", size_, " database connections are busy; try again later"));
      }
      place_free_.WaitFor(mutex_, left);
    }
    ++leased_;
    if (!idle_.empty()) {
      Lease lease(this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
  }
  // Not under the lock: connecting takes its time, and others may have what they need.
  absl::StatusOr<std::unique_ptr<CopyConnection>> connection = ConnectForCopy(options_);
  if (!connection.ok()) {
    Return(nullptr);
    return connection.status();
  }
  return Lease(this, *std::move(connection));
}

void ConnectionPool::Return(std::unique_ptr<CopyConnection> connection) {
  MutexLock lock(mutex_);
  --leased_;
  if (connection != nullptr && connection->is_open()) idle_.push_back(std::move(connection));
  place_free_.NotifyOne();
}

}  // namespace donut::postgres
