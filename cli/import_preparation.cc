#include "cli/import_preparation.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/csv_event.h"
#include "cli/import_check.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

absl::Status InHeader(const std::string& path, const Record& header, const absl::Status& reason) {
  return absl::InvalidArgumentError(absl::StrCat(PlaceInSource(path, header.line), ": ", reason.message()));
}

// The names of the columns and how they are taken; the first row is a header unless they were given.
absl::Status PrepareCsv(const CsvOptions& options, PreparedImport& prepared) {
  prepared.noun = "row";
  ASSIGN_OR_RETURN(const Record* first, prepared.reader->Peek(0));
  if (first == nullptr) return absl::OkStatus();
  std::vector<std::string> names = options.columns;
  const Record* first_row = first;
  const std::string& path = prepared.source.path;
  if (names.empty()) {
    absl::StatusOr<std::vector<std::string>> split = SplitRow(options.dialect, first->text);
    if (!split.ok()) {
      return InHeader(
          path, *first,
          absl::InvalidArgumentError(absl::StrCat("the header row cannot be read: ", split.status().message(),
                                                  ". Is it a file of CSV, in UTF-8?")));
    }
    names = *std::move(split);
    prepared.header_number = first->number;
    ASSIGN_OR_RETURN(first_row, prepared.reader->Peek(1));
  }
  absl::StatusOr<std::vector<CsvColumn>> columns = ResolveColumns(options, names);
  if (!columns.ok()) return InHeader(path, *first, columns.status());
  ASSIGN_OR_RETURN(TimeReader times, TimeReader::Create(options.time_format, options.time_zone));
  prepared.source.mapping_fingerprint = CsvFingerprint(options, *columns);
  // Exports of different days have the same header: a row tells them apart.
  if (first_row != nullptr) {
    prepared.source.beginning = first->text;
    if (first_row != first) prepared.source.beginning.append("\n").append(first_row->text);
  }
  prepared.parser = std::make_unique<CsvParser>(options, *std::move(columns), std::move(times));
  return absl::OkStatus();
}

absl::Status PrepareJson(const FieldMapping& mapping, PreparedImport& prepared) {
  prepared.noun = "line";
  prepared.parser = std::make_unique<LineParser>(mapping);
  prepared.source.mapping_fingerprint = mapping.Fingerprint();
  ASSIGN_OR_RETURN(const Record* first, prepared.reader->Peek(0));
  if (first != nullptr) prepared.source.beginning = first->text;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedImport> PrepareImport(const ImportArguments& arguments) {
  PreparedImport prepared;
  ImportSource& source = prepared.source;
  source.path = arguments.file;
  source.name = arguments.name;
  if (arguments.csv) source.csv = arguments.csv->dialect;
  ASSIGN_OR_RETURN(prepared.reader, RecordReader::Open(source.path, source.csv));
  RETURN_IF_ERROR(arguments.csv ? PrepareCsv(*arguments.csv, prepared)
                                : PrepareJson(arguments.json, prepared));
  if (source.beginning.empty()) return prepared;
  RETURN_IF_ERROR(CheckFirstRecords(source.path, prepared.noun, prepared.header_number > 0 ? 1 : 0,
                                    *prepared.parser, *prepared.reader));
  return prepared;
}

}  // namespace donut::cli
