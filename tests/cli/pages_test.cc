#include "cli/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/funnel_actors.pb.h"

namespace donut::cli {
namespace {

// A service that has so many actors; it remembers the requests.
struct Service {
  int actors = 0;
  std::vector<v1::ListFunnelActorsRequest> requests = {};

  int Answer(const v1::ListFunnelActorsRequest& request, v1::ListFunnelActorsResponse& page) {
    requests.push_back(request);
    int next = 0;
    if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &next)) return 7;
    page.set_total_size(actors);
    page.mutable_scope()->mutable_filter()->add_all_of();
    for (int i = 0; i < request.page_size() && next < actors; ++i) {
      page.add_actors()->set_user_id(absl::StrCat(next++));
    }
    if (next < actors) page.set_next_page_token(absl::StrCat(next));
    return 0;
  }
};

v1::ListFunnelActorsResponse Collected(Service& service, int limit) {
  v1::ListFunnelActorsResponse response;
  const auto ask = [&](const auto& request, auto& page) { return service.Answer(request, page); };
  EXPECT_EQ(CollectPages(v1::ListFunnelActorsRequest(), limit, &v1::ListFunnelActorsResponse::mutable_actors,
                         ask, response),
            0);
  return response;
}

TEST(PagesTest, FollowsTheTokensToTheEnd) {
  Service service{.actors = 2'345};
  const v1::ListFunnelActorsResponse response = Collected(service, 100'000);
  ASSERT_EQ(response.actors_size(), 2'345);
  EXPECT_EQ(response.actors(2'344).user_id(), "2344");
  EXPECT_EQ(response.next_page_token(), "");
  ASSERT_EQ(service.requests.size(), 3);
  // A token holds for the request that made it.
  for (const auto& request : service.requests) EXPECT_EQ(request.page_size(), 1'000);
  EXPECT_EQ(response.scope().filter().all_of_size(), 1);
}

TEST(PagesTest, StopsAtTheLimit) {
  Service service{.actors = 2'345};
  const v1::ListFunnelActorsResponse few = Collected(service, 50);
  EXPECT_EQ(few.actors_size(), 50);
  EXPECT_EQ(few.total_size(), 2'345);
  EXPECT_EQ(few.next_page_token(), "50");
  EXPECT_EQ(service.requests.size(), 1);
}

TEST(PagesTest, ATokenThatWouldSkipActorsIsNotGivenOut) {
  Service service{.actors = 2'345};
  const v1::ListFunnelActorsResponse response = Collected(service, 1'500);
  EXPECT_EQ(response.actors_size(), 1'500);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST(PagesTest, NothingIsOneCall) {
  Service service;
  EXPECT_EQ(Collected(service, 50).actors_size(), 0);
  EXPECT_EQ(service.requests.size(), 1);
}

TEST(PagesTest, AFailureEndsIt) {
  v1::ListFunnelActorsResponse response;
  int calls = 0;
  const auto fail = [&calls](const auto&, auto&) {
    ++calls;
    return 1;
  };
  EXPECT_EQ(CollectPages(v1::ListFunnelActorsRequest(), 50, &v1::ListFunnelActorsResponse::mutable_actors,
                         fail, response),
            1);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace donut::cli
