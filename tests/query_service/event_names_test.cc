#include "query_service/metrics/event_names/event_names.h"

#include <string>
#include <vector>

#include "tests/query_service/metric_test.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EventNamesTest : public MetricTest {
 protected:
  void LoadNames(const std::vector<std::string>& names) {
    History history;
    for (const std::string& name : names)
      history.events.push_back({At("2024-03-01 10:00:00"), "ann", "", name, 1, 1, {}});
    Load(history);
  }
  // All pages.
  std::vector<std::string> Names(v1::ListEventNamesRequest request) {
    std::vector<std::string> names;
    do {
      const absl::StatusOr<v1::ListEventNamesResponse> response = Ask(query::EventNames, request);
      EXPECT_OK(response);
      if (!response.ok()) break;
      for (const auto& name : response->event_names()) names.push_back(name.name());
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }
};

TEST_F(EventNamesTest, ListsByTheBytesOfTheName) {
  LoadNames({"b", "B", "a", "ä", "a b"});
  EXPECT_THAT(Names({}), ElementsAre("B", "a", "a b", "b", "ä"));
}

TEST_F(EventNamesTest, PagesMakeUpTheWholeInOrder) {
  LoadNames({"a", "b", "c", "d", "e", "f"});
  v1::ListEventNamesRequest request;
  for (const int page_size : {1, 2, 3, 6, 7}) {
    request.set_page_size(page_size);
    EXPECT_THAT(Names(request), ElementsAre("a", "b", "c", "d", "e", "f")) << page_size;
  }
  request.set_page_size(6);
  EXPECT_EQ(Ask(query::EventNames, request)->next_page_token(), "") << "no empty last page";
}

TEST_F(EventNamesTest, PrefixIsNoPattern) {
  LoadNames({"100% sure", "1000", "a_b", "axb", "a\\b"});
  v1::ListEventNamesRequest request;
  request.set_prefix("100%");
  EXPECT_THAT(Names(request), ElementsAre("100% sure"));
  request.set_prefix("a_");
  EXPECT_THAT(Names(request), ElementsAre("a_b"));
  request.set_prefix("a\\");
  EXPECT_THAT(Names(request), ElementsAre("a\\b"));
  request.set_prefix("%");
  EXPECT_THAT(Names(request), IsEmpty());
}

TEST_F(EventNamesTest, ListsNamesOfTheOwnProjectOnly) {
  LoadNames({"theirs"});
  LoadNames({"ours"});
  EXPECT_THAT(Names({}), ElementsAre("ours"));
}

TEST_F(EventNamesTest, RefusesWithFieldAndRule) {
  const auto refused = [&](const v1::ListEventNamesRequest& request, const std::string& field,
                           const std::string& rule) {
    EXPECT_THAT(Ask(query::EventNames, request),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr(field), HasSubstr(rule))));
  };
  v1::ListEventNamesRequest request;
  request.set_page_size(1001);
  refused(request, "page_size", "from 1 to 1000");
  request.Clear();
  request.set_prefix(std::string("\0", 1));
  refused(request, "prefix", "NUL");
  request.set_prefix(std::string(201, 'x'));
  refused(request, "prefix", "at most 200 bytes");
  request.Clear();
  request.set_page_token("AAAA");
  refused(request, "page_token", "must be the next_page_token");
}

}  // namespace
}  // namespace donut::testing
