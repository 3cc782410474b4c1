// bench-query: what the core metrics take on a month of events, beside the plain statements that a textbook
// has for the same questions, on the same data and by the same connection, in turns. Where both define the
// same numbers, they must be the same. Prints lines of: name value unit.
#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "bench/command_line.h"
#include "bench/event_month.h"
#include "bench/event_month_loader.h"
#include "bench/figures.h"
#include "bench/machine.h"
#include "bench/query_questions.h"
#include "bench/query_session.h"
#include "bench/throwaway_cluster.h"
#include "tests/query_service/scanned_partitions.h"

ABSL_FLAG(int64_t, events, 5'000'000, "Events of the month.");
ABSL_FLAG(int32_t, users, 200'000, "Their users. At most a tenth of the events.");
ABSL_FLAG(int, rounds, 3, "Measurements of each kind, of which the median is printed.");
ABSL_FLAG(bool, quick, false, "One round of 100,000 events of 4,000 users: to see that it works.");
ABSL_FLAG(std::vector<std::string>, only, (std::vector<std::string>{}),
          "Questions to ask, such as funnel_strict,retention. Default: all.");
ABSL_FLAG(std::string, plans, "",
          "A file for EXPLAIN (ANALYZE, BUFFERS) of every statement, of a run that is not measured.");

namespace donut::bench {
namespace {

struct Options {
  int64_t events = 0;
  int32_t users = 0;
  int rounds = 0;
};

// June: a month of 30 days, with a partition of its own.
constexpr int kMonth = 6;

Options ReadOptions() {
  Options options{absl::GetFlag(FLAGS_events), absl::GetFlag(FLAGS_users), absl::GetFlag(FLAGS_rounds)};
  if (absl::GetFlag(FLAGS_quick)) options = {100'000, 4'000, 1};
  if (options.rounds < 1) Fail("--rounds: must be 1 or more");
  if (options.users < 1 || options.events < 10 * int64_t{options.users}) {
    Fail("--users: must be from 1 to a tenth of --events");
  }
  return options;
}

// Those of --only.
std::vector<QueryQuestion> Chosen(std::vector<QueryQuestion> questions) {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  if (only.empty()) return questions;
  std::vector<QueryQuestion> chosen;
  for (const std::string& name : only) {
    const auto found = std::find_if(questions.begin(), questions.end(),
                                    [&](const QueryQuestion& question) { return question.name == name; });
    if (found == questions.end()) Fail(absl::StrCat("--only: there is no question \"", name, "\""));
    chosen.push_back(*found);
  }
  return chosen;
}

double Seconds(const TimedAnswer& answer) { return absl::ToDoubleSeconds(answer.elapsed); }

// Its answer, or none when it takes too long.
std::optional<TimedAnswer> AnswerOf(const std::string& name, const TextbookAnswer& textbook,
                                    QuerySession& session) {
  absl::StatusOr<TimedAnswer> answer = session.Ask(textbook);
  if (answer.ok()) return *std::move(answer);
  if (!absl::IsDeadlineExceeded(answer.status())) Fail(absl::StrCat(name, ": ", answer.status().ToString()));
  PrintRemark(absl::StrCat(name, ": not done in ", absl::FormatDuration(QuerySession::kLongestStatement)));
  return std::nullopt;
}

void Compare(const std::string& name, const QueryAnswer& ours, const TextbookAnswer& textbook,
             const QueryAnswer& theirs) {
  const std::string difference = theirs.DifferenceFrom(ours);
  if (difference.empty()) return;
  if (textbook.is_same) Fail(absl::StrCat(name, " is not what ours is: ", difference));
  PrintRemark(
      absl::StrCat(name, ": ", theirs.Sums(), " instead of ", ours.Sums(), ": ", textbook.difference));
}

// Warms up, compares the answers, and measures in turns. Returns the median of ours, if the metric knows
// the question.
std::optional<double> Measure(const QueryQuestion& question, QuerySession& session, int rounds) {
  const std::string name = absl::StrCat("query_", question.name);
  ShowProgress(name);
  const absl::StatusOr<TimedAnswer> ours = session.Ask(question);
  if (absl::IsUnimplemented(ours.status())) {
    PrintRemark(absl::StrCat(name, ": ", ours.status().message()));
    return std::nullopt;
  }
  if (!ours.ok()) Fail(absl::StrCat(name, ": ", ours.status().ToString()));
  struct Measured {
    TextbookAnswer textbook;
    std::string name;
    std::vector<double> seconds;
  };
  std::vector<Measured> others;
  for (const TextbookAnswer& textbook : question.textbooks) {
    const std::string full_name = absl::StrCat(name, "_", textbook.suffix);
    const std::optional<TimedAnswer> theirs = AnswerOf(full_name, textbook, session);
    if (!theirs) continue;
    Compare(full_name, ours->answer, textbook, theirs->answer);
    others.push_back({textbook, full_name, {}});
  }

  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    const absl::StatusOr<TimedAnswer> again = session.Ask(question);
    if (!again.ok()) Fail(absl::StrCat(name, ": ", again.status().ToString()));
    seconds.push_back(Seconds(*again));
    for (Measured& other : others) {
      const std::optional<TimedAnswer> theirs = AnswerOf(other.name, other.textbook, session);
      if (theirs) other.seconds.push_back(Seconds(*theirs));
    }
  }
  PrintFigure(name, Median(seconds), "s");
  for (const Measured& other : others) {
    if (other.seconds.empty()) continue;
    PrintFigure(other.name, Median(other.seconds), "s");
    PrintFigure(absl::StrCat(name, "_of_", other.textbook.suffix), Median(seconds) / Median(other.seconds),
                "ratio");
  }
  return Median(seconds);
}

void WritePlans(const std::vector<QueryQuestion>& questions, QuerySession& session, const std::string& path) {
  std::ofstream file(path);
  session.TakePlans();
  for (const QueryQuestion& question : questions) {
    ShowProgress(absl::StrCat("plans of ", question.name));
    if (!session.Ask(question).ok()) continue;
    file << "==== query_" << question.name << "\n" << session.TakePlans();
    for (const TextbookAnswer& textbook : question.textbooks) {
      if (!session.Ask(textbook).ok()) continue;
      file << "==== query_" << question.name << "_" << textbook.suffix << "\n" << session.TakePlans();
    }
  }
  file.flush();
  if (!file) Fail(absl::StrCat(path, " cannot be written"));
}

void MeasureAll() {
  const Options options = ReadOptions();
  const absl::CivilDay first_day(testing::YearOfMonths(), kMonth, 1);
  const absl::CivilDay end_day = first_day + EventMonth::kDays;
  const absl::Time start = absl::FromCivil(first_day, absl::UTCTimeZone());
  const absl::Time end = absl::FromCivil(end_day, absl::UTCTimeZone());
  const std::vector<QueryQuestion> questions =
      Chosen(QueryQuestions(absl::FormatCivilTime(first_day), absl::FormatCivilTime(end_day)));

  ShowProgress("starting PostgreSQL");
  ThrowawayCluster cluster;
  PrintMachine(cluster.folder());
  ShowProgress("loading events");
  LoadEventMonth(EventMonth(options.events, options.users), start, cluster.collected());
  PrintRemark(absl::StrCat(options.events, " events, ", options.users, " users, 30 days; medians of ",
                           options.rounds));

  // All windows and periods are over.
  QuerySession session(cluster.collected(), start, end, end + absl::Hours(24 * 60));
  std::optional<double> without_filter;
  for (const QueryQuestion& question : questions) {
    const std::optional<double> seconds = Measure(question, session, options.rounds);
    if (question.name == "active_users") without_filter = seconds;
    if (absl::EndsWith(question.name, "_passes_all") && without_filter) {
      PrintFigure(absl::StrCat("query_", question.name, "_cost"),
                  (*seconds - *without_filter) * 1e9 / static_cast<double>(options.events), "ns/event");
    }
  }
  if (const std::string path = absl::GetFlag(FLAGS_plans); !path.empty())
    WritePlans(questions, session, path);
}

}  // namespace
}  // namespace donut::bench

int main(int argc, char** argv) {
  donut::bench::ReadCommandLine(
      argc, argv, "Measures the core metrics beside the plain statements for the same questions.");
  donut::bench::MeasureAll();
  return 0;
}
