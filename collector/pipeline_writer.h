// Writes merged pipeline rows to analytics_sessions and analytics_session_phases. No state.
#pragma once

#include <pqxx/pqxx>

#include "collector/pipeline_rows.h"

namespace donut::collector {

// Throws what pqxx throws, as every statement in a transaction's body does.
void UpsertPipelineRows(pqxx::transaction_base& transaction, const PipelineRows& rows);

}  // namespace donut::collector
