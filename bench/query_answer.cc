#include "bench/query_answer.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace donut::bench {
namespace {

int64_t NumberOf(const std::map<std::string, int64_t>& column, const std::string& row) {
  const auto found = column.find(row);
  return found == column.end() ? 0 : found->second;
}

}  // namespace

void QueryAnswer::Add(const QueryAnswer& other) {
  for (const auto& [column, rows] : other.numbers_) numbers_[column].insert(rows.begin(), rows.end());
}

std::string QueryAnswer::DifferenceFrom(const QueryAnswer& other) const {
  if (numbers_.empty()) return "nothing was answered";
  for (const auto& [column, mine] : numbers_) {
    const auto found = other.numbers_.find(column);
    if (found == other.numbers_.end()) return absl::StrCat("there is no ", column);
    std::set<std::string> rows;
    for (const auto& [row, number] : mine) rows.insert(row);
    for (const auto& [row, number] : found->second) rows.insert(row);
    for (const std::string& row : rows) {
      const int64_t one = NumberOf(mine, row);
      const int64_t another = NumberOf(found->second, row);
      if (one != another) return absl::StrCat(column, " of ", row, " is ", one, " and ", another);
    }
  }
  return "";
}

std::string QueryAnswer::Sums() const {
  std::vector<std::string> sums;
  for (const auto& [column, rows] : numbers_) {
    int64_t sum = 0;
    for (const auto& [row, number] : rows) sum += number;
    sums.push_back(absl::StrCat(column, " ", sum));
  }
  return absl::StrJoin(sums, ", ");
}

}  // namespace donut::bench
