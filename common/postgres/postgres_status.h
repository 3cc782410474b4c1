// From SQLSTATE to absl::StatusCode. No state.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace donut::postgres {

// 08*, 57P0x (shutdown, starting), 53* (too many connections, disk full, out of
// memory), 25006 and 25P03 (a standby; an idle transaction was ended): UNAVAILABLE. 57014 (cancelled or timed
// out): DEADLINE_EXCEEDED. 55P03, 40001, 40P01: ABORTED (try again). 22*, 23*: INVALID_ARGUMENT (the data was
// refused). 42501, 42*, 3D000, 28*: FAILED_PRECONDITION (the schema or the rights are not as expected).
// Anything else: INTERNAL. The message has the SQLSTATE and PostgreSQL's
// primary message without values of rows (no DETAIL, no CONTEXT; quoted values of 22* are left out).
// `message` is the server's whole text, such as PQresultErrorMessage gives.
absl::Status StatusFromSqlState(const std::string& sqlstate, const std::string& message);

// The same for an exception of pqxx. A broken connection is UNAVAILABLE.
absl::Status StatusFromException(const std::exception& exception);

// The SQLSTATE that a status made here carries.
std::optional<std::string> SqlStateOf(const absl::Status& status);

// The line, from 1, at which a COPY was refused, when the server named one.
std::optional<int64_t> CopyLineOf(const absl::Status& status);

}  // namespace donut::postgres
