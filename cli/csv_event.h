// One row of a CSV file becomes an event. An empty field is absent. A property is what it looks like: a JSON
// number (so without zeros in front) below 2^53 is a number; true and false, also True, TRUE, False,
// FALSE, are booleans; anything else, and everything in a text column, is text as it stands.
// Not thread-safe (it keeps buffers).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/csv_layout.h"
#include "cli/csv_text.h"
#include "cli/record_parser.h"
#include "cli/time_text.h"

namespace donut::cli {

class CsvParser : public RecordParser {
 public:
  CsvParser(const CsvOptions& options, std::vector<CsvColumn> columns, TimeReader times);

  absl::Status Parse(std::string_view row, EventBytes& event) override;
  bool MayBeUnfinished(const absl::Status& failure) const override;
  bool BeginsADocument(std::string_view first_row) const override;
  std::string Advice(const std::string& path, std::string_view first_row,
                     const absl::Status& failure) const override;

 private:
  absl::Status Explained(CsvFlaw flaw) const;
  absl::StatusOr<std::string_view> Required(size_t column) const;
  // The fields of the columns whose role is wanted, as members.
  void WriteFields(bool (*is_wanted)(ColumnRole), EventBytes& event) const;

  const std::vector<CsvColumn> columns_;
  const std::string event_name_;
  const TimeReader times_;
  CsvFields fields_;
  // The index of the column with this role.
  std::optional<size_t> event_, user_, time_, session_;
  bool sets_user_properties_ = false;
};

// The number that `field` is, if it is one as JSON has it, and one that an event may have.
std::optional<double> JsonNumber(std::string_view field);

// Takes a row apart, such as a header. INVALID_ARGUMENT for quotes that are wrong and for what is not UTF-8.
absl::StatusOr<std::vector<std::string>> SplitRow(const CsvDialect& dialect, std::string_view row);

}  // namespace donut::cli
