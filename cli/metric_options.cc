#include "cli/metric_options.h"

#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/display_text.h"

namespace donut::cli {
namespace {

// Of --help: beside the options.
constexpr int kDescriptionWidth = 70;

constexpr char kScopeGroup[] = "Which events";
constexpr char kFormatGroup[] = "The answer";
constexpr char kFunnelGroup[] = "The funnel";
constexpr char kViewGroup[] = "Besides the whole";
constexpr char kCohortGroup[] = "Cohorts and coming back";

constexpr int kMostActors = 100'000;

std::string Wrapped(const std::string& text, int width) {
  return absl::StrJoin(WrapWords(text, width), "\n");
}

class Group {
 public:
  Group(CLI::App& subcommand, const char* name) : subcommand_(subcommand), name_(name) {}

  CLI::Option* Text(const std::string& option, std::string& value, const std::string& type,
                    const std::string& description) {
    CLI::Option* const added = subcommand_.add_option(option, value, Wrapped(description, kDescriptionWidth));
    return added->type_name(type)->group(name_);
  }
  CLI::Option* Repeatable(const std::string& option, std::vector<std::string>& values,
                          const std::string& type, const std::string& description) {
    return AddRepeatable(subcommand_, option, values, type, description)->group(name_);
  }
  CLI::Option* Number(const std::string& option, int& value, int most, const std::string& description) {
    CLI::Option* const added = subcommand_.add_option(option, value, Wrapped(description, kDescriptionWidth));
    return added->type_name("N")->check(CLI::Range(1, most).description(""))->group(name_);
  }

 private:
  CLI::App& subcommand_;
  const char* const name_;
};

}  // namespace

const char kFilterHelp[] =
    "Conditions:\n"
    "  plan = pro               plan != pro              plan in (pro, team)\n"
    "  price > 10               price <= 9.99            price between 10 and 20\n"
    "  coupon exists            coupon missing           url contains \"/pricing\"\n"
    "  email ~ \"@example\\.com$\" (a regular expression)   not (a = 1) and (b = 2 or c = 3)\n"
    "A name is a property of the event: plan. Of its user: user.country. Inside another: address->city. The "
    "event's\n"
    "own name: event. With spaces or dots, or called event, in backticks or double quotes: `utm source`, "
    "user.\"a.b\".\n"
    "Numbers, true and false are such, all else is text; in quotes where it has spaces or signs, or is a "
    "number: "
    "\"10\".\n"
    "Two quotes inside quotes are one.";

const char kStepHelp[] =
    "A STEP is an event's name; name|other for any of several; * for any event. Behind it, in brackets, a\n"
    "condition: 'purchase[price > 10]'. A name with | or brackets in it stands in double quotes: '\"a|b\"'.";

void AddEngineOption(CLI::App& subcommand, std::string& engine) {
  Group group(subcommand, kFormatGroup);
  group.Text("--engine", engine, "ENGINE",
             "What computes it: history (packed events, fast), sql (the statement), or auto. Default: auto");
}

void AddPeriodOptions(CLI::App& subcommand, ScopeArguments& arguments) {
  Group group(subcommand, kScopeGroup);
  group.Text("--start", arguments.start, "DATE", "First day. Default: 30 days in all");
  group.Text("--end", arguments.end, "DATE", "Last day, included. Default: today");
  group.Text("--time-zone", arguments.time_zone, "ZONE", "Such as Europe/Berlin. Default: the project's");
  group.Text("--as-of", arguments.as_of, "TIME",
             "See no event after this, such as 2024-01-31T05:00:00Z. Default: now");
  group.Text("--week-start", arguments.week_start, "DAY",
             "monday or sunday. Default: monday, or the preset's");
  group.Text("--preset", arguments.preset, "PRODUCT",
             "mixpanel, amplitude or posthog: what is not said is as that product has it");
  AddEngineOption(subcommand, arguments.engine);
}

void AddScopeOptions(CLI::App& subcommand, ScopeArguments& arguments) {
  AddPeriodOptions(subcommand, arguments);
  Group group(subcommand, kScopeGroup);
  group.Repeatable(
      "--where", arguments.where, "EXPR",
      "Only events that pass, such as 'plan = pro and price > 10'. May be repeated: all must pass");
  group.Text("--filter", arguments.filter, "JSON", "The same as a Filter of the API, as JSON");
}

void AddFormatOptions(CLI::App& subcommand, AnswerFormat& format) {
  CLI::Option* const json =
      subcommand.add_flag("--json", format.json, "The service's answer as JSON")->group(kFormatGroup);
  subcommand.add_flag("--csv", format.csv, "Rows for a spreadsheet, with a header line")
      ->excludes(json)
      ->group(kFormatGroup);
}

void AddBreakdownOptions(CLI::App& subcommand, std::string& breakdown, int& limit) {
  Group group(subcommand, kViewGroup);
  group.Text("--breakdown", breakdown, "KEY",
             "The same for each value of a property: plan, user.country, address->city, or event");
  group.Number("--breakdown-limit", limit, 100, "Values with a row of their own. Default: 10");
}

void AddLimitOption(CLI::App& subcommand, int& limit, const std::string& what) {
  Group group(subcommand, kFormatGroup);
  group.Number("--limit", limit, kMostActors,
               absl::StrCat("How many ", what, " are listed. Default: ", limit));
}

void AddFunnelOptions(CLI::App& subcommand, FunnelArguments& arguments) {
  Group group(subcommand, kFunnelGroup);
  group.Text("--window", arguments.window, "TIME",
             "From the entry to the last step, such as 14d, 36h, 90m. Default: 14d");
  group.Text("--actor", arguments.actor, "WHO", "user, or run: within one session or pipeline run");
  group.Text("--range", arguments.range, "WHAT",
             "entry: the period bounds the first step; all-steps: every step. Default: entry");
  group.Text("--ties", arguments.ties, "RULE",
             "Events of the same time: by-step, the order that helps; or by-event-order, as they were sent");
  group.Repeatable("--exclude", arguments.exclusions, "EVENT",
                   "An attempt with this event between its steps is none: refund, or 'refund[price > 5]@1-3' "
                   "between the steps 1 and 3 only. May be repeated");
  group.Repeatable("--hold-constant", arguments.hold_constant, "KEY",
                   "This property is the same in every step. May be repeated");
}

void AddStepOptions(CLI::App& subcommand, FunnelArguments& arguments) {
  subcommand.add_option("STEP", arguments.steps, "The events, in their order; see below")
      ->required()
      ->type_name("");
  Group group(subcommand, kFunnelGroup);
  group.Text("--order", arguments.order, "ORDER",
             "ordered: with anything in between; strict: nothing in between; unordered: in any order");
}

void AddFunnelBreakdownOptions(CLI::App& subcommand, FunnelArguments& arguments) {
  AddBreakdownOptions(subcommand, arguments.breakdown, arguments.breakdown_limit);
  Group group(subcommand, kViewGroup);
  group.Text("--attribution", arguments.attribution, "EVENT",
             "Whose value an actor is put under: entry, first-touch, last-touch or step:N. Default: entry");
}

void AddFunnelViewOptions(CLI::App& subcommand, FunnelArguments& arguments) {
  AddFunnelBreakdownOptions(subcommand, arguments);
  Group group(subcommand, kViewGroup);
  group.Text("--histogram", arguments.histogram, "BINS",
             "Of the times: a number of bins, edges such as 1h,6h,1d, or a rule: freedman-diaconis, sturges, "
             "square-root, cube-root");
  group.Text("--by", arguments.by, "PERIOD", "By the time of entry: hour, day, week or month");
}

void AddSeriesStepsOption(CLI::App& subcommand, FunnelArguments& arguments) {
  Group group(subcommand, kViewGroup);
  group.Text("--series-steps", arguments.series_steps, "N-M",
             "With --by: the rate from step N to step M. Default: from the first to the last");
}

void AddCsvOfOption(CLI::App& subcommand, std::string& csv_of) {
  Group group(subcommand, kFormatGroup);
  group.Text("--csv-of", csv_of, "ROWS",
             "steps, series (with --by) or histogram. Default: series with --by, else steps");
}

void AddRetentionOptions(CLI::App& subcommand, RetentionArguments& arguments) {
  Group group(subcommand, kCohortGroup);
  group.Text("--start-event", arguments.start_event, "EVENT",
             "What puts a user into a cohort, written as a funnel's step: signup, a|b, 'buy[price > 10]'. "
             "Default: any event");
  group.Text("--return-event", arguments.return_event, "EVENT",
             "What counts as coming back. Default: any event");
  group.Text("--period", arguments.period, "PERIOD", "hour, day, week or month. Default: day");
  group.Text("--offsets", arguments.offsets, "N,...",
             "Which periods after, such as 1,7,30 or 1-14. Default: 1,7,30 for days");
  group.Text("--cohort-date", arguments.cohort_date, "DATE",
             "One cohort: this day, instead of --start and --end");
  group.Text("--kind", arguments.kind, "KIND",
             "first-time: the cohort of a user's first start event ever; recurring: of each period with one");
  group.Text("--mode", arguments.mode, "MODE",
             "on: came back in that period; on-or-after: in it or later; bracket: within --brackets");
  group.Text("--brackets", arguments.brackets, "N-M,...", "Such as 1-3,4-7,8-14: periods from N to M after");
  group.Text("--alignment", arguments.alignment, "WHAT",
             "calendar: calendar periods; rolling: counted from each user's own start");
}

CLI::Option* AddRepeatable(CLI::App& subcommand, const std::string& name, std::vector<std::string>& values,
                           const std::string& type, const std::string& description) {
  return subcommand.add_option(name, values, Wrapped(description, kDescriptionWidth))
      ->type_name(type)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void SetFooter(CLI::App& subcommand, const std::vector<std::string>& paragraphs,
               const std::string& examples) {
  std::string footer;
  for (const std::string& paragraph : paragraphs) absl::StrAppend(&footer, paragraph, "\n\n");
  subcommand.footer(absl::StrCat(footer, "Examples:\n", examples));
}

}  // namespace donut::cli
