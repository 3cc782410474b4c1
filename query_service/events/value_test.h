// The test of a filter's condition, on one value of a history's dictionary: what filtered_statement.cc says
// in SQL, said in C++, but for regular expressions, which PostgreSQL itself decides. docs/metrics/common.md
// has the rules. Immutable, so thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/proto_alias.h"
#include "donut/analytics/v1/filter.pb.h"
#include "history/dictionary.h"

namespace donut::query {

class ValueTest {
 public:
  // A condition that ResolveFilter has checked.
  explicit ValueTest(const v1::FilterCondition& condition);

  // Whether it can only be decided by PostgreSQL: of texts; everything else does not pass.
  bool is_regex() const { return test_ == v1::FilterCondition::kRegex; }
  const std::string& regex() const { return regex_; }

  // Nothing: the property is not there, or null. Not for regular expressions.
  bool Passes(const std::optional<history::ValueView>& value) const;

 private:
  // A value of the request: its text as the dictionary has it.
  struct Operand {
    history::ValueType type = history::ValueType::kText;
    std::string text;
  };
  static Operand ToOperand(const google::protobuf::Value& value);
  static bool Equals(const history::ValueView& value, const Operand& operand);
  static bool Contains(const history::ValueView& value, const Operand& operand);
  // <0, 0, >0; nothing where the types have no common order.
  static std::optional<int> Compare(const history::ValueView& value, const Operand& operand);

  v1::FilterCondition::TestCase test_;
  std::vector<Operand> operands_;
  bool exists_ = false;
  std::string regex_;
};

}  // namespace donut::query
