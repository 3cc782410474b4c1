// When a session sends what is there, and when it waits for more.
#include <string>

#include "client_lib/delivery_session.h"
#include "gtest/gtest.h"
#include "tests/client_lib/delivery_session_fixture.h"

namespace donut::testing {
namespace {

constexpr absl::Duration kLinger = absl::Milliseconds(20);

class DeliverySessionPaceTest : public DeliverySessionTest {
 protected:
  void SetUp() override { Connect({}); }
  void Connect(SessionOptions options) {
    options.linger = kLinger;
    Make(options);
    Open();
    Welcome(1, 0);
  }
  // One event, sent and on its way.
  void SendOne() {
    Append("first");
    EXPECT_EQ(Write().batch().events_size(), 1);
  }
};

TEST_F(DeliverySessionPaceTest, WantsToHearOfTheFirstEventAfterAPause) {
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, absl::InfiniteFuture());
  EXPECT_EQ(action_.wake_events, 1);
}

TEST_F(DeliverySessionPaceTest, SendsALoneEventAtOnce) {
  SendOne();
  Committed(1);
  now_ += kLinger;
  SendOne();
}

TEST_F(DeliverySessionPaceTest, GathersForTheLingerSinceTheLastMessage) {
  SendOne();
  now_ += absl::Milliseconds(5);
  Append("b");
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, now_ + absl::Milliseconds(15));
  EXPECT_EQ(action_.wake_events, 5'000);
  now_ += absl::Milliseconds(14);
  Append("c");
  EXPECT_EQ(Next(), Kind::kWait);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Write().batch().events_size(), 2);
  Append("d");
  EXPECT_EQ(Next(), Kind::kWait);
}

TEST_F(DeliverySessionPaceTest, GathersAlsoWhenTheAnswerIsThere) {
  SendOne();
  Committed(1);
  Append("b");
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, now_ + kLinger);
}

TEST_F(DeliverySessionPaceTest, SendsAFullBatchWhileAnAnswerIsAwaited) {
  Connect({.batch = {.max_events = 3}});
  SendOne();
  Append("b");
  Append("c");
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.wake_events, 3);
  Append("d");
  EXPECT_EQ(Write().batch().events_size(), 3);
}

TEST_F(DeliverySessionPaceTest, GathersLessWhenNothingIsOnItsWay) {
  SendOne();
  Append("b", 33 << 10);
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.wake_bytes, size_t{256} << 10);
  Committed(1);
  EXPECT_EQ(Write().batch().first_sequence(), 2);
  Committed(2);
  Append("c", 31 << 10);
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.wake_bytes, size_t{32} << 10);
}

TEST_F(DeliverySessionPaceTest, FlushHurriesOnlyWhatWasThereBefore) {
  SendOne();
  Append("b");
  Flush();
  EXPECT_EQ(Write().batch().events_size(), 1);
  Append("c");
  EXPECT_EQ(Next(), Kind::kWait);
  EXPECT_EQ(action_.until, now_ + kLinger);
}

TEST_F(DeliverySessionPaceTest, SendsAgainWithoutWaiting) {
  SendOne();
  Append("b");
  Close(absl::UnavailableError("gone"));
  Open();
  Welcome(2, 0);
  EXPECT_EQ(Write().batch().events_size(), 2);
}

TEST_F(DeliverySessionPaceTest, WithoutLingerEveryEventGoesAtOnce) {
  Make({.linger = absl::ZeroDuration()});
  Open();
  Welcome(1, 0);
  SendOne();
  SendOne();
}

}  // namespace
}  // namespace donut::testing
