// What tests expect of statuses:
//   EXPECT_OK(status);  ASSERT_OK(status_or);
//   ASSERT_OK_AND_ASSIGN(auto value, status_or);
//   EXPECT_THAT(status_or, IsOk());
//   EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, HasSubstr("project")));
// For absl::Status, absl::StatusOr and grpc::Status alike. No state.
#pragma once

#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/grpc_status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut::testing {

inline absl::Status ToStatus(const absl::Status& status) { return status; }
inline absl::Status ToStatus(const grpc::Status& status) { return FromGrpc(status); }
template <typename T>
absl::Status ToStatus(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  const absl::Status status = ToStatus(arg);
  *result_listener << "which is " << status.ToString();
  return status.ok();
}

MATCHER_P(StatusIs, code, absl::StrCat(negation ? "is not " : "is ", absl::StatusCodeToString(code))) {
  const absl::Status status = ToStatus(arg);
  *result_listener << "which is " << status.ToString();
  return status.code() == code;
}

MATCHER_P2(StatusIs, code, message_matcher,
           absl::StrCat(negation ? "is not " : "is ", absl::StatusCodeToString(code), " with a message that ",
                        ::testing::DescribeMatcher<std::string>(message_matcher))) {
  const absl::Status status = ToStatus(arg);
  *result_listener << "which is " << status.ToString();
  return status.code() == code &&
         ::testing::ExplainMatchResult(message_matcher, std::string(status.message()), result_listener);
}

}  // namespace donut::testing

#define EXPECT_OK(expression) EXPECT_THAT((expression), ::donut::testing::IsOk())
#define ASSERT_OK(expression) ASSERT_THAT((expression), ::donut::testing::IsOk())

#define DONUT_TEST_CONCAT_INNER(a, b) a##b
#define DONUT_TEST_CONCAT(a, b) DONUT_TEST_CONCAT_INNER(a, b)
#define ASSERT_OK_AND_ASSIGN(declaration, expression) \
  DONUT_ASSERT_OK_AND_ASSIGN(DONUT_TEST_CONCAT(donut_test_status_or_, __LINE__), declaration, expression)
#define DONUT_ASSERT_OK_AND_ASSIGN(temporary, declaration, expression) \
  auto temporary = (expression);                                       \
  ASSERT_OK(temporary);                                                \
  declaration = std::move(temporary).value()
