#include "collector/group_transaction.h"

#include <algorithm>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "collector/event_writer.h"
#include "collector/fresh_rows.h"
#include "collector/pipeline_rows.h"
#include "collector/pipeline_writer.h"
#include "collector/sql_array.h"
#include "collector/statements.h"
#include "collector/user_property_rows.h"
#include "collector/user_property_writer.h"
#include "common/limits.h"
#include "common/status_macros.h"

namespace donut::collector {
namespace {

// "TOO_LARGE" for REJECTION_REASON_TOO_LARGE.
std::string StoredReason(v1::RejectionReason reason) {
  return v1::RejectionReason_Name(reason).substr(std::string("REJECTION_REASON_").size());
}

std::string StoredReason(v1::SkipReason reason) {
  return v1::SkipReason_Name(reason).substr(std::string("SKIP_REASON_").size());
}

constexpr char kUserCollision[] = "user_id: has the 64-bit key of another user";
constexpr char kSessionCollision[] = "session_id: has the 64-bit key of another session";

}  // namespace

GroupTransaction::GroupTransaction(std::vector<PieceSpan>& spans, SinkMemory& memory,
                                   const EventNameIds& names, const OwnProducers& own_producers)
    : spans_(spans),
      names_(names),
      own_producers_(own_producers),
      users_(memory.known_users, sql::kInsertUsers, sql::kFindUserCollisions),
      sessions_(memory.known_sessions, sql::kInsertSessions, sql::kFindSessionCollisions) {}

absl::Status GroupTransaction::Run(pqxx::transaction_base& transaction,
                                   postgres::CopyConnection& connection) {
  LockProducers(transaction);
  RETURN_IF_ERROR(JudgeSpans());
  ResolveUsers(transaction);
  ResolveSessions(transaction);
  ResolveInsertIds(transaction);
  RETURN_IF_ERROR(NumberUnaryRows());
  WritePipelineRows(transaction);
  WriteEvents(connection);
  // Behind the COPY: other lanes wait for the users that are locked here.
  WriteUserProperties(transaction);
  WriteRejections(transaction);
  WriteSkippedRanges(transaction);
  WriteLedger(transaction);
  FillResults();
  return absl::OkStatus();
}

int GroupTransaction::ProducerOf(const PieceSpan& span) const {
  return span.piece->unary ? own_producers_.at(span.piece->project_id).producer_no : span.piece->producer_no;
}

void GroupTransaction::LockProducers(pqxx::transaction_base& transaction) {
  std::set<int> producers;
  for (const PieceSpan& span : spans_) producers.insert(ProducerOf(span));
  SqlArray numbers;
  for (const int producer_no : producers) numbers.Add(int64_t{producer_no});
  for (const auto& row : transaction.exec_params(sql::kLockProducers, numbers.Take())) {
    ledger_.Add(row[0].as<int>(), row[1].as<int64_t>(), absl::HexStringToBytes(row[3].as<std::string>()),
                row[2].as<int64_t>());
  }
}

absl::Status GroupTransaction::JudgeSpans() {
  for (PieceSpan& span : spans_) {
    span.result = PieceResult();
    if (span.piece->unary) {
      RETURN_IF_ERROR(JudgeUnary(span));
    } else {
      JudgeStream(span);
    }
  }
  return absl::OkStatus();
}

absl::Status GroupTransaction::JudgeUnary(PieceSpan& span) {
  const OwnProducer& own = own_producers_.at(span.piece->project_id);
  const std::optional<int64_t> last = ledger_.LastSequence(own.producer_no, own.token);
  if (!last) return absl::AbortedError("the collector's own producer has no row any more");
  if (span.own_last > 0 && *last >= span.own_last) {
    // An attempt whose outcome was unknown did commit.
    span.result.verdict = PieceVerdict::kAlreadyCommitted;
    return absl::OkStatus();
  }
  TakeSpan(span, span.first);
  return absl::OkStatus();
}

void GroupTransaction::JudgeStream(PieceSpan& span) {
  const StagedPiece& piece = *span.piece;
  int64_t from = span.first;
  span.result.verdict =
      ledger_.Judge(piece.producer_no, piece.epoch, piece.token, span.first, span.last, from);
  if (span.result.verdict != PieceVerdict::kMoves) return;
  if (piece.skip_reason != v1::SKIP_REASON_UNSPECIFIED) {
    skipped_.push_back({piece.producer_no, std::max(from, span.first), span.last, piece.skip_reason});
  }
  if (span.ends_piece()) {
    if (!piece.bookmark.empty()) ledger_.SetBookmark(piece.producer_no, piece.bookmark, span.last);
    if (piece.close) ledger_.SetClosed(piece.producer_no);
  }
  TakeSpan(span, std::max(from, span.first));
}

void GroupTransaction::TakeSpan(PieceSpan& span, int64_t from) {
  const PreparedBatch& batch = span.piece->batch;
  const auto first_event =
      std::partition_point(batch.events.begin(), batch.events.end(),
                           [&](const PreparedEvent& event) { return event.sequence < from; });
  const std::vector<int> name_ids = NameIds(*span.piece);
  for (size_t i = static_cast<size_t>(first_event - batch.events.begin()); i < batch.events.size(); ++i) {
    const PreparedEvent& event = batch.events[i];
    if (event.sequence > span.last) break;
    TakeEvent(span, i, name_ids[static_cast<size_t>(event.name)]);
  }
  for (const RejectedEvent& event : batch.rejected) {
    if (event.sequence < from || event.sequence > span.last) continue;
    rejected_.push_back({&span, event.sequence, event.sequence, event.reason, event.detail, event.payload});
  }
}

std::vector<int> GroupTransaction::NameIds(const StagedPiece& piece) const {
  std::vector<int> ids(piece.batch.names.size(), 0);
  const auto known = names_.find(piece.project_id);
  for (size_t i = 0; known != names_.end() && i < ids.size(); ++i) {
    const auto found = known->second.find(piece.batch.names[i]);
    if (found != known->second.end()) ids[i] = found->second;
  }
  return ids;
}

void GroupTransaction::TakeEvent(PieceSpan& span, size_t index, int event_name_id) {
  const StagedPiece& piece = *span.piece;
  Row row{.span = &span, .index = index, .event_name_id = event_name_id};
  const PreparedEvent& event = row.event();
  row.number = event.sequence;
  if (!span.refusal.empty()) {
    Reject(row, v1::REJECTION_REASON_REFUSED_BY_DATABASE, span.refusal);
    return;
  }
  if (const auto refused = span.refused_events.find(event.sequence); refused != span.refused_events.end()) {
    Reject(row, v1::REJECTION_REASON_REFUSED_BY_DATABASE, refused->second);
    return;
  }
  if (event_name_id == 0) {
    Reject(row, v1::REJECTION_REASON_TOO_MANY_EVENT_NAMES,
           absl::StrCat("name: is new, and the project has its maximum of ", limits::kMaxEventNames,
                        " distinct event names; put what varies into properties"));
    return;
  }
  if (!users_.Take(piece.project_id, event.user_id, piece.batch.Text(event.user_text))) {
    Reject(row, v1::REJECTION_REASON_KEY_COLLISION, kUserCollision);
    return;
  }
  rows_.push_back(row);
}

void GroupTransaction::Reject(Row& row, v1::RejectionReason reason, std::string detail) {
  row.left_out = true;
  const PreparedBatch& batch = row.span->piece->batch;
  const PreparedEvent& event = row.event();
  rejected_.push_back(
      {row.span, event.sequence, event.sequence, reason, std::move(detail), batch.Text(event.payload)});
}

void GroupTransaction::ResolveUsers(pqxx::transaction_base& transaction) {
  if (!users_.Store(transaction)) return;
  for (Row& row : rows_) {
    const StagedPiece& piece = *row.span->piece;
    const PreparedEvent& event = row.event();
    if (!users_.Collides(piece.project_id, event.user_id, piece.batch.Text(event.user_text))) continue;
    Reject(row, v1::REJECTION_REASON_KEY_COLLISION, kUserCollision);
  }
}

// Behind the users: the session of an event that is rejected for its user is nobody's.
void GroupTransaction::ResolveSessions(pqxx::transaction_base& transaction) {
  const auto has_session = [](const Row& row) {
    return !row.left_out && row.event().session_text.length > 0;
  };
  for (Row& row : rows_) {
    if (!has_session(row)) continue;
    const StagedPiece& piece = *row.span->piece;
    const PreparedEvent& event = row.event();
    if (sessions_.Take(piece.project_id, event.session_id, piece.batch.Text(event.session_text))) continue;
    Reject(row, v1::REJECTION_REASON_KEY_COLLISION, kSessionCollision);
  }
  if (!sessions_.Store(transaction)) return;
  for (Row& row : rows_) {
    if (!has_session(row)) continue;
    const StagedPiece& piece = *row.span->piece;
    const PreparedEvent& event = row.event();
    if (!sessions_.Collides(piece.project_id, event.session_id, piece.batch.Text(event.session_text)))
      continue;
    Reject(row, v1::REJECTION_REASON_KEY_COLLISION, kSessionCollision);
  }
}

void GroupTransaction::ResolveInsertIds(pqxx::transaction_base& transaction) {
  std::map<std::pair<int, std::string_view>, Row*> wanted;
  for (Row& row : rows_) {
    const StagedPiece& piece = *row.span->piece;
    if (!piece.unary || row.left_out || row.event().insert_id.length == 0) continue;
    // Of two in the same group the first one is stored.
    const auto [_, is_first] =
        wanted.try_emplace({piece.project_id, piece.batch.Text(row.event().insert_id)}, &row);
    if (is_first) continue;
    row.left_out = true;
    ++row.span->result.duplicate_count;
  }
  if (wanted.empty()) return;
  SqlArray projects, ids;
  for (const auto& [key, row] : wanted) {
    projects.Add(int64_t{key.first});
    ids.AddText(key.second);
  }
  std::set<std::pair<int, std::string>> taken;
  for (const auto& row : transaction.exec_params(sql::kInsertInsertIds, projects.Take(), ids.Take())) {
    taken.emplace(row[0].as<int>(), row[1].as<std::string>());
  }
  for (const auto& [key, row] : wanted) {
    if (taken.count({key.first, std::string(key.second)}) > 0) continue;
    row->left_out = true;
    ++row->span->result.duplicate_count;
  }
}

absl::Status GroupTransaction::NumberUnaryRows() {
  // Numbers under the collector's own producer, without holes: only what is stored or rejected takes one.
  const auto take = [&](PieceSpan& span, int64_t& number) -> absl::Status {
    const std::optional<int64_t> taken = ledger_.TakeNumbers(ProducerOf(span), 1);
    if (!taken) return absl::AbortedError("the collector's own producer has no row any more");
    number = *taken;
    span.own_last = *taken;
    return absl::OkStatus();
  };
  for (PieceSpan& span : spans_) {
    // An attempt in doubt that did commit keeps its number: it is what proves it.
    if (span.piece->unary && span.result.verdict == PieceVerdict::kMoves) span.own_last = 0;
  }
  for (Row& row : rows_) {
    if (row.span->piece->unary && !row.left_out) RETURN_IF_ERROR(take(*row.span, row.number));
  }
  for (RejectedRow& row : rejected_) {
    if (row.span->piece->unary) RETURN_IF_ERROR(take(*row.span, row.number));
  }
  return absl::OkStatus();
}

void GroupTransaction::WriteEvents(postgres::CopyConnection& connection) {
  EventWriter writer(connection);
  FreshRows fresh;
  copying_ = true;
  for (const Row& row : rows_) {
    if (row.left_out) continue;
    const StagedPiece& piece = *row.span->piece;
    const std::string_view bytes = piece.batch.Row(row.index);
    const int producer_no = ProducerOf(*row.span);
    if (piece.unary) {
      writer.Add(bytes, row.event_name_id, producer_no, row.number);
    } else {
      writer.Add(bytes, row.event_name_id);
    }
    fresh.Add(piece.project_id, piece.batch, row.index, row.event_name_id, producer_no, row.number);
    ++row.span->result.stored_count;
  }
  // While PostgreSQL still reads what it was sent.
  fresh.Pack();
  writer.Finish();
  copying_ = false;
  fresh.Write(connection);
}

void GroupTransaction::WritePipelineRows(pqxx::transaction_base& transaction) {
  PipelineRows pipeline;
  for (const Row& row : rows_) {
    const PreparedEvent& event = row.event();
    if (row.left_out || event.pipeline_update < 0) continue;
    const StagedPiece& piece = *row.span->piece;
    const PipelineUpdate& update = piece.batch.pipeline_updates[static_cast<size_t>(event.pipeline_update)];
    pipeline.Add({piece.project_id, event.user_id, update.session_id, update.attempt}, update.session_text,
                 update.event_time_us, update);
  }
  UpsertPipelineRows(transaction, pipeline);
}

void GroupTransaction::WriteUserProperties(pqxx::transaction_base& transaction) {
  UserPropertyRows users;
  for (const Row& row : rows_) {
    const PreparedEvent& event = row.event();
    if (row.left_out || event.user_update < 0) continue;
    const StagedPiece& piece = *row.span->piece;
    const PreparedBatch& batch = piece.batch;
    const UserUpdate& update = batch.user_updates[static_cast<size_t>(event.user_update)];
    const PropertyVersion version{update.event_time_us, ProducerOf(*row.span), row.number};
    UserPropertyRow& user = users.RowOf({piece.project_id, event.user_id}, batch.Text(event.user_text));
    for (size_t i = update.first; i < update.first + update.count; ++i) {
      const UserProperty& property = batch.user_properties[i];
      UserPropertyRows::Set(user, batch.Text(property.key), batch.Text(property.value), version);
    }
  }
  MergeUserProperties(transaction, users);
}

void GroupTransaction::WriteRejections(pqxx::transaction_base& transaction) {
  if (rejected_.empty()) return;
  SqlArray producers, sequences, projects, received, reasons, details, payloads;
  for (const RejectedRow& row : rejected_) {
    const StagedPiece& piece = *row.span->piece;
    producers.Add(int64_t{ProducerOf(*row.span)});
    sequences.Add(row.number);
    projects.Add(int64_t{piece.project_id});
    received.Add(piece.batch.received_us);
    reasons.AddText(std::string_view(StoredReason(row.reason)));
    details.AddText(std::string_view(row.detail));
    payloads.AddBytes(row.payload);
  }
  transaction.exec_params(sql::kInsertRejectedEvents, producers.Take(), sequences.Take(), projects.Take(),
                          received.Take(), reasons.Take(), details.Take(), payloads.Take());
}

void GroupTransaction::WriteSkippedRanges(pqxx::transaction_base& transaction) {
  if (skipped_.empty()) return;
  SqlArray producers, firsts, lasts, reasons;
  for (const SkippedRange& range : skipped_) {
    producers.Add(int64_t{range.producer_no});
    firsts.Add(range.first);
    lasts.Add(range.last);
    reasons.AddText(std::string_view(StoredReason(range.reason)));
  }
  transaction.exec_params(sql::kInsertSkippedRanges, producers.Take(), firsts.Take(), lasts.Take(),
                          reasons.Take());
}

void GroupTransaction::WriteLedger(pqxx::transaction_base& transaction) {
  const std::vector<ProducerLedger::Moved> moved = ledger_.MovedRows();
  if (moved.empty()) return;
  SqlArray producers, sequences, bookmarks, bookmark_sequences, closed;
  for (const ProducerLedger::Moved& row : moved) {
    producers.Add(int64_t{row.producer_no});
    sequences.Add(row.last_sequence);
    if (row.bookmark) {
      bookmarks.AddBytes(*row.bookmark);
      bookmark_sequences.Add(row.bookmark_sequence);
    } else {
      bookmarks.AddNull();
      bookmark_sequences.AddNull();
    }
    closed.AddBool(row.closed);
  }
  transaction.exec_params(sql::kMoveProducers, producers.Take(), sequences.Take(), bookmarks.Take(),
                          bookmark_sequences.Take(), closed.Take());
}

void GroupTransaction::FillResults() {
  for (const RejectedRow& row : rejected_) {
    v1::Rejection& rejection = row.span->result.rejections.emplace_back();
    rejection.set_sequence(row.sequence);
    rejection.set_reason(row.reason);
    rejection.set_detail(row.detail);
  }
  for (PieceSpan& span : spans_) {
    std::sort(span.result.rejections.begin(), span.result.rejections.end(),
              [](const auto& a, const auto& b) { return a.sequence() < b.sequence(); });
  }
}

void GroupTransaction::NameRefused(int64_t line) {
  if (!copying_) return;
  for (const Row& row : rows_) {
    if (row.left_out || --line > 0) continue;
    row.span->named_event = row.event().sequence;
    return;
  }
}

void GroupTransaction::RememberTexts() {
  users_.Remember();
  sessions_.Remember();
}

}  // namespace donut::collector
