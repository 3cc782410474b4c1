#include "common/metrics_endpoint.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "tests/support/http_get.h"
#include "tests/support/status_matchers.h"

namespace donut {
namespace {

using ::donut::testing::HttpAnswer;
using ::donut::testing::HttpGet;
using ::donut::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const MetricsEndpointOptions kAnyPort = {.address = "127.0.0.1:0"};

void Nothing(MetricPage& /*page*/) {}

// A caller that says what the test wants, or nothing.
class Connection {
 public:
  explicit Connection(int port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Connection() { close(descriptor_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Say(const std::string& text) const {
    EXPECT_EQ(send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // Until the other side closes.
  std::string ReadAll() const {
    std::string all;
    char buffer[1 << 10];
    for (ssize_t got = 0; (got = recv(descriptor_, buffer, sizeof(buffer), 0)) > 0;) {
      all.append(buffer, static_cast<size_t>(got));
    }
    return all;
  }

 private:
  const int descriptor_;
};

TEST(MetricsEndpointTest, GathersThePageAnewForEachScrape) {
  std::atomic<int> scrapes = 0;
  const auto endpoint = MetricsEndpoint::Start(
      kAnyPort, [&](MetricPage& page) { page.AddGauge("scrapes", "So far.", ++scrapes); });
  ASSERT_OK(endpoint);
  EXPECT_THAT(HttpGet((*endpoint)->port(), "/metrics").body, HasSubstr("\nscrapes 1\n"));
  EXPECT_THAT(HttpGet((*endpoint)->port(), "/metrics").body, HasSubstr("\nscrapes 2\n"));
}

TEST(MetricsEndpointTest, HasNothingElse) {
  const auto endpoint = MetricsEndpoint::Start(kAnyPort, Nothing);
  ASSERT_OK(endpoint);
  for (const char* path : {"/", "/etc/passwd", "/metrics/../../etc/passwd"}) {
    const HttpAnswer answer = HttpGet((*endpoint)->port(), path);
    EXPECT_EQ(answer.code, 404) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr("root:"))) << path;
  }
}

TEST(MetricsEndpointTest, APortInUseIsNamedWithWhatToDo) {
  const auto first = MetricsEndpoint::Start(kAnyPort, Nothing);
  ASSERT_OK(first);
  const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
  EXPECT_THAT(
      MetricsEndpoint::Start({.address = address}, Nothing),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr(address), HasSubstr("address in use"), HasSubstr("--metrics_address"))));
}

TEST(MetricsEndpointTest, CallersThatSayNothingHoldUpNobodyForLong) {
  MetricsEndpointOptions options = kAnyPort;
  options.patience = absl::Milliseconds(20);
  const auto endpoint = MetricsEndpoint::Start(options, Nothing);
  ASSERT_OK(endpoint);
  const Connection silent((*endpoint)->port());
  const Connection half((*endpoint)->port());
  half.Say("GET /metrics HT");
  EXPECT_EQ(HttpGet((*endpoint)->port(), "/metrics").code, 200);
}

TEST(MetricsEndpointTest, ReadsARequestInPieces) {
  const auto endpoint = MetricsEndpoint::Start(kAnyPort, Nothing);
  ASSERT_OK(endpoint);
  const Connection caller((*endpoint)->port());
  for (const char* piece : {"GET /met", "rics HTTP/1.1\r", "\nHost: x\r\n\r", "\n"}) caller.Say(piece);
  EXPECT_THAT(caller.ReadAll(), HasSubstr("200 OK"));
}

TEST(MetricsEndpointTest, TakesNoEndlessRequest) {
  MetricsEndpointOptions options = kAnyPort;
  options.patience = absl::Hours(1);
  const auto endpoint = MetricsEndpoint::Start(options, Nothing);
  ASSERT_OK(endpoint);
  const Connection caller((*endpoint)->port());
  caller.Say("GET /metrics HTTP/1.1\r\nX: " + std::string(options.max_request_bytes, 'x'));
  EXPECT_THAT(caller.ReadAll(), Not(HasSubstr("200"))) << "the connection is closed";
}

TEST(MetricsEndpointTest, EndsAtOnceInTheMiddleOfARequest) {
  MetricsEndpointOptions options = kAnyPort;
  options.patience = absl::Hours(1);
  auto endpoint = MetricsEndpoint::Start(options, Nothing);
  ASSERT_OK(endpoint);
  const Connection silent((*endpoint)->port());
  silent.Say("GET ");
  endpoint->reset();
  EXPECT_EQ(silent.ReadAll(), "");
}

TEST(MetricsEndpointTest, IsGoneWithTheObject) {
  int port = 0;
  {
    const auto endpoint = MetricsEndpoint::Start(kAnyPort, Nothing);
    ASSERT_OK(endpoint);
    port = (*endpoint)->port();
    EXPECT_EQ(HttpGet(port, "/metrics").code, 200);
  }
  EXPECT_EQ(HttpGet(port, "/metrics").code, 0);
}

TEST(MetricsEndpointTest, RefusesWhatItCannotListenOn) {
  for (const char* bad : {"", "nonsense", "9464", "unix:/tmp/socket", "+9464"}) {
    EXPECT_THAT(MetricsEndpoint::Start({.address = bad}, Nothing),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
  for (const char* good : {"localhost:9464", "[::1]:9464"}) EXPECT_OK(ValidateMetricsAddress(good)) << good;
}

}  // namespace
}  // namespace donut
