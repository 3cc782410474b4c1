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

// What the rounds of one side took.
class Rounds {
 public:
  void Add(const TimedAnswer& answer) {
    elapsed_.push_back(absl::ToDoubleSeconds(answer.elapsed));
    cpu_.push_back(absl::ToDoubleSeconds(answer.cpu));
  }
  bool empty() const { return elapsed_.empty(); }
  double elapsed() const { return Median(elapsed_); }
  double cpu() const { return Median(cpu_); }
  void Print(const std::string& name) const {
    PrintFigure(name, elapsed(), "s");
    PrintFigure(absl::StrCat(name, "_cpu"), cpu(), "s");
  }

 private:
  std::vector<double> elapsed_;
  std::vector<double> cpu_;
};

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

struct MeasuredTextbook {
  TextbookAnswer textbook;
  std::string name;
  Rounds rounds;
};

TimedAnswer OursOf(const std::string& name, const QueryQuestion& question, QuerySession& session) {
  absl::StatusOr<TimedAnswer> ours = session.Ask(question);
  if (!ours.ok()) Fail(absl::StrCat(name, ": ", ours.status().ToString()));
  return *std::move(ours);
}

void PrintRounds(const std::string& name, const Rounds& ours, const std::vector<MeasuredTextbook>& others) {
  ours.Print(name);
  for (const MeasuredTextbook& other : others) {
    if (other.rounds.empty()) continue;
    other.rounds.Print(other.name);
    const std::string ratio = absl::StrCat(name, "_of_", other.textbook.suffix);
    PrintFigure(ratio, ours.elapsed() / other.rounds.elapsed(), "ratio");
    // Below a tick there is nothing to divide by.
    if (other.rounds.cpu() > 0) PrintFigure(ratio + "_cpu", ours.cpu() / other.rounds.cpu(), "ratio");
  }
}

// Warms up, compares the answers, and measures in turns. Returns the rounds of ours, if the metric knows
// the question.
std::optional<Rounds> Measure(const QueryQuestion& question, QuerySession& session, int rounds) {
  const std::string name = absl::StrCat("query_", question.name);
  ShowProgress(name);
  const absl::StatusOr<TimedAnswer> first = session.Ask(question);
  if (absl::IsUnimplemented(first.status())) {
    PrintRemark(absl::StrCat(name, ": ", first.status().message()));
    return std::nullopt;
  }
  if (!first.ok()) Fail(absl::StrCat(name, ": ", first.status().ToString()));
  std::vector<MeasuredTextbook> others;
  for (const TextbookAnswer& textbook : question.textbooks) {
    const std::string full_name = absl::StrCat(name, "_", textbook.suffix);
    const std::optional<TimedAnswer> theirs = AnswerOf(full_name, textbook, session);
    if (!theirs) continue;
    Compare(full_name, first->answer, textbook, theirs->answer);
    others.push_back({textbook, full_name, {}});
  }
  Rounds ours;
  for (int round = 0; round < rounds; ++round) {
    ours.Add(OursOf(name, question, session));
    for (MeasuredTextbook& other : others) {
      const std::optional<TimedAnswer> theirs = AnswerOf(other.name, other.textbook, session);
      if (theirs) other.rounds.Add(*theirs);
    }
  }
  PrintRounds(name, ours, others);
  return ours;
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
  QuerySession session(cluster, start, end, end + absl::Hours(24 * 60));
  std::optional<Rounds> without_filter;
  for (const QueryQuestion& question : questions) {
    const std::optional<Rounds> rounds = Measure(question, session, options.rounds);
    if (question.name == "active_users") without_filter = rounds;
    if (absl::EndsWith(question.name, "_passes_all") && without_filter) {
      PrintFigure(absl::StrCat("query_", question.name, "_cost"),
                  (rounds->cpu() - without_filter->cpu()) * 1e9 / static_cast<double>(options.events),
                  "ns/event");
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
