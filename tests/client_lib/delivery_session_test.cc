#include "client_lib/delivery_session.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client_lib/delivery_session_fixture.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
      ASSERT_TRUE(request.ParseFromString(action_.message.Join()));
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

}  // namespace
}  // namespace donut::testing
