// How a session's streams and the session itself end: draining, refusals, closing, and what a replay cannot
// cure.
#include <string>

#include "client_lib/delivery_session.h"
#include "common/proto_time.h"
#include "gtest/gtest.h"
#include "tests/client_lib/delivery_session_fixture.h"

namespace donut::testing {
namespace {

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

TEST_F(DeliverySessionTest, GivesUpAStreamThatAcknowledgesNothing) {
  Make({.linger = absl::ZeroDuration()});
  Append("a");
  Flush();
  Open();
  Welcome(1, 0);
  Write();
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, now_ + absl::Seconds(60));
  now_ += absl::Seconds(59);
  EXPECT_EQ(Next(), Kind::kWait);
  now_ += absl::Seconds(1);
  EXPECT_EQ(Next(), Kind::kCancel);
  EXPECT_NE(session_->TakeNews().warning.find("acknowledged nothing for 1m"), std::string::npos);
  Close(absl::CancelledError("cancelled"));
  Open();
  Welcome(2, 0);
  const auto again = Write().batch();
  EXPECT_EQ(again.first_sequence(), 1);
  EXPECT_EQ(again.events(0).name(), "a");
  // It was silence, and no event's fault.
  EXPECT_EQ(session_->counters().poisonous, 0);
}

TEST_F(DeliverySessionTest, AWriteThatIsNotTakenIsSilenceToo) {
  Append("a");
  Flush();
  Open();
  Welcome(1, 0);
  EXPECT_EQ(Next(), Kind::kWrite);  // and never OnWritten
  now_ += absl::Seconds(60);
  EXPECT_EQ(Next(), Kind::kCancel);
}

TEST_F(DeliverySessionTest, EachCommittedStartsTheTimeAnew) {
  for (const char* name : {"a", "b", "c"}) Append(name);
  Make({.batch = {.max_events = 1}});
  Open();
  Welcome(1, 0);
  for (int i = 0; i < 3; ++i) Write();
  for (int64_t sequence = 1; sequence <= 3; ++sequence) {
    now_ += absl::Seconds(59);
    EXPECT_EQ(Next(), Kind::kWait);
    Committed(sequence);
  }
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, absl::InfiniteFuture());
  now_ += absl::Hours(1);
  EXPECT_EQ(Next(), Kind::kWait);
}

TEST_F(DeliverySessionTest, IsTwiceAsPatientAfterEachSilentStream) {
  Make({.linger = absl::ZeroDuration()});
  Append("a");
  Flush();
  int64_t epoch = 0;
  const auto silent_stream = [&] {
    Open();
    Welcome(++epoch, 0);
    Write();
    const absl::Time sent = now_;
    EXPECT_EQ(Next(), Kind::kWait);
    now_ = action_.until;
    EXPECT_EQ(Next(), Kind::kCancel);
    Close(absl::CancelledError("cancelled"));
    return now_ - sent;
  };
  for (const int minutes : {1, 2, 4, 8, 10, 10}) EXPECT_EQ(silent_stream(), absl::Minutes(minutes));
  Open();
  Welcome(++epoch, 0);
  Write();
  Committed(1);
  Append("b");
  Flush();
  Write();
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, now_ + absl::Minutes(1));
}

// The stream lived long, but it was not healthy.
TEST_F(DeliverySessionTest, SilentStreamsBackOff) {
  Make(
      {.linger = absl::ZeroDuration(), .first_backoff = absl::Seconds(4), .most_backoff = absl::Seconds(64)});
  Append("a");
  absl::Duration rest;
  for (int epoch = 1; epoch <= 4; ++epoch) {
    Open();
    Welcome(epoch, 0);
    Write();
    Next();
    now_ = action_.until;
    EXPECT_EQ(Next(), Kind::kCancel);
    Close(absl::CancelledError("cancelled"));
    EXPECT_EQ(Next(), Kind::kWait);
    rest = action_.until - now_;
  }
  EXPECT_GE(rest, absl::Seconds(16));
}

class DurableSessionTest : public DeliverySessionTest {
 protected:
  void SetUp() override { Make({.producer_id = "0123456789abcdef", .durable = true}); }
};

TEST_F(DurableSessionTest, StartsBehindWhatIsCommitted) {
  const v1::Hello hello = Open();
  EXPECT_TRUE(hello.durable());
  EXPECT_EQ(hello.producer_id(), "0123456789abcdef");
  Welcome(4, 40, "mark", 38);
  EXPECT_EQ(session_->committed_at_opening(), 40);
  EXPECT_EQ(session_->bookmark_at_opening(), "mark");
  EXPECT_EQ(session_->bookmark_sequence_at_opening(), 38);
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
}  // namespace donut::testing
