// What one statement or metric answered, in a form in which two can be compared: numbers by column and row.
// No state of its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace donut::bench {

class QueryAnswer {
 public:
  void Set(const std::string& row, const std::string& column, int64_t number) {
    numbers_[column][row] = number;
  }
  void Add(const QueryAnswer& other);

  // The first number that is not the same in `other`, in words; empty: none. Of the columns that this one
  // has, the other may have more. A row that is not there has zeros.
  std::string DifferenceFrom(const QueryAnswer& other) const;

  // "step_1 120, step_2 80": the sums of the columns.
  std::string Sums() const;

 private:
  std::map<std::string, std::map<std::string, int64_t>> numbers_;
};

}  // namespace donut::bench
