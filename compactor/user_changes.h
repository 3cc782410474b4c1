// Keeps the list of changes to users short, which a question about properties of users reads: old ones are
// folded into a state (migrations/0008). Who has seen them before loses nothing; who has not reads all users
// once. No state.
#pragma once

#include <pqxx/pqxx>

#include "absl/status/status.h"

namespace donut::compactor {

// Of each project that has more than twice so many, so many.
inline constexpr int kFoldedUserChanges = 500;

// ABORTED: another compactor was faster; later again.
absl::Status FoldUserChanges(pqxx::connection_base& connection);

}  // namespace donut::compactor
