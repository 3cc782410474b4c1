// A PostgreSQL sink on a database of its own, with a committer around it as a lane has it. One
// per test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "collector/group_committer.h"
#include "collector/postgres_event_sink.h"
#include "gtest/gtest.h"
#include "tests/collector/build_event.h"
#include "tests/support/test_database.h"

namespace donut::collector {

class SinkOnDatabase : public ::testing::Test {
 protected:
  SinkOnDatabase() : memory_(1'000, 1'000) { sink_ = NewSink(); }

  std::unique_ptr<PostgresEventSink> NewSink(SinkMemory* memory = nullptr) {
    postgres::ConnectionOptions options;
    options.url = database_.collector_url();
    options.application_name = "sink under test";
    return std::make_unique<PostgresEventSink>(options, memory == nullptr ? &memory_ : memory);
  }

  PostgresEventSink SinkWithSilenceLimit(absl::Duration limit) {
    postgres::ConnectionOptions options;
    options.url = database_.collector_url();
    options.application_name = "silent sink";
    return PostgresEventSink(options, &memory_, limit);
  }

  HelloAnswer Hello(const std::string& producer, int64_t epoch = 0, const std::string& token = "t") {
    auto answer = sink_->Grant(testing::Claim(producer, epoch, token));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return *answer;
  }

  // Through the committer, as a lane does it.
  std::vector<PieceResult> Commit(const std::vector<StagedPiece>& pieces, EventSink* sink = nullptr) {
    GroupCommitter committer(sink == nullptr ? sink_.get() : sink, CommitLimits(),
                             {.now = absl::Now,
                              .wait = [](absl::Duration) { return true; },
                              .on_away = [](absl::Duration) {},
                              .on_failure = [](const absl::Status&) {}});
    std::vector<const StagedPiece*> pointers;
    for (const StagedPiece& piece : pieces) pointers.push_back(&piece);
    std::vector<PieceResult> results(pieces.size());
    committer.Commit(pointers, [&](size_t index, PieceResult result) { results[index] = std::move(result); });
    return results;
  }

  std::string Query(const std::string& sql) { return database_.Query(sql); }
  std::string Sequences() {
    return Query("SELECT string_agg(sequence::text, ',' ORDER BY sequence) FROM analytics_events");
  }

  testing::TestDatabase database_;
  SinkMemory memory_;
  std::unique_ptr<PostgresEventSink> sink_;
};

}  // namespace donut::collector
