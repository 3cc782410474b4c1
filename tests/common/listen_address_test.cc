#include "common/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"

namespace donut {
namespace {

using ::donut::testing::StatusIs;
using ::testing::HasSubstr;

TEST(ListenAddressTest, RefusesWhatIsNoAddress) {
  for (const std::string bad : {"", "localhost", ":50051", "host:", "host:port", "host:65536", "host:-1",
                                "::1:50051", "[::1]", "[::1:50051", "unix:"}) {
    EXPECT_THAT(ValidateAddress(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
  for (const std::string good : {"127.0.0.1:50051", "[::1]:0", "example.org:65535", "unix:/tmp/x"}) {
    EXPECT_OK(ValidateAddress(good)) << good;
  }
}

TEST(ListenAddressTest, KnowsWhichAddressesOnlyThisMachineReaches) {
  for (const std::string mine :
       {"127.0.0.1:50051", "127.9.8.7:1", "localhost:50051", "[::1]:50051", "unix:/tmp/x"}) {
    EXPECT_TRUE(IsLoopbackAddress(mine)) << mine;
  }
  for (const std::string open :
       {"0.0.0.0:50051", "[::]:50051", "192.168.0.1:1", "localhost.example.org:1", "127.0.0.1.example.org:1",
        "128.0.0.1:1", "[::ffff:127.0.0.1]:1", "nonsense"}) {
    EXPECT_FALSE(IsLoopbackAddress(open)) << open;
  }
}

TEST(ListenAddressTest, TellsAPortInUseFromAnAddressOfSomebodyElse) {
  const int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  ASSERT_EQ(getsockname(taken, reinterpret_cast<sockaddr*>(&address), &length), 0);
  EXPECT_EQ(WhyNotListening(absl::StrCat("127.0.0.1:", ntohs(address.sin_port))), "address in use");
  close(taken);
  // Of the block that is kept for documents: no machine has it.
  EXPECT_THAT(WhyNotListening("192.0.2.1:1"), HasSubstr("assign requested address"));
}

}  // namespace
}  // namespace donut
