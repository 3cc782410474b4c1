#include "cli/import_arguments.h"

#include <array>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/csv_event.h"
#include "cli/render/display_text.h"
#include "cli/time_text.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr char kJsonGroup[] = "Lines of JSON";
constexpr char kCsvGroup[] = "CSV";

// As they are typed.
struct TypedArguments {
  ImportArguments arguments;
  std::string format;
  CsvOptions csv;
  std::string delimiter;
  bool no_quotes = false;
  std::string columns;
  std::string properties;
  std::string ignored;
  std::string user_properties;
  std::string text_columns;
  std::string types = "auto";
  std::vector<CLI::Option*> json_only;
  std::vector<CLI::Option*> csv_only;
};

// Of --help: beside the options, and below them.
constexpr int kDescriptionWidth = 70;
constexpr int kFooterWidth = 100;

constexpr const char* kFooter[] = {
    "Importing a file again changes nothing; a file that has grown adds what is new; after an interruption "
    "the "
    "same command goes on. A file is known by its beginning and by the options that say how to read it.",
    "JSON: one object per line. A key may be a dotted path, such as properties.session_id; other keys become "
    "properties. Times are RFC 3339 with a zone, or Unix seconds or milliseconds.",
    "CSV: as RFC 4180 has it, with a header row. Every column that is no part of the event becomes a "
    "property: "
    "a JSON number is a number, true and false are booleans, empty is absent, the rest is text.",
    "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 some were refused, now or, where they could not "
    "be "
    "read, in an earlier import of the file."};
constexpr char kExamples[] =
    "Examples:\n"
    "  donut import events.ndjson.gz --session-field properties.session_id\n"
    "  donut import orders.csv --delimiter semicolon --event-name order --user-column Customer \\\n"
    "    --time-column 'Order Date' --time-format '%d.%m.%Y %H:%M' --time-zone Europe/Berlin\n"
    "  psql -c '\\copy (SELECT ...) TO STDOUT WITH CSV HEADER' | donut import - --format csv --as orders";

std::string Wrapped(const std::string& text, int width) {
  return absl::StrJoin(WrapWords(text, width), "\n");
}

absl::Status Wrong(const std::string& option, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", rule));
}

absl::StatusOr<char> DelimiterOf(const std::string& text) {
  for (const auto& [word, character] :
       {std::pair("comma", ','), std::pair("semicolon", ';'), std::pair("tab", '\t'), std::pair("\\t", '\t'),
        std::pair("pipe", '|')}) {
    if (text == word) return character;
  }
  if (text.size() != 1 || absl::StrContains("\"\r\n", text) || !absl::ascii_isascii(text[0]) ||
      text[0] == 0) {
    return Wrong("--delimiter", "must be comma, semicolon, tab, pipe or another single character, no quote");
  }
  return text[0];
}

// Names as a row of CSV has them: a,b,"c, d".
absl::StatusOr<std::vector<std::string>> NamesOf(const std::string& option, const std::string& text) {
  auto names = SplitRow(CsvDialect(), text);
  if (!names.ok()) return Wrong(option, std::string(names.status().message()));
  return names;
}

bool IsCsv(const TypedArguments& typed) {
  if (!typed.format.empty()) return typed.format != "ndjson";
  std::string file = absl::AsciiStrToLower(typed.arguments.file);
  if (absl::EndsWith(file, ".gz")) file.resize(file.size() - 3);
  return absl::EndsWith(file, ".csv") || absl::EndsWith(file, ".tsv");
}

bool IsTabSeparated(const TypedArguments& typed) {
  if (!typed.format.empty()) return typed.format == "tsv";
  const std::string file = absl::AsciiStrToLower(typed.arguments.file);
  return absl::EndsWith(file, ".tsv") || absl::EndsWith(file, ".tsv.gz");
}

absl::StatusOr<CsvOptions> CsvOptionsOf(const TypedArguments& typed) {
  CsvOptions csv = typed.csv;
  csv.dialect.quotes = !typed.no_quotes;
  if (IsTabSeparated(typed)) csv.dialect.delimiter = '\t';
  if (!typed.delimiter.empty()) {
    ASSIGN_OR_RETURN(csv.dialect.delimiter, DelimiterOf(typed.delimiter));
  }
  if (!typed.columns.empty()) {
    ASSIGN_OR_RETURN(csv.columns, NamesOf("--columns", typed.columns));
  }
  if (!typed.properties.empty()) {
    ASSIGN_OR_RETURN(csv.properties, NamesOf("--properties", typed.properties));
  }
  if (!typed.ignored.empty()) {
    ASSIGN_OR_RETURN(csv.ignored, NamesOf("--ignore", typed.ignored));
  }
  if (!typed.user_properties.empty()) {
    ASSIGN_OR_RETURN(csv.user_properties, NamesOf("--user-properties", typed.user_properties));
  }
  if (!typed.text_columns.empty()) {
    ASSIGN_OR_RETURN(csv.text_columns, NamesOf("--text", typed.text_columns));
  }
  csv.only_texts = typed.types == "text";
  if (csv.time_format == "auto") csv.time_format.clear();
  RETURN_IF_ERROR(TimeReader::Create(csv.time_format, csv.time_zone).status());
  return csv;
}

absl::StatusOr<ImportArguments> Checked(const TypedArguments& typed) {
  ImportArguments arguments = typed.arguments;
  const bool is_csv = IsCsv(typed);
  for (const CLI::Option* option : is_csv ? typed.json_only : typed.csv_only) {
    if (option->count() == 0) continue;
    return Wrong(option->get_name(),
                 is_csv ? "is for lines of JSON, and the file is read as CSV (--format ndjson)"
                        : "is for CSV, and the file is read as lines of JSON (--format csv)");
  }
  if (is_csv) {
    ASSIGN_OR_RETURN(arguments.csv, CsvOptionsOf(typed));
  }
  return arguments;
}

void AddJsonOptions(CLI::App& subcommand, TypedArguments& typed) {
  FieldMapping& mapping = typed.arguments.json;
  const auto add = [&](const char* name, std::string& value, const char* description) {
    CLI::Option* const option = subcommand.add_option(name, value, description);
    typed.json_only.push_back(option->type_name("KEY")->group(kJsonGroup));
  };
  add("--event-field", mapping.event, "Default: event, event_name or name");
  add("--user-field", mapping.user, "Default: user, user_id or distinct_id");
  add("--time-field", mapping.time, "Default: time, timestamp or event_time");
  add("--session-field", mapping.session, "Default: session or session_id");
  add("--properties-field", mapping.properties, "Default: properties or props");
  add("--user-properties-field", mapping.user_properties,
      "An object that is set on the user. Default:\nuser_properties");
}

void AddCsvOptions(CLI::App& subcommand, TypedArguments& typed) {
  CsvOptions& csv = typed.csv;
  const auto note = [&](CLI::Option* option, const char* type) {
    option->group(kCsvGroup);
    if (*type != '\0') option->type_name(type);
    typed.csv_only.push_back(option);
    return option;
  };
  const auto add = [&](const char* name, std::string& value, const char* type,
                       const std::string& description) {
    return note(subcommand.add_option(name, value, Wrapped(description, kDescriptionWidth)), type);
  };
  const auto usual = [](const std::vector<std::string>& names) {
    return absl::StrCat("Default: the first of ", absl::StrJoin(names, ", "));
  };
  add("--event-column", csv.event_column, "NAME", usual(UsualColumns::Event()));
  add("--event-name", csv.event_name, "EVENT", "All rows are this event; no column says it");
  add("--user-column", csv.user_column, "NAME", usual(UsualColumns::User()));
  add("--time-column", csv.time_column, "NAME", usual(UsualColumns::Time()));
  add("--session-column", csv.session_column, "NAME", usual(UsualColumns::Session()));
  add("--time-format", csv.time_format, "FORMAT",
      "rfc3339, unix, unix-ms, unix-us, or a pattern such as '%d.%m.%Y %H:%M:%S'. Default: RFC 3339, or Unix "
      "seconds or milliseconds");
  add("--time-zone", csv.time_zone, "ZONE", "Of times that have none, such as Europe/Berlin or UTC");
  add("--properties", typed.properties, "NAME,...",
      "Only these columns become properties. Default: all others");
  add("--ignore", typed.ignored, "NAME,...", "These columns do not");
  add("--user-properties", typed.user_properties, "NAME,...",
      "These columns are set on the user instead, from the row's time on");
  add("--types", typed.types, "", "auto: numbers and true/false are such; text: all properties are texts")
      ->check(CLI::IsMember({"auto", "text"}));
  add("--text", typed.text_columns, "NAME,...",
      "Of these columns all properties are texts, such as of a zip code");
  add("--columns", typed.columns, "NAME,...", "The columns of a file without a header row");
  add("--delimiter", typed.delimiter, "CHAR",
      "comma, semicolon, tab, pipe or another character. Default: comma, of .tsv tab");
  note(subcommand.add_flag("--no-quotes", typed.no_quotes, "A quote is a character like others"), "");
}

}  // namespace

std::function<absl::StatusOr<ImportArguments>()> AddImportOptions(CLI::App& subcommand) {
  auto typed = std::make_shared<TypedArguments>();
  ImportArguments& arguments = typed->arguments;
  subcommand.add_option("file", arguments.file, "The file, also gzipped; - is standard input")
      ->required()
      ->type_name("FILE");
  subcommand
      .add_option("--format", typed->format,
                  "Default: by the file's ending .csv, .tsv, .csv.gz, .tsv.gz;\nof other files ndjson")
      ->check(CLI::IsMember({"ndjson", "csv", "tsv"}));
  subcommand.add_option("--as", arguments.name, "Know the source by this name instead of by its beginning")
      ->type_name("NAME");
  AddCsvOptions(subcommand, *typed);
  AddJsonOptions(subcommand, *typed);
  std::string footer;
  for (const char* paragraph : kFooter) absl::StrAppend(&footer, Wrapped(paragraph, kFooterWidth), "\n\n");
  subcommand.footer(absl::StrCat(footer, kExamples));
  return [typed] { return Checked(*typed); };
}

}  // namespace donut::cli
