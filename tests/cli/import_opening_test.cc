#include "cli/import_opening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "tests/cli/ledger_collector.h"

namespace donut::cli {
namespace {

using ::donut::testing::LedgerCollector;
using ::testing::HasSubstr;

class ImportOpeningTest : public ::testing::Test {
 protected:
  ImportOpeningTest() { EXPECT_TRUE(StartHashing()); }
  ~ImportOpeningTest() override { std::remove(path_.c_str()); }

  absl::StatusOr<OpenImport> Open(const std::string& text, const std::string& name = "",
                                  const std::string& mapping = "") {
    std::ofstream(path_, std::ios::trunc) << text;
    ReplayOptions options;
    options.collector_address = collector_.address();
    auto reader = RecordReader::Open(path_, csv_).value();
    const Record* const first = reader->Peek(0).value();
    const std::string beginning(first == nullptr ? "" : first->text);
    return OpenAndResume({path_, name, mapping, beginning, csv_}, std::move(reader), options);
  }

  // Imports `text` and returns how many lines were new, or -1.
  int64_t Import(const std::string& text, const std::string& name = "", const std::string& mapping = "") {
    auto opened = Open(text, name, mapping);
    if (!opened.ok()) {
      last_error_ = std::string(opened.status().message());
      return -1;
    }
    generation_ = opened->generation;
    int64_t sent = 0;
    Record line;
    for (; opened->reader->Next(line).value(); ++sent) {
      opened->hash.Add(line.text);
      v1::Event event;
      event.set_name(std::string(line.text));
      EXPECT_TRUE(
          (line.text.empty() ? opened->replay->Skip(1) : opened->replay->Send(event, opened->hash.value()))
              .ok());
    }
    EXPECT_TRUE(opened->replay->Finish(absl::Seconds(20)).ok());
    return sent;
  }

  // Sends `text` in one batch, of which only the first `committed` lines are stored when both sides die.
  void InterruptAfter(int64_t committed, const std::string& text) {
    collector_.DieAfter(committed);
    auto opened = Open(text);
    ASSERT_TRUE(opened.ok()) << opened.status();
    Record line;
    while (opened->reader->Next(line).value()) {
      opened->hash.Add(line.text);
      v1::Event event;
      event.set_name(std::string(line.text));
      ASSERT_TRUE(opened->replay->Send(event, opened->hash.value()).ok());
    }
    while (opened->replay->progress().committed_sequence < committed) std::this_thread::yield();
    opened->replay = nullptr;
    collector_.DieAfter(INT64_MAX);
  }

  LedgerCollector collector_;
  std::optional<CsvDialect> csv_;
  const std::string path_ = ::testing::TempDir() + "import_opening_test." + std::to_string(getpid());
  int generation_ = 0;
  std::string last_error_;
};

TEST_F(ImportOpeningTest, ImportsAFileOnce) {
  EXPECT_EQ(Import("a\nb\nc\n"), 3);
  EXPECT_EQ(Import("a\nb\nc\n"), 0);
  EXPECT_EQ(collector_.committed(), 3);
}

TEST_F(ImportOpeningTest, AddsTheNewLinesOfAFileThatHasGrown) {
  EXPECT_EQ(Import("a\nb\n"), 2);
  EXPECT_EQ(Import("a\nb\nc\nd\n"), 2);
  EXPECT_EQ(generation_, 1);
}

TEST_F(ImportOpeningTest, ALineIsTheSameWithoutItsNewline) {
  EXPECT_EQ(Import("a\nb"), 2);
  EXPECT_EQ(Import("a\nb\nc"), 1);
  EXPECT_EQ(generation_, 1);
}

TEST_F(ImportOpeningTest, EmptyLinesAtTheEndAreNoDifference) {
  EXPECT_EQ(Import("a\n\n\n"), 3);
  EXPECT_EQ(Import("a\n\n\n"), 0);
  EXPECT_EQ(Import("a\n\n\nb\n"), 1);
  EXPECT_EQ(generation_, 1);
}

TEST_F(ImportOpeningTest, KeepsSourcesApartThatBeginAlike) {
  EXPECT_EQ(Import("a\nb\nc\n"), 3);
  EXPECT_EQ(Import("a\nX\nc\n"), 3);
  EXPECT_EQ(generation_, 2);
  EXPECT_EQ(Import("a\nY\nc\n"), 3);
  EXPECT_EQ(generation_, 3);
  // Each is known again.
  EXPECT_EQ(Import("a\nb\nc\n"), 0);
  EXPECT_EQ(Import("a\nX\nc\nd\n"), 1);
  EXPECT_EQ(generation_, 2);
  EXPECT_EQ(collector_.producers(), 3);
}

TEST_F(ImportOpeningTest, TwoLinesThatChangedPlacesAreAnotherSource) {
  EXPECT_EQ(Import("a\nb\nc\n"), 3);
  EXPECT_EQ(Import("a\nc\nb\n"), 3);
  EXPECT_EQ(generation_, 2);
}

TEST_F(ImportOpeningTest, StopsAtAFileThatWasCut) {
  EXPECT_EQ(Import("a\nb\nc\n"), 3);
  EXPECT_EQ(Import("a\nb\n"), -1);
  EXPECT_THAT(last_error_, HasSubstr("has 2 lines, but 3"));
  EXPECT_THAT(last_error_, HasSubstr("--as NAME"));
}

TEST_F(ImportOpeningTest, ANameMakesAnotherSource) {
  EXPECT_EQ(Import("a\nb\n"), 2);
  EXPECT_EQ(Import("a\n", "crm"), 1);
  EXPECT_EQ(Import("a\nb\n", "crm"), 1);
  EXPECT_EQ(collector_.producers(), 2);
}

TEST_F(ImportOpeningTest, AnotherMappingIsAnotherImport) {
  EXPECT_EQ(Import("a\n", "", "one"), 1);
  EXPECT_EQ(Import("a\n", "", "two"), 1);
  EXPECT_EQ(collector_.producers(), 2);
}

TEST_F(ImportOpeningTest, AFileWithoutLinesNeedsNoCollector) {
  const auto opened = Open("\n\n");
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->replay, nullptr);
  EXPECT_EQ(collector_.producers(), 0);
}

TEST_F(ImportOpeningTest, GoesOnInTheMiddleOfABatchThatWasInterrupted) {
  EXPECT_EQ(Import("a\nb\n"), 2);
  InterruptAfter(4, "a\nb\nc\nd\ne\n");
  EXPECT_EQ(Import("a\nb\nc\nd\ne\n"), 1);
  EXPECT_EQ(generation_, 1);
  EXPECT_EQ(Import("a\nb\nc\nd\ne\n"), 0);
  EXPECT_EQ(collector_.committed(), 5);
  EXPECT_EQ(collector_.producers(), 1);
}

TEST_F(ImportOpeningTest, GoesOnInTheMiddleOfItsFirstBatch) {
  InterruptAfter(2, "a\nb\nc\n");
  EXPECT_EQ(Import("a\nb\nc\n"), 1);
  EXPECT_EQ(generation_, 1);
}

TEST_F(ImportOpeningTest, GoesOnBehindRowsOfSeveralLines) {
  csv_ = CsvDialect{};
  const std::string text = "\"a\n1\",x\n\n\"b\n\n2\",y\nc,z\nd,w\n";
  InterruptAfter(3, text);
  const auto opened = Open(text);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->record, 3);
  EXPECT_EQ(opened->empty, 1);
  Record record;
  ASSERT_TRUE(opened->reader->Next(record).value());
  EXPECT_EQ(record.text, "c,z");
  EXPECT_EQ(record.line, 7);
}

TEST_F(ImportOpeningTest, AnInterruptedSourceIsStillToldFromAnother) {
  EXPECT_EQ(Import("a\nb\n"), 2);
  InterruptAfter(4, "a\nb\nc\nd\ne\n");
  EXPECT_EQ(Import("a\nX\nc\nd\ne\n"), 5);
  EXPECT_EQ(generation_, 2);
}

TEST_F(ImportOpeningTest, RemembersHowManyLinesWereUnreadable) {
  {
    auto opened = Open("a\nb\n");
    ASSERT_TRUE(opened.ok());
    Record line;
    while (opened->reader->Next(line).value()) {
      opened->hash.Add(line.text);
      ++opened->unreadable;
      ASSERT_TRUE(opened->replay
                      ->SendUnparsed(std::string(line.text), "not JSON",
                                     ImportBookmark{opened->hash.value(), opened->unreadable}.ToText())
                      .ok());
    }
    ASSERT_TRUE(opened->replay->Finish(absl::Seconds(20)).ok());
  }
  const auto again = Open("a\nb\nc\n");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->generation, 1);
  EXPECT_EQ(again->record, 2);
  EXPECT_EQ(again->unreadable, 2);
}

}  // namespace
}  // namespace donut::cli
