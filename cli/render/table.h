// Tables and pages of terminal text that keep a width. A page knows its width and whether it may
// use colours; a table shares the width out among its columns: numbers get what they need, long
// names are cut with an ellipsis, and the bars take what is left. Not thread-safe.
#pragma once

#include <string>
#include <vector>

namespace donut::cli {

// What a piece of text means; a terminal shows it as a colour.
enum class Tone { kPlain, kStrong, kQuiet, kTitle, kGood, kBad, kBar };

struct PageOptions {
  // No line is wider.
  int width = 80;
  bool colours = false;
};

class Page {
 public:
  explicit Page(PageOptions options) : options_(options) {}

  int width() const { return options_.width; }

  // `text` in the tone's colour, or as it is.
  std::string Paint(const std::string& text, Tone tone) const;

  // An empty line, the title, and `note` at the right edge (or below, where it does not fit).
  void Section(const std::string& title, const std::string& note = "");
  // Wrapped at the width, indented.
  void Paragraph(const std::string& text, Tone tone = Tone::kPlain, int indent = 2);
  // The same behind a dash.
  void Bullet(const std::string& text);
  // Cut at the width; one piece per tone.
  struct Piece {
    std::string text;
    Tone tone = Tone::kPlain;
  };
  void Line(const std::vector<Piece>& pieces);
  void BlankLine() { text_ += '\n'; }

  const std::string& text() const { return text_; }

 private:
  const PageOptions options_;
  std::string text_;
};

// Fewer empty rows than this in a row are shown one by one.
inline constexpr int kMinCollapsedRows = 3;

class Table {
 public:
  enum class Kind {
    kText,    // left, cut when there is no room
    kLabel,   // left, never cut: a mark at its end is not lost
    kNumber,  // right, never cut
    kBar,     // takes what is left
  };
  struct Column {
    std::string header;
    Kind kind = Kind::kText;
  };
  struct Cell {
    Cell(std::string text_in, Tone tone_in = Tone::kPlain) : text(std::move(text_in)), tone(tone_in) {}
    Cell(const char* text_in, Tone tone_in = Tone::kPlain) : text(text_in), tone(tone_in) {}
    // For a column of bars. `lost` is shown in light shade behind `fraction`.
    static Cell OfBar(double fraction, Tone tone = Tone::kBar);
    static Cell OfBarWithLoss(double fraction, double lost);

    std::string text;
    Tone tone;
    double fraction = 0;
    double lost = 0;
    bool has_loss = false;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell per column; missing ones at the end are empty.
  void Row(std::vector<Cell> cells);
  // A line across the columns.
  void Note(const std::string& text);

  void RenderTo(Page& page) const;

 private:
  struct Entry {
    std::vector<Cell> cells;
    std::string note;
  };
  std::vector<int> ColumnWidths(int room) const;

  const std::vector<Column> columns_;
  std::vector<Entry> entries_;
};

}  // namespace donut::cli
