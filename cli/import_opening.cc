#include "cli/import_opening.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/render/figures.h"
#include "common/status_macros.h"

namespace donut::cli {
namespace {

constexpr absl::Duration kOpenTimeout = absl::Seconds(5);
// Sources that begin alike and then differ.
constexpr int kMaxGenerations = 1000;

std::string ProducerId(const ImportSource& source, const std::string& first_line, int generation) {
  if (!source.name.empty()) return ProducerIdOfName(source.name, generation);
  return ProducerIdOfLines(source.mapping_fingerprint, first_line, generation);
}

// Whether the source's first lines are those that were committed, as far as the bookmark speaks. The lines
// behind it that are committed as well (a batch that was interrupted in its middle) are passed over unseen.
absl::StatusOr<bool> PassOverCommitted(const ImportSource& source, OpenImport& import) {
  const int64_t committed = import.replay->committed_sequence();
  const int64_t spoken_for = std::min(import.replay->bookmark_sequence(), committed);
  const ImportBookmark bookmark = ImportBookmark::FromText(import.replay->bookmark());
  import.unreadable = bookmark.unreadable;
  SourceLine line;
  for (;; ++import.line) {
    if (import.line == spoken_for && import.hash.value() != bookmark.hash) return false;
    if (import.line == committed) return true;
    ASSIGN_OR_RETURN(const bool more, import.reader->Next(line));
    if (!more) {
      return absl::FailedPreconditionError(absl::StrCat(
          source.path, " has ", Counted(import.line, "line"), ", but ", Count(committed),
          source.name.empty() ? " of a source that begins with the same line" : " under this name",
          " were imported before. Was it cut? If it is another source, give it a name of its own: --as "
          "NAME"));
    }
    import.hash.Add(line.text);
  }
}

}  // namespace

absl::StatusOr<OpenImport> OpenAndResume(const ImportSource& source, std::unique_ptr<LineReader> reader,
                                         const ReplayOptions& options) {
  ASSIGN_OR_RETURN(const std::string first_line, reader->PeekFirst());
  for (int generation = 1; generation <= kMaxGenerations; ++generation) {
    OpenImport import;
    import.generation = generation;
    // The generation before has read it.
    if (reader == nullptr) {
      ASSIGN_OR_RETURN(reader, LineReader::Open(source.path));
    }
    import.reader = std::move(reader);
    if (first_line.empty()) return import;
    ReplayOptions with_id = options;
    with_id.producer_id = ProducerId(source, first_line, generation);
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
