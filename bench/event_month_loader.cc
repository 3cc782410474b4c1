#include "bench/event_month_loader.h"

#include <libpq-fe.h>

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/figures.h"

namespace donut::bench {
namespace {

// One COPY in the text format. None of our texts has anything in it that this would escape.
class TextCopy {
 public:
  TextCopy(const std::string& url, const std::string& statement)
      : connection_(PQconnectdb(url.c_str()), PQfinish) {
    Expect(PQexec(connection_.get(), statement.c_str()), PGRES_COPY_IN);
  }

  void Add(const std::string& line) {
    piece_ += line;
    if (piece_.size() >= kPieceBytes) Send();
  }

  void End() {
    Send();
    if (PQputCopyEnd(connection_.get(), nullptr) != 1) FailToLoad();
    Expect(PQgetResult(connection_.get()), PGRES_COMMAND_OK);
  }

 private:
  static constexpr size_t kPieceBytes = 64 << 10;

  [[noreturn]] void FailToLoad() {
    Fail(absl::StrCat("the events cannot be loaded: ", PQerrorMessage(connection_.get())));
  }

  void Expect(PGresult* result, ExecStatusType expected) {
    const bool ok = PQresultStatus(result) == expected;
    PQclear(result);
    if (!ok) FailToLoad();
  }

  void Send() {
    if (PQputCopyData(connection_.get(), piece_.data(), static_cast<int>(piece_.size())) != 1) FailToLoad();
    piece_.clear();
  }

  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::string piece_;
};

std::vector<std::string> AddNames(testing::TestDatabase& database) {
  std::vector<std::string> ids;
  for (const std::string& name : EventMonth::names()) {
    ids.push_back(database.Query(absl::StrCat("INSERT INTO event_names (project_id, name) VALUES (1, '", name,
                                              "') RETURNING event_name_id")));
  }
  return ids;
}

void CopyUsers(const EventMonth& month, const std::string& url) {
  TextCopy copy(url, "COPY users (project_id, user_id, distinct_id, properties) FROM STDIN");
  for (int32_t user = 0; user < month.users(); ++user) {
    copy.Add(absl::StrCat("1\t", EventMonth::UserId(user), "\tuser-", user, "\t{\"country\": \"",
                          EventMonth::countries()[EventMonth::HomeOf(user)], "\"}\n"));
  }
  copy.End();
}

void CopyEvents(const EventMonth& month, absl::Time start, const std::vector<std::string>& name_ids,
                const std::string& url) {
  TextCopy copy(
      url,
      "COPY analytics_events (event_time, received_time, user_id, session_id, sequence, project_id, "
      "event_name_id, producer_no, properties) FROM STDIN");
  int64_t sequence = 0;
  for (const MonthEvent& event : month.events()) {
    const std::string time = absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00",
                                              start + absl::Microseconds(event.time_us), absl::UTCTimeZone());
    copy.Add(absl::StrCat(time, "\t", time, "\t", EventMonth::UserId(event.user), "\t",
                          EventMonth::SessionId(event.session), "\t", ++sequence, "\t1\t",
                          name_ids[event.name], "\t1\t", EventMonth::PropertiesOf(event), "\n"));
  }
  copy.End();
}

}  // namespace

void LoadEventMonth(const EventMonth& month, absl::Time start, testing::TestDatabase& database) {
  const std::vector<std::string> name_ids = AddNames(database);
  CopyUsers(month, database.owner_url());
  CopyEvents(month, start, name_ids, database.owner_url());
  // The tables that have rows, one by one, as autovacuum does it; and all events, as the collector does it.
  const std::string partition = absl::FormatTime("analytics_events_%Y_%m", start, absl::UTCTimeZone());
  for (const std::string& table : {partition, std::string("users"), std::string("event_names")}) {
    database.Query(absl::StrCat("VACUUM (ANALYZE) ", table));
  }
  database.Query("ANALYZE analytics_events");
  database.Query("CHECKPOINT");
}

}  // namespace donut::bench
