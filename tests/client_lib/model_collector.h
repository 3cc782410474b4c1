// A collector in memory that follows collector.proto to the letter: ledger, epochs, tokens, gaps,
// acknowledgement after COMMIT. For tests of the client: it can crash at any point, forget producers, and has
// two special kinds of events: names that begin with "reject" are rejected, and "poison" breaks the stream
// that it is on.
//
// A plain class. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/collector.pb.h"

namespace donut::testing {

class ModelCollector {
 public:
  // What a stream answers; `end` is set when the collector ends it.
  struct Answer {
    std::vector<v1::StreamEventsResponse> responses;
    bool ended = false;
    absl::Status end;
  };
  struct Producer {
    int64_t epoch = 0;
    std::string token;
    int64_t committed = 0;
    std::string bookmark;
    int64_t bookmark_sequence = 0;
    bool closed = false;
    std::map<int64_t, std::string> stored;  // by number: the event's name
    std::map<v1::SkipReason, int64_t> skipped;
    int64_t rejected = 0;
    std::vector<std::string> unparsed_reasons;
    v1::Hello last_hello;
  };

  // Takes a message: Hello is answered at once, the rest waits for Commit.
  Answer Receive(int64_t stream, const std::string& bytes);
  // Commits what a stream has sent; the answer is its acknowledgement.
  Answer Commit(int64_t stream);
  // Everything that was not committed is lost, and every stream with it.
  void Crash() { streams_.clear(); }
  void Forget(const std::string& producer_id) { producers_.erase(producer_id); }
  // As if another client had used this id.
  void UseElsewhere(const std::string& producer_id) {
    ++producers_[producer_id].epoch;
    producers_[producer_id].token = "elsewhere";
  }

  std::map<std::string, Producer>& producers() { return producers_; }
  // Names of all stored events, of all producers.
  std::multiset<std::string> StoredNames() const;
  int64_t rejected() const;
  // What never should be: a gap, a message before Hello.
  const std::vector<std::string>& protocol_errors() const { return protocol_errors_; }

 private:
  struct Stream {
    std::string producer_id;
    int64_t epoch = 0;
    std::vector<v1::StreamEventsRequest> pending;
  };
  Answer Greet(int64_t stream, const v1::Hello& hello);
  bool Apply(Producer& producer, const v1::StreamEventsRequest& request, v1::Committed& committed);
  static void KeepBookmark(Producer& producer, const std::string& bookmark);
  void StoreBatch(Producer& producer, const v1::EventBatch& batch, v1::Committed& committed);
  Answer Gap(const std::string& what);

  std::map<std::string, Producer> producers_;
  std::map<int64_t, Stream> streams_;
  std::vector<std::string> protocol_errors_;
};

}  // namespace donut::testing
