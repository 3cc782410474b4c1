// Early returns on absl::Status and absl::StatusOr, which abseil itself does not offer.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define DONUT_CONCAT_INNER(a, b) a##b
#define DONUT_CONCAT(a, b) DONUT_CONCAT_INNER(a, b)

// Returns from the enclosing function when `expression` is not OK.
#define RETURN_IF_ERROR(expression)                                                          \
  do {                                                                                       \
    if (::absl::Status donut_status = (expression); !donut_status.ok()) return donut_status; \
  } while (false)

// ASSIGN_OR_RETURN(auto x, StatusOrExpression);
#define ASSIGN_OR_RETURN(declaration, expression) \
  DONUT_ASSIGN_OR_RETURN(DONUT_CONCAT(donut_status_or_, __LINE__), declaration, expression)
#define DONUT_ASSIGN_OR_RETURN(temporary, declaration, expression) \
  auto temporary = (expression);                                   \
  if (!temporary.ok()) return temporary.status();                  \
  declaration = std::move(temporary).value()
