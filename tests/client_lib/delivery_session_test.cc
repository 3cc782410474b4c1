#include "client_lib/delivery_session.h"

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "donut/analytics/v1/event.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = DeliverySession::Action::Kind;

// A session with its queue and a clock that the test turns.
class DeliverySessionTest : public ::testing::Test {
 protected:
  void Make(SessionOptions options) {
    options.random_bytes = [this](int count) {
      return std::string(count - 1, 'r') + static_cast<char>(++random_);
    };
    session_ = std::make_unique<DeliverySession>(options, &queue_);
  }
  void SetUp() override { Make({}); }

  void Append(const std::string& name) {
    v1::Event event;
    event.set_name(name);
    const std::string bytes = event.SerializeAsString();
    std::memcpy(queue_.AppendEvent(bytes.size()), bytes.data(), bytes.size());
  }
  Kind Next() { return (action_ = session_->Next(now_)).kind; }
  v1::StreamEventsRequest Write() {
    EXPECT_EQ(Next(), Kind::kWrite);
    v1::StreamEventsRequest request;
    EXPECT_TRUE(request.ParseFromString(action_.bytes));
    session_->OnWritten();
    return request;
  }
  v1::Hello Open() {
    if (Next() == Kind::kWait && action_.until < absl::InfiniteFuture()) {
      now_ = action_.until;
      Next();
    }
    EXPECT_EQ(action_.kind, Kind::kOpen);
    return Write().hello();
  }
  void Welcome(int64_t epoch, int64_t committed, const std::string& bookmark = "") {
    v1::StreamEventsResponse response;
    response.mutable_welcome()->set_epoch(epoch);
    response.mutable_welcome()->set_committed_sequence(committed);
    response.mutable_welcome()->set_bookmark(bookmark);
    session_->OnMessage(response.SerializeAsString(), now_);
  }
  void Committed(int64_t sequence, std::vector<int64_t> rejected = {}) {
    v1::StreamEventsResponse response;
    response.mutable_committed()->set_sequence(sequence);
    for (int64_t number : rejected) response.mutable_committed()->add_rejections()->set_sequence(number);
    session_->OnMessage(response.SerializeAsString(), now_);
  }
  void Refused(v1::RefusalReason reason) {
    v1::StreamEventsResponse response;
    response.mutable_refused()->set_reason(reason);
    session_->OnMessage(response.SerializeAsString(), now_);
  }
  void Close(const absl::Status& status) { session_->OnClosed(status, now_); }
  // Sends everything that is queued at once.
  void Flush() { session_->Flush(now_); }

  int random_ = 0;
  absl::Time now_ = absl::UnixEpoch();
  DeliveryQueue queue_{{}};
  std::unique_ptr<DeliverySession> session_;
  DeliverySession::Action action_;
};

TEST_F(DeliverySessionTest, GreetsFirstAndSendsAfterWelcome) {
  Append("a");
  const v1::Hello hello = Open();
  EXPECT_EQ(hello.producer_id().size(), 16u);
  EXPECT_EQ(hello.token().size(), 16u);
  EXPECT_EQ(hello.epoch(), 0);
  EXPECT_EQ(hello.earlier_tokens_size(), 0);
  EXPECT_FALSE(hello.durable());
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_FALSE(session_->connected());
  Welcome(7, 0);
  EXPECT_TRUE(session_->connected());
  Flush();
  EXPECT_EQ(Write().batch().events_size(), 1);
  Committed(1);
  EXPECT_EQ(session_->counters().acknowledged, 1);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(DeliverySessionTest, LingersForMoreUnlessABatchIsFull) {
  SessionOptions options;
  options.batch.max_events = 3;
  Make(options);
  Open();
  Welcome(1, 0);
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.wake_events, 1);
  Append("a");
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, now_ + absl::Milliseconds(100));
  EXPECT_EQ(action_.wake_events, 3);
  now_ += absl::Milliseconds(99);
  Append("b");
  EXPECT_EQ(Next(), Kind::kWait);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Write().batch().events_size(), 2);
  for (int i = 0; i < 3; ++i) Append("c");
  EXPECT_EQ(Write().batch().events_size(), 3);
}

TEST_F(DeliverySessionTest, WritesOneMessageAtATime) {
  Open();
  Welcome(1, 0);
  Append("a");
  Flush();
  EXPECT_EQ(Next(), Kind::kWrite);
  Append("b");
  Flush();
  EXPECT_EQ(Next(), Kind::kWait);
  session_->OnWritten();
  EXPECT_EQ(Next(), Kind::kWrite);
}

TEST_F(DeliverySessionTest, HoldsTheWindow) {
  SessionOptions options;
  options.window_bytes = 1;
  Make(options);
  Open();
  Welcome(1, 0);
  Append("a");
  Flush();
  Write();
  Append("b");
  Flush();
  EXPECT_EQ(Next(), Kind::kWait);
  Committed(1);
  EXPECT_EQ(Write().batch().first_sequence(), 2);
}

TEST_F(DeliverySessionTest, ResumesAfterALostStreamWhereTheCollectorStands) {
  for (const char* name : {"a", "b", "c"}) Append(name);
  Flush();
  Open();
  Welcome(1, 0);
  Write();
  Close(absl::UnavailableError("killed"));
  const v1::Hello again = Open();
  EXPECT_EQ(again.epoch(), 1);
  Welcome(2, 2);
  EXPECT_EQ(session_->counters().acknowledged, 2);
  const auto batch = Write().batch();
  EXPECT_EQ(batch.first_sequence(), 3);
  EXPECT_EQ(batch.events_size(), 1);
  EXPECT_EQ(queue_.resent_events(), 1);
}

TEST_F(DeliverySessionTest, PresentsTheTokensOfUnansweredAttempts) {
  const std::string first = Open().token();
  Close(absl::UnavailableError("lost"));
  const v1::Hello second = Open();
  EXPECT_THAT(second.earlier_tokens(), ElementsAre(first));
  Close(absl::UnavailableError("lost"));
  EXPECT_EQ(Open().earlier_tokens_size(), 2);
  Welcome(2, 0);
  Close(absl::UnavailableError("lost"));
  EXPECT_EQ(Open().earlier_tokens_size(), 0);
  for (int i = 0; i < 100; ++i) {
    Close(absl::UnavailableError("lost"));
    EXPECT_LE(Open().earlier_tokens_size(), 64);
  }
}

TEST_F(DeliverySessionTest, WaitsLongerAfterEachFailureUpToALimit) {
  absl::Duration longest;
  for (int i = 0; i < 20; ++i) {
    Open();
    Close(absl::UnavailableError("refused"));
    ASSERT_EQ(Next(), Kind::kWait);
    longest = std::max(longest, action_.until - now_);
    EXPECT_GE(action_.until - now_, absl::Milliseconds(50));
  }
  EXPECT_GT(longest, absl::Seconds(4));
  EXPECT_LE(longest, absl::Seconds(10));
  EXPECT_THAT(session_->TakeNews().warning, HasSubstr("cannot be delivered yet"));
}

TEST_F(DeliverySessionTest, CancelsAStreamThatIsNotWelcomedInTime) {
  Open();
  EXPECT_EQ(Next(), Kind::kWait);
  now_ = action_.until;
  EXPECT_EQ(Next(), Kind::kCancel);
  EXPECT_EQ(Next(), Kind::kWait);
  Close(absl::CancelledError("cancelled"));
  EXPECT_THAT(session_->last_failure().ToString(), HasSubstr("did not answer in time"));
  Open();
}

TEST_F(DeliverySessionTest, CountsRejections) {
  for (const char* name : {"a", "b", "c"}) Append(name);
  Flush();
  Open();
  Welcome(1, 0);
  Write();
  Committed(3, {2});
  EXPECT_EQ(session_->counters().acknowledged, 2);
  EXPECT_EQ(session_->counters().rejected, 1);
  const DeliveryNews news = session_->TakeNews();
  ASSERT_EQ(news.rejected.size(), 1u);
  EXPECT_EQ(news.rejected[0].event_name, "b");
  EXPECT_TRUE(session_->TakeNews().empty());
}

TEST_F(DeliverySessionTest, WritesNothingMoreWhenTheCollectorDrains) {
  Append("a");
  Flush();
  Open();
  Welcome(1, 0);
  Write();
  v1::StreamEventsResponse draining;
  *draining.mutable_draining()->mutable_retry_after() = ToProto(absl::Seconds(3));
  session_->OnMessage(draining.SerializeAsString(), now_);
  Append("b");
  EXPECT_EQ(Next(), Kind::kWait);
  Committed(1);
  EXPECT_EQ(session_->counters().acknowledged, 1);
  Close(absl::UnavailableError("going down"));
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, now_ + absl::Seconds(3));
  Open();
  Welcome(2, 1);
  Flush();
  EXPECT_EQ(Write().batch().first_sequence(), 2);
}

TEST_F(DeliverySessionTest, TakesANewIdWhenItsOwnIsRefused) {
  for (const auto reason : {v1::REFUSAL_REASON_FENCED, v1::REFUSAL_REASON_FOREIGN_EPOCH}) {
    const std::string old_id = session_->producer_id();
    const int64_t in_doubt = session_->counters().in_doubt;
    Append("sent");
    Flush();
    Open();
    Welcome(1, 0);
    Write();
    Append("unsent");
    Refused(reason);
    EXPECT_EQ(Next(), Kind::kCancel);
    Close(absl::CancelledError("cancelled"));
    EXPECT_NE(session_->producer_id(), old_id);
    EXPECT_EQ(session_->counters().in_doubt, in_doubt + 1);
    const v1::Hello hello = Open();
    EXPECT_EQ(hello.epoch(), 0);
    EXPECT_EQ(hello.earlier_tokens_size(), 0);
    Welcome(1, 0);
    Flush();
    EXPECT_EQ(Write().batch().events(0).name(), "unsent");
    Committed(1);
    Close(absl::UnavailableError("gone"));
    session_ = nullptr;
    queue_.StartOver();
    Make({});
  }
}

TEST_F(DeliverySessionTest, TakesANewIdWhenTheLedgerIsForgottenBeforeWelcome) {
  Open();
  Welcome(1, 0);
  Close(absl::UnavailableError("gone"));
  const std::string old_id = session_->producer_id();
  Open();
  Refused(v1::REFUSAL_REASON_UNKNOWN_PRODUCER);
  Close(absl::AbortedError("refused"));
  EXPECT_NE(session_->producer_id(), old_id);
}

TEST_F(DeliverySessionTest, TakesANewIdWhenTheLedgerWentBack) {
  Append("a");
  Flush();
  Open();
  Welcome(1, 0);
  Write();
  Committed(1);
  Append("b");
  Close(absl::UnavailableError("gone"));
  const std::string old_id = session_->producer_id();
  Open();
  Welcome(2, 0);
  EXPECT_EQ(Next(), Kind::kCancel);
  Close(absl::CancelledError("cancelled"));
  EXPECT_NE(session_->producer_id(), old_id);
  Open();
  Welcome(1, 0);
  Flush();
  const auto batch = Write().batch();
  EXPECT_EQ(batch.first_sequence(), 1);
  EXPECT_EQ(batch.events(0).name(), "b");
}

TEST_F(DeliverySessionTest, DistrustsAnAcknowledgementOfWhatWasNotSent) {
  Append("a");
  Open();
  Welcome(1, 0);
  Committed(1);
  EXPECT_EQ(Next(), Kind::kCancel);
  EXPECT_EQ(queue_.queued_events(), 1);
}

TEST_F(DeliverySessionTest, DoesNotBlameEventsForAnUnreachableCollector) {
  Append("a");
  Flush();
  for (int i = 0; i < 20; ++i) {
    Open();
    Welcome(i + 1, 0);
    Write();
    Close(absl::UnavailableError("killed"));
  }
  EXPECT_EQ(session_->counters().poisonous, 0);
  EXPECT_EQ(queue_.queued_events(), 1);
}

TEST_F(DeliverySessionTest, FindsAndSkipsThePoisonousEvent) {
  constexpr int kEvents = 100;
  constexpr int kCulprit = 38;
  for (int i = 1; i <= kEvents; ++i) Append(i == kCulprit ? "poison" : absl::StrCat("e", i));
  Flush();
  int64_t committed = 0;
  int streams = 0;
  for (; streams < 40 && !queue_.empty(); ++streams) {
    Open();
    Welcome(streams + 1, committed);
    while (Next() == Kind::kWrite) {
      v1::StreamEventsRequest request;
      ASSERT_TRUE(request.ParseFromString(action_.bytes));
      session_->OnWritten();
      if (request.has_skipped()) {
        EXPECT_EQ(request.skipped().reason(), v1::SKIP_REASON_POISONOUS);
        EXPECT_EQ(request.skipped().first_sequence(), kCulprit);
        EXPECT_EQ(request.skipped().last_sequence(), kCulprit);
        committed = kCulprit;
      } else {
        const int64_t last = request.batch().first_sequence() + request.batch().events_size() - 1;
        if (request.batch().first_sequence() <= kCulprit && last >= kCulprit) break;
        committed = last;
      }
      Committed(committed);
    }
    if (!queue_.empty()) Close(absl::InvalidArgumentError("does not parse"));
  }
  EXPECT_TRUE(queue_.empty());
  EXPECT_LT(streams, 20);
  EXPECT_EQ(session_->counters().poisonous, 1);
  EXPECT_EQ(session_->counters().acknowledged, kEvents - 1);
}

TEST_F(DeliverySessionTest, ClosesInOrderWhenEverythingIsDecided) {
  Append("a");
  Open();
  Welcome(1, 0);
  session_->Close(now_, false);
  EXPECT_EQ(Write().batch().events_size(), 1);
  EXPECT_EQ(Next(), Kind::kWait);
  Committed(1);
  EXPECT_TRUE(Write().has_close());
  Close(absl::OkStatus());
  EXPECT_EQ(Next(), Kind::kDone);
}

TEST_F(DeliverySessionTest, ClosesWithoutAStreamWhenNothingIsQueued) {
  Open();
  Close(absl::UnavailableError("refused"));
  session_->Close(now_, false);
  EXPECT_EQ(Next(), Kind::kDone);
}

TEST_F(DeliverySessionTest, TriesOnceMoreAtClosingWhenNobodyEverAnswered) {
  Append("a");
  Open();
  Close(absl::UnavailableError("refused"));
  session_->Close(now_, true);
  EXPECT_EQ(Next(), Kind::kOpen);
  Write();
  Close(absl::UnavailableError("refused"));
  EXPECT_EQ(Next(), Kind::kDone);
  EXPECT_EQ(queue_.queued_events(), 1);
}

TEST_F(DeliverySessionTest, KeepsTryingAtClosingWhenTheCollectorOnceAnswered) {
  Append("a");
  Open();
  Welcome(1, 0);
  Close(absl::UnavailableError("killed"));
  session_->Close(now_, true);
  for (int i = 0; i < 10; ++i) {
    Open();
    Close(absl::UnavailableError("refused"));
    EXPECT_EQ(Next(), Kind::kWait);
    EXPECT_LE(action_.until - now_, absl::Milliseconds(250));
  }
}

TEST_F(DeliverySessionTest, LiveClientKeepsTryingWhenItsKeyIsRefused) {
  Open();
  Close(absl::UnauthenticatedError("no such key"));
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_TRUE(session_->terminal_status().ok());
}

class DurableSessionTest : public DeliverySessionTest {
 protected:
  void SetUp() override { Make({.producer_id = "0123456789abcdef", .durable = true}); }
};

TEST_F(DurableSessionTest, StartsBehindWhatIsCommitted) {
  const v1::Hello hello = Open();
  EXPECT_TRUE(hello.durable());
  EXPECT_EQ(hello.producer_id(), "0123456789abcdef");
  Welcome(4, 40, "mark");
  EXPECT_EQ(session_->committed_at_opening(), 40);
  EXPECT_EQ(session_->bookmark_at_opening(), "mark");
  Append("a");
  Flush();
  EXPECT_EQ(Write().batch().first_sequence(), 41);
}

TEST_F(DurableSessionTest, EndsWhenAnotherProcessTookOver) {
  Open();
  Welcome(1, 0);
  Refused(v1::REFUSAL_REASON_FENCED);
  EXPECT_EQ(Next(), Kind::kDone);
  EXPECT_EQ(session_->terminal_status().code(), absl::StatusCode::kAborted);
}

TEST_F(DurableSessionTest, EndsWhenTryingAgainCannotHelp) {
  Open();
  Close(absl::UnauthenticatedError("no such key"));
  EXPECT_EQ(Next(), Kind::kDone);
  EXPECT_EQ(session_->terminal_status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(DurableSessionTest, EndsWhenTheLedgerWentBack) {
  Open();
  Welcome(1, 10);
  Close(absl::UnavailableError("killed"));
  Open();
  Welcome(2, 9);
  EXPECT_EQ(Next(), Kind::kDone);
  EXPECT_EQ(session_->terminal_status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace donut
