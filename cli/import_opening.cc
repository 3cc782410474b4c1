#include "cli/import_opening.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/import_check.h"
#include "cli/render/figures.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr absl::Duration kOpenTimeout = absl::Seconds(5);
// Sources that begin alike and then differ.
constexpr int kMaxGenerations = 1000;

std::string ProducerId(const ImportSource& source, int generation) {
  if (!source.name.empty()) return ProducerIdOfName(source.name, generation);
  return ProducerIdOfLines(source.mapping_fingerprint, source.beginning, generation);
}

std::string Noun(const ImportSource& source) { return source.csv ? "row" : "line"; }

absl::Status CutShort(const ImportSource& source, int64_t there, int64_t committed) {
  return absl::FailedPreconditionError(absl::StrCat(
      source.path, " has ", Counted(there, Noun(source)), ", but ", Count(committed),
      source.name.empty() ? " of a source that begins alike" : " under this name",
      " were imported before. Was it cut? If it is another source, give it a name of its own: --as NAME"));
}

absl::Status EndChanged(const ImportSource& source, int64_t line) {
  return absl::FailedPreconditionError(
      absl::StrCat(PlaceInSource(source.path, line),
                   ": the quote that opens here was not closed when the file was imported ",
                   "before, so the lines from here on were read one by one, and now it is. To store them as "
                   "they are now, ",
                   "import them as a source of their own: --as NAME"));
}

// Whether the source's first records are those that were committed, as far as the bookmark speaks. Those
// behind it that are committed as well (a batch that was interrupted in its middle) are passed over unseen.
absl::StatusOr<bool> PassOverCommitted(const ImportSource& source, OpenImport& import) {
  const int64_t committed = import.replay->committed_sequence();
  const int64_t spoken_for = std::min(import.replay->bookmark_sequence(), committed);
  const ImportBookmark bookmark = ImportBookmark::FromText(import.replay->bookmark());
  import.unreadable = bookmark.unreadable;
  int64_t open_line = 0;  // where the bookmark's open records begin, once they are known to be the same
  Record record;
  for (;; ++import.record) {
    if (import.record == spoken_for && import.hash.value() != bookmark.hash) {
      if (open_line == 0) return false;
      if (bookmark.open_from != spoken_for) return EndChanged(source, open_line);
      import.grown_line = open_line;
    }
    if (import.record == committed) return true;
    ASSIGN_OR_RETURN(const bool more, import.reader->Next(record));
    if (!more) return CutShort(source, import.record, committed);
    const bool is_open = record.number == bookmark.open_from;
    if (is_open && import.hash.value() == bookmark.hash_before_open) open_line = record.line;
    if (record.may_change && import.open_from == 0) {
      import.open_from = record.number;
      import.hash_before_open = import.hash.value();
    }
    if (record.text.empty()) ++import.empty;
    import.hash.Add(record.text);
  }
}

}  // namespace

absl::StatusOr<OpenImport> OpenAndResume(const ImportSource& source, std::unique_ptr<RecordReader> reader,
                                         const ReplayOptions& options) {
  for (int generation = 1; generation <= kMaxGenerations; ++generation) {
    OpenImport import;
    import.generation = generation;
    // The generation before has read it.
    if (reader == nullptr) {
      ASSIGN_OR_RETURN(reader, RecordReader::Open(source.path, source.csv));
    }
    import.reader = std::move(reader);
    if (source.beginning.empty()) return import;
    ReplayOptions with_id = options;
    with_id.producer_id = ProducerId(source, generation);
    ASSIGN_OR_RETURN(import.replay, Replay::Open(std::move(with_id), kOpenTimeout));
    ASSIGN_OR_RETURN(const bool same, PassOverCommitted(source, import));
    if (same) return import;
    if (source.path == "-") {
      return absl::FailedPreconditionError(
          "standard input differs from what was imported before from a source that began alike, and cannot "
          "be read "
          "again from its start: give it a name of its own with --as NAME, or import a file");
    }
  }
  return absl::FailedPreconditionError(
      "too many sources begin with the same line: give this one a name with --as NAME");
}

}  // namespace donut::cli
