// Writes merged user properties to `users`. No state.
#pragma once

#include <pqxx/pqxx>

#include "collector/user_property_rows.h"

namespace donut::collector {

// The users' own rows are there. Throws what pqxx throws, as every statement in a transaction's body does.
void MergeUserProperties(pqxx::transaction_base& transaction, const UserPropertyRows& rows);

}  // namespace donut::collector
