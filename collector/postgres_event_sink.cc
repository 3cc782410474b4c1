#include "collector/postgres_event_sink.h"

#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "collector/sql_array.h"
#include "collector/statements.h"
#include "common/limits.h"
#include "common/postgres/postgres_status.h"
#include "common/postgres/silence_limit.h"
#include "common/random_bytes.h"
#include "common/status_macros.h"

namespace donut::collector {
namespace {

// A Hello that loses against another one of the same producer is tried again this often.
constexpr int kMaxGrantTries = 5;

// The body of a Hello's transaction.
absl::Status GrantEpoch(pqxx::transaction_base& transaction, const HelloClaim& claim, HelloAnswer& answer) {
  const std::string producer_id = ByteaLiteral(claim.producer_id);
  const std::string token = ByteaLiteral(claim.token);
  std::optional<ProducerRow> row;
  const pqxx::result found = transaction.exec_params(sql::kFindProducer, claim.project_id, producer_id);
  if (!found.empty()) {
    row.emplace();
    row->producer_no = found[0][0].as<int>();
    row->epoch = found[0][1].as<int64_t>();
    row->token = absl::HexStringToBytes(found[0][2].as<std::string>());
    row->last_sequence = found[0][3].as<int64_t>();
    row->bookmark = absl::HexStringToBytes(found[0][4].as<std::string>());
    row->bookmark_sequence = found[0][5].as<int64_t>();
  }
  answer = HelloAnswer();
  answer.token = claim.token;
  answer.verdict = JudgeHello(row, claim);
  switch (answer.verdict) {
    case HelloVerdict::kUnknownProducer:
    case HelloVerdict::kForeignEpoch:
      return absl::OkStatus();
    case HelloVerdict::kCreate: {
      const pqxx::result made =
          transaction.exec_params(sql::kInsertProducer, claim.project_id, producer_id, token, claim.durable);
      if (made.empty()) return absl::AbortedError("another Hello made this producer meanwhile");
      answer.producer_no = made[0][0].as<int>();
      answer.epoch = 1;
      return absl::OkStatus();
    }
    case HelloVerdict::kGrant:
      break;
  }
  answer.producer_no = row->producer_no;
  answer.committed_sequence = row->last_sequence;
  answer.bookmark = row->bookmark;
  answer.bookmark_sequence = row->bookmark_sequence;
  answer.epoch =
      transaction.exec_params(sql::kGrantEpoch, row->producer_no, token, claim.durable)[0][0].as<int64_t>();
  return absl::OkStatus();
}

// Only those: of a piece that is taken apart, another part's name may be what the database refuses.
std::vector<std::string> NamesIn(const PieceSpan& span) {
  const PreparedBatch& batch = span.piece->batch;
  if (span.first == span.piece->first && span.last == span.piece->last) return batch.names;
  std::set<int> places;
  for (const PreparedEvent& event : batch.events) {
    if (event.sequence >= span.first && event.sequence <= span.last) places.insert(event.name);
  }
  std::vector<std::string> names;
  names.reserve(places.size());
  for (const int place : places) names.push_back(batch.names[static_cast<size_t>(place)]);
  return names;
}

bool CanRepeat(const postgres::TransactionResult& result, int tries) {
  if (result.status.code() == absl::StatusCode::kAborted) return tries < kMaxGrantTries;
  // Usually only this connection had died: once more, on a new one.
  return result.status.code() == absl::StatusCode::kUnavailable && tries < 2;
}

}  // namespace

postgres::TransactionResult PostgresEventSink::Run(const Body& body) {
  if (connection_ == nullptr) {
    auto connected = postgres::ConnectForCopy(options_);
    if (!connected.ok()) return {connected.status(), postgres::Outcome::kRolledBack};
    connection_ = *std::move(connected);
  }
  bool broken = false;
  postgres::TransactionResult result;
  {
    const postgres::SilenceLimit limit(*connection_, silence_limit_);
    result = postgres::RunTransaction(*connection_, postgres::TransactionKind::kReadWrite, body, broken);
  }
  if (broken) {
    connection_.reset();
    // The next connection may lead to a replica or a restored database that does not have these.
    memory_->event_names.Forget();
    memory_->known_users.Forget();
    memory_->known_sessions.Forget();
  }
  return result;
}

absl::StatusOr<HelloAnswer> PostgresEventSink::Grant(const HelloClaim& claim) {
  for (int tries = 1;; ++tries) {
    HelloAnswer answer;
    const postgres::TransactionResult result =
        Run([&](pqxx::transaction_base& transaction) { return GrantEpoch(transaction, claim, answer); });
    if (result.status.ok()) return answer;
    // After an unknown outcome the row may hold this attempt's own token: then it is granted again.
    if (!CanRepeat(result, tries)) return absl::UnavailableError(result.status.message());
  }
}

absl::Status PostgresEventSink::PrepareEventNames(const std::vector<PieceSpan>& spans, EventNameIds& ids) {
  std::map<int, std::set<std::string>> missing;
  for (const PieceSpan& span : spans) {
    if (!span.refusal.empty()) continue;
    const int project_id = span.piece->project_id;
    auto& known = ids[project_id];
    for (const std::string& name : NamesIn(span)) {
      if (known.count(name) > 0) continue;
      if (const std::optional<int> id = memory_->event_names.Find(project_id, name)) {
        known.emplace(name, *id);
      } else {
        missing[project_id].insert(name);
      }
    }
  }
  for (const auto& [project_id, names] : missing) {
    std::map<std::string, int> found;
    const auto result = Run([&, project = project_id, &wanted = names](pqxx::transaction_base& transaction) {
      found = FindOrAddEventNames(transaction, project, wanted, limits::kMaxEventNames);
      return absl::OkStatus();
    });
    RETURN_IF_ERROR(result.status);
    memory_->event_names.Remember(project_id, found);
    ids[project_id].insert(found.begin(), found.end());
  }
  return absl::OkStatus();
}

absl::Status PostgresEventSink::PrepareOwnProducer(int project_id) {
  if (own_producers_.count(project_id) > 0) return absl::OkStatus();
  OwnProducer own;
  own.token = RandomBytes(limits::kTokenBytes);
  const auto result = Run([&](pqxx::transaction_base& transaction) {
    const pqxx::result made = transaction.exec_params(sql::kInsertProducer, project_id,
                                                      ByteaLiteral(RandomBytes(limits::kProducerIdBytes)),
                                                      ByteaLiteral(own.token), false);
    own.producer_no = made.at(0).at(0).as<int>();
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(result.status);
  own_producers_[project_id] = std::move(own);
  return absl::OkStatus();
}

absl::Status PostgresEventSink::Prepare(const std::vector<PieceSpan>& spans, EventNameIds& ids) {
  for (const PieceSpan& span : spans) {
    if (span.piece->unary) RETURN_IF_ERROR(PrepareOwnProducer(span.piece->project_id));
  }
  return PrepareEventNames(spans, ids);
}

absl::Status PostgresEventSink::Commit(std::vector<PieceSpan>& spans, postgres::Outcome& outcome) {
  outcome = postgres::Outcome::kRolledBack;
  EventNameIds names;
  RETURN_IF_ERROR(Prepare(spans, names));
  GroupTransaction group(spans, *memory_, names, own_producers_);
  bool own_producer_gone = false;
  const postgres::TransactionResult result = Run([&](pqxx::transaction_base& transaction) {
    absl::Status status = group.Run(transaction, *connection_);
    own_producer_gone = status.code() == absl::StatusCode::kAborted;
    return status;
  });
  // Deleted by age, after months without a unary event: the next try makes new ones.
  if (own_producer_gone) own_producers_.clear();
  if (result.status.ok()) group.RememberTexts();
  if (result.status.code() == absl::StatusCode::kInvalidArgument) {
    if (const std::optional<int64_t> line = postgres::CopyLineOf(result.status)) group.NameRefused(*line);
  }
  outcome = result.outcome;
  return result.status;
}

void PostgresEventSink::Close() {
  if (own_producers_.empty() || connection_ == nullptr) return;
  SqlArray numbers;
  for (const auto& [project_id, own] : own_producers_) numbers.Add(int64_t{own.producer_no});
  // What could not be closed is deleted by age.
  Run([&](pqxx::transaction_base& transaction) {
    transaction.exec_params(sql::kCloseProducers, numbers.Take());
    return absl::OkStatus();
  });
}

}  // namespace donut::collector
