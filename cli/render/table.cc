#include "cli/render/table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "cli/render/display_text.h"

namespace donut::cli {
namespace {

constexpr int kIndent = 2;
constexpr int kGap = 2;
constexpr int kMinBarWidth = 8;
constexpr int kMaxBarWidth = 48;
constexpr int kMinTextWidth = 8;

const char* EscapeOf(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kQuiet:
      return "\x1b[2m";
    case Tone::kTitle:
      return "\x1b[1;35m";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kBar:
      return "\x1b[36m";
  }
  return "";
}

// Trailing spaces are noise in a file.
void AppendTrimmed(std::string& page, std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  absl::StrAppend(&page, line, "\n");
}

}  // namespace

std::string Page::Paint(const std::string& text, Tone tone) const {
  if (!options_.colours || tone == Tone::kPlain || text.empty()) return text;
  return absl::StrCat(EscapeOf(tone), text, "\x1b[0m");
}

void Page::Section(const std::string& title, const std::string& note) {
  BlankLine();
  const std::string cut = CutToWidth(title, width());
  const int room = width() - DisplayWidth(cut) - DisplayWidth(note);
  if (note.empty() || room < kGap) {
    AppendTrimmed(text_, Paint(cut, Tone::kTitle));
    if (!note.empty()) Paragraph(note, Tone::kQuiet);
    return;
  }
  AppendTrimmed(text_,
                absl::StrCat(Paint(cut, Tone::kTitle), std::string(room, ' '), Paint(note, Tone::kQuiet)));
}

void Page::Bullet(const std::string& text) {
  bool first = true;
  for (const std::string& line : WrapWords(text, width() - kIndent - kIndent)) {
    AppendTrimmed(text_, absl::StrCat(std::string(kIndent, ' '), first ? "- " : "  ", line));
    first = false;
  }
}

void Page::Paragraph(const std::string& text, Tone tone, int indent) {
  for (const std::string& line : WrapWords(text, width() - indent)) {
    AppendTrimmed(text_, std::string(indent, ' ') + Paint(line, tone));
  }
}

void Page::Line(const std::vector<Piece>& pieces) {
  std::string line;
  int room = width();
  for (const Piece& piece : pieces) {
    const std::string cut = CutToWidth(piece.text, room);
    line += Paint(cut, piece.tone);
    room -= DisplayWidth(cut);
  }
  AppendTrimmed(text_, line);
}

Table::Cell Table::Cell::OfBar(double fraction, Tone tone) {
  Cell cell("", tone);
  cell.fraction = fraction;
  return cell;
}

Table::Cell Table::Cell::OfBarWithLoss(double fraction, double lost) {
  Cell cell("", Tone::kBar);
  cell.fraction = fraction;
  cell.lost = lost;
  cell.has_loss = true;
  return cell;
}

void Table::Row(std::vector<Cell> cells) { entries_.push_back({std::move(cells), ""}); }

void Table::Note(const std::string& text) { entries_.push_back({{}, text}); }

// Numbers keep their width, names shrink (the widest first), bars get the rest, and a bar for
// which there is no room is left out.
std::vector<int> Table::ColumnWidths(int room) const {
  std::vector<int> widths;
  int bars = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int width = DisplayWidth(columns_[i].header);
    for (const Entry& entry : entries_) {
      if (i < entry.cells.size()) width = std::max(width, DisplayWidth(entry.cells[i].text));
    }
    if (columns_[i].kind == Kind::kBar) {
      ++bars;
      width = std::max(width, kMinBarWidth);
    }
    widths.push_back(width);
  }
  const int gaps = kGap * (static_cast<int>(columns_.size()) - 1);
  const auto over = [&] { return kIndent + gaps + std::accumulate(widths.begin(), widths.end(), 0) - room; };
  while (over() > 0) {
    size_t widest = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].kind != Kind::kText || widths[i] <= kMinTextWidth) continue;
      if (widest == columns_.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].kind != Kind::kBar) continue;
    const int left = -over();
    const int share = left > 0 ? left / std::max(bars, 1) : left;
    widths[i] = std::clamp(widths[i] + share, 0, kMaxBarWidth);
    --bars;
  }
  return widths;
}

void Table::RenderTo(Page& page) const {
  const std::vector<int> widths = ColumnWidths(page.width());
  const auto add_text = [&](std::vector<Page::Piece>& line, size_t i, const std::string& text, Tone tone) {
    const bool right = columns_[i].kind == Kind::kNumber;
    line.push_back({right ? PadLeft(text, widths[i]) : PadRight(text, widths[i]), tone});
  };
  const auto add_gap = [&](std::vector<Page::Piece>& line, size_t i) {
    line.push_back({std::string(i == 0 ? kIndent : kGap, ' '), Tone::kPlain});
  };
  std::vector<Page::Piece> header;
  bool any_header = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    add_gap(header, i);
    add_text(header, i, columns_[i].header, Tone::kQuiet);
    any_header = any_header || !columns_[i].header.empty();
  }
  if (any_header) page.Line(header);
  for (const Entry& entry : entries_) {
    if (entry.cells.empty()) {
      page.Line({{std::string(kIndent, ' ') + entry.note, Tone::kQuiet}});
      continue;
    }
    std::vector<Page::Piece> line;
    for (size_t i = 0; i < columns_.size() && i < entry.cells.size(); ++i) {
      const Cell& cell = entry.cells[i];
      add_gap(line, i);
      if (columns_[i].kind != Kind::kBar) {
        add_text(line, i, cell.text, cell.tone);
      } else if (cell.has_loss) {
        const TwoPartBar bar = BarWithLoss(cell.fraction, cell.lost, widths[i]);
        line.insert(line.end(),
                    {{bar.filled, cell.tone}, {bar.lost, Tone::kBad}, {bar.padding, Tone::kPlain}});
      } else {
        line.push_back({Bar(cell.fraction, widths[i]), cell.tone});
      }
    }
    page.Line(line);
  }
}

}  // namespace donut::cli
