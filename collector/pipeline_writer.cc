#include "collector/pipeline_writer.h"

#include "collector/sql_array.h"
#include "collector/statements.h"

namespace donut::collector {
namespace {

struct KeyArrays {
  SqlArray projects, users, sessions, attempts;
  void Add(const SessionKey& key) {
    projects.Add(int64_t{key.project_id});
    users.Add(key.user_id);
    sessions.Add(key.session_id);
    attempts.Add(int64_t{key.attempt});
  }
};

void UpsertSessions(pqxx::transaction_base& transaction, const PipelineRows& rows) {
  if (rows.sessions().empty()) return;
  KeyArrays keys;
  SqlArray texts, pipelines, started, completed, failed, failed_phases, reasons, items_in, items_out, moved;
  for (const auto& [key, row] : rows.sessions()) {
    keys.Add(key);
    texts.AddText(std::string_view(row.session_text));
    pipelines.AddText(row.pipeline);
    started.Add(row.started_us);
    completed.Add(row.completed_us);
    failed.Add(row.failed_us);
    failed_phases.AddText(row.failed_phase);
    reasons.AddText(row.failure_reason);
    items_in.Add(row.items_in);
    items_out.Add(row.items_out);
    moved.Add(row.last_moved_us);
  }
  transaction.exec_params(sql::kUpsertSessions, keys.projects.Take(), keys.users.Take(), keys.sessions.Take(),
                          keys.attempts.Take(), texts.Take(), pipelines.Take(), started.Take(),
                          completed.Take(), failed.Take(), failed_phases.Take(), reasons.Take(),
                          items_in.Take(), items_out.Take(), moved.Take());
}

void UpsertPhases(pqxx::transaction_base& transaction, const PipelineRows& rows) {
  if (rows.phases().empty()) return;
  KeyArrays keys;
  SqlArray phases, started, completed, items_in, items_out;
  for (const auto& [key, row] : rows.phases()) {
    keys.Add(key.first);
    phases.AddText(std::string_view(key.second));
    started.Add(row.started_us);
    completed.Add(row.completed_us);
    items_in.Add(row.items_in);
    items_out.Add(row.items_out);
  }
  transaction.exec_params(sql::kUpsertSessionPhases, keys.projects.Take(), keys.users.Take(),
                          keys.sessions.Take(), keys.attempts.Take(), phases.Take(), started.Take(),
                          completed.Take(), items_in.Take(), items_out.Take());
}

}  // namespace

void UpsertPipelineRows(pqxx::transaction_base& transaction, const PipelineRows& rows) {
  UpsertSessions(transaction, rows);
  UpsertPhases(transaction, rows);
}

}  // namespace donut::collector
