#include "query_service/metrics/funnel/funnel_by_sql.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query_service/metrics/funnel/funnel.h"
#include "tests/query_service/metric_test.h"
#include "tests/query_service/scanned_partitions.h"
#include "tests/support/status_matchers.h"

namespace donut::testing {
namespace {

using ::testing::UnorderedElementsAre;

using FunnelBySqlTest = MetricTest;

TEST_F(FunnelBySqlTest, ReadsOnlyPartitionsFromStartToEndPlusWindow) {
  Load({});
  const int year = YearOfMonths();
  const auto scanned = [&](const std::string& as_of, const v1::GetFunnelRequest& options = {}) {
    v1::GetFunnelRequest request = options;
    request.mutable_scope()->mutable_interval()->set_start_date(absl::StrCat(year, "-03-01"));
    request.mutable_scope()->mutable_interval()->set_end_date(absl::StrCat(year, "-04-01"));
    *request.mutable_scope()->mutable_as_of_time() = donut::ToProto(At(absl::StrCat(year, as_of)));
    request.mutable_window()->set_seconds(30 * 86400);
    request.add_steps()->add_event_names("a");
    request.add_steps()->add_event_names("b");
    return ScannedPartitions(database(), [&](pqxx::transaction_base& transaction) {
      EXPECT_OK(query::Funnel(request, context_, transaction));
    });
  };
  const std::string march = absl::StrCat(year, "_03");
  const std::string april = absl::StrCat(year, "_04");
  EXPECT_THAT(scanned("-12-31 00:00:00"), UnorderedElementsAre(march, april));
  EXPECT_THAT(scanned("-03-15 00:00:00"), UnorderedElementsAre(march));
  v1::GetFunnelRequest options;
  options.mutable_series()->set_granularity(v1::GRANULARITY_DAY);
  options.mutable_breakdown()->set_event_property("p");
  options.add_hold_constant("h");
  for (const v1::FunnelOrder order :
       {v1::FUNNEL_ORDER_ORDERED, v1::FUNNEL_ORDER_STRICT, v1::FUNNEL_ORDER_UNORDERED}) {
    options.set_order(order);
    options.set_range_applies_to(v1::FUNNEL_RANGE_ENTRY);
    EXPECT_THAT(scanned("-12-31 00:00:00", options), UnorderedElementsAre(march, april));
    options.set_range_applies_to(v1::FUNNEL_RANGE_ALL_STEPS);
    EXPECT_THAT(scanned("-12-31 00:00:00", options), UnorderedElementsAre(march));
  }
}

}  // namespace
}  // namespace donut::testing
