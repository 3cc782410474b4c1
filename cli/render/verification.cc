#include "cli/render/verification.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/command.h"
#include "cli/render/display_text.h"
#include "cli/render/figures.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

// As engine.cc says it, around the reason.
constexpr char kRefusal[] = "scope.engine: ENGINE_HISTORY cannot answer: ";
constexpr char kAdvice[] = "; ENGINE_AUTO lets SQL answer meanwhile";

int64_t CountOf(const std::vector<VerifiedQuestion>& questions, Agreement agreement) {
  return std::count_if(questions.begin(), questions.end(),
                       [&](const VerifiedQuestion& one) { return one.agreement == agreement; });
}

Table::Cell AgreementCell(Agreement agreement) {
  switch (agreement) {
    case Agreement::kEqual:
      return {"equal", Tone::kGood};
    case Agreement::kDifferent:
      return {"DIFFERENT", Tone::kBad};
    case Agreement::kUnknown:
      break;
  }
  return {"unknown", Tone::kQuiet};
}

std::string TimeText(absl::Duration time) {
  return time == absl::ZeroDuration() ? kAbsent : Seconds(absl::ToDoubleSeconds(time));
}

}  // namespace

std::string WhyNotByHistory(const absl::Status& status) {
  absl::string_view reason = status.message();
  absl::ConsumePrefix(&reason, kRefusal);
  absl::ConsumeSuffix(&reason, kAdvice);
  return std::string(reason);
}

std::string VerificationText(const v1::ResolvedScope& scope, const std::vector<VerifiedQuestion>& questions,
                             const PageOptions& options) {
  Page page(options);
  RenderHeading(scope, page);
  page.Section("SQL AND HISTORIES");
  Table table({{"question", Table::Kind::kLabel},
               {"SQL", Table::Kind::kNumber},
               {"histories", Table::Kind::kNumber},
               {"answers", Table::Kind::kLabel}});
  for (const VerifiedQuestion& one : questions) {
    table.Row({one.title, TimeText(one.sql_time), TimeText(one.history_time), AgreementCell(one.agreement)});
  }
  table.RenderTo(page);
  page.BlankLine();
  for (const VerifiedQuestion& one : questions) {
    if (one.detail.empty()) continue;
    page.Bullet(absl::StrCat(one.title, ": ", one.agreement == Agreement::kDifferent ? "differs in " : "",
                             Harmless(one.detail)));
  }
  const int64_t different = CountOf(questions, Agreement::kDifferent);
  const int64_t equal = CountOf(questions, Agreement::kEqual);
  page.Paragraph(absl::StrCat(Counted(equal, "answer"), " equal to the last byte, ", different,
                              " different, ", CountOf(questions, Agreement::kUnknown), " unknown."),
                 different > 0 ? Tone::kBad : Tone::kQuiet);
  return page.text();
}

int ExitCodeOf(const std::vector<VerifiedQuestion>& questions) {
  const bool is_right =
      CountOf(questions, Agreement::kDifferent) == 0 && CountOf(questions, Agreement::kEqual) > 0;
  return is_right ? kExitDone : kExitFailed;
}

}  // namespace donut::cli
