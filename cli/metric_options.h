// The options that the subcommands of metrics share, on the parser: the period and what is seen, the funnel's
// own, and how the answer is wanted. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "cli/funnel_request.h"
#include "cli/query_call.h"
#include "cli/retention_request.h"
#include "cli/scope_request.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace donut::cli {

// --engine.
void AddEngineOption(CLI::App& subcommand, std::string& engine);

// --start, --end, --time-zone, --as-of, --week-start, --preset, --engine.
void AddPeriodOptions(CLI::App& subcommand, ScopeArguments& arguments);
// The same, and --where and --filter.
void AddScopeOptions(CLI::App& subcommand, ScopeArguments& arguments);

// --json and --csv, of which one may be given.
void AddFormatOptions(CLI::App& subcommand, AnswerFormat& format);

// --breakdown and --breakdown-limit.
void AddBreakdownOptions(CLI::App& subcommand, std::string& breakdown, int& limit);

// --limit, from 1 to 100,000.
void AddLimitOption(CLI::App& subcommand, int& limit, const std::string& what);

// What says who gets how far in a funnel: --window, --range, --ties, --exclude, --hold-constant, --actor.
void AddFunnelOptions(CLI::App& subcommand, FunnelArguments& arguments);
// STEP ... and --order, which a conversion rate has not.
void AddStepOptions(CLI::App& subcommand, FunnelArguments& arguments);
// In which row an actor is: --breakdown, --breakdown-limit, --attribution.
void AddFunnelBreakdownOptions(CLI::App& subcommand, FunnelArguments& arguments);
// What is shown besides: the same, --histogram and --by.
void AddFunnelViewOptions(CLI::App& subcommand, FunnelArguments& arguments);
// --series-steps, which a conversion rate needs not.
void AddSeriesStepsOption(CLI::App& subcommand, FunnelArguments& arguments);
// --csv-of, for ParseFunnelRows.
void AddCsvOfOption(CLI::App& subcommand, std::string& csv_of);

// What says who is in a cohort and who came back.
void AddRetentionOptions(CLI::App& subcommand, RetentionArguments& arguments);

// A list of values: each use of the option adds one, with no other word behind it taken as another.
CLI::Option* AddRepeatable(CLI::App& subcommand, const std::string& name, std::vector<std::string>& values,
                           const std::string& type, const std::string& description);

// Below the options of --help: a paragraph, and lines of examples.
void SetFooter(CLI::App& subcommand, const std::vector<std::string>& paragraphs, const std::string& examples);

// How filter expressions and steps are written, for SetFooter.
extern const char kFilterHelp[];
extern const char kStepHelp[];

}  // namespace donut::cli
