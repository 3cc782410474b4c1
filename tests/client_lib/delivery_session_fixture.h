// A DeliverySession with its queue, a clock that the test turns, and the collector's answers. Not
// thread-safe.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "client_lib/delivery_session.h"
#include "donut/analytics/v1/event.pb.h"
#include "gtest/gtest.h"

namespace donut::testing {

using Kind = DeliverySession::Action::Kind;

class DeliverySessionTest : public ::testing::Test {
 protected:
  void Make(SessionOptions options) {
    options.random_bytes = [this](int count) {
      return std::string(count - 1, 'r') + static_cast<char>(++random_);
    };
    session_ = std::make_unique<DeliverySession>(options, &queue_);
  }
  void SetUp() override { Make({}); }

  void Append(const std::string& name, size_t padding = 0) {
    v1::Event event;
    event.set_name(name);
    event.set_user_id(std::string(padding, 'p'));
    const std::string bytes = event.SerializeAsString();
    std::memcpy(queue_.AppendEvent(bytes.size()), bytes.data(), bytes.size());
  }
  Kind Next() { return (action_ = session_->Next(now_)).kind; }
  v1::StreamEventsRequest Write() {
    EXPECT_EQ(Next(), Kind::kWrite);
    v1::StreamEventsRequest request;
    EXPECT_TRUE(request.ParseFromString(action_.message.Join()));
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
  void Welcome(int64_t epoch, int64_t committed, const std::string& bookmark = "",
               int64_t bookmark_sequence = 0) {
    v1::StreamEventsResponse response;
    response.mutable_welcome()->set_epoch(epoch);
    response.mutable_welcome()->set_committed_sequence(committed);
    response.mutable_welcome()->set_bookmark(bookmark);
    response.mutable_welcome()->set_bookmark_sequence(bookmark_sequence);
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

}  // namespace donut::testing
