#include "collector/collector_options.h"

#include "collector/log_gate.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace donut::collector {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

TEST(CollectorOptionsTest, ItsDefaultsAreValid) { EXPECT_TRUE(CollectorOptions().Validate().ok()); }

TEST(CollectorOptionsTest, NamesTheOptionThatIsWrong) {
  CollectorOptions options;
  options.queue.lanes = 0;
  EXPECT_THAT(options.Validate(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("lanes")));
  options = {};
  options.max_streams = 0;
  EXPECT_THAT(options.Validate(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("max_streams")));
  options = {};
  options.queue.max_staged_bytes = 1;
  EXPECT_THAT(options.Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("max_staged_bytes")));
}

// The sum that the header states, term by term.
TEST(CollectorOptionsTest, BoundsItsMemoryAsStated) {
  constexpr int64_t kMib = 1 << 20;
  CollectorOptions options;
  options.queue.lanes = 3;
  options.queue.max_staged_bytes = 64 * kMib;
  options.queue.group.max_bytes = 4 * kMib;
  options.max_streams = 16;
  options.max_unsent_bytes = 32 * kMib;
  options.stream.max_unsent_bytes = (kMib - (64 << 10)) / 2;
  options.known_users = 1'000;
  options.known_sessions = 500;
  EXPECT_EQ(options.MaxMemoryBytes(256 * kMib, 16, 2), 256 * kMib + (64 + 16 * 2 * 10) * kMib +
                                                           3 * 12 * (4 + 10) * kMib + 32 * kMib + 16 * kMib +
                                                           (1'000 + 500) * 100 + 2 * 10'000 * 320);
}

// A message of 256 KiB and what the client sends ahead of its reading.
TEST(CollectorOptionsTest, GivesGrpcRoomForAMessageOfEachStream) {
  CollectorOptions options;
  options.max_streams = 2'000;
  EXPECT_GE(options.GrpcMemoryBytes(), int64_t{2'000} * (256 + 64) * 1024);
}

TEST(LogGateTest, HoldsLinesBackAndCountsThem) {
  LogGate gate(2);
  const absl::Time now = absl::FromUnixSeconds(1'000);
  EXPECT_EQ(gate.Pass(now), 0);
  EXPECT_EQ(gate.Pass(now), 0);
  EXPECT_EQ(gate.Pass(now), std::nullopt);
  EXPECT_EQ(gate.Pass(now + absl::Seconds(30)), std::nullopt);
  EXPECT_EQ(gate.Pass(now + absl::Seconds(61)), 2);
}

}  // namespace
}  // namespace donut::collector
