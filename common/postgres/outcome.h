// What became of a transaction, told apart from its error because after a lost connection nobody
// may know. A header of its own, for those who speak of transactions and not of pqxx. No state.
#pragma once

namespace donut::postgres {

enum class Outcome {
  kCommitted,
  kRolledBack,
  kUnknown,  // the connection was lost inside COMMIT
};

}  // namespace donut::postgres
