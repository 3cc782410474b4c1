#include "tests/cli/funnel_sample.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/proto_time.h"
#include "tests/cli/summary_sample.h"

namespace donut::testing {
namespace {

constexpr absl::CivilDay kFirstDay(2024, 2, 1);

absl::Time Midnight(absl::CivilDay day) { return absl::FromCivil(day, absl::UTCTimeZone()); }

v1::Bucket SampleBucket(absl::CivilDay first, int days, bool complete) {
  v1::Bucket bucket;
  *bucket.mutable_start_time() = ToProto(Midnight(first));
  *bucket.mutable_end_time() = ToProto(Midnight(first + days));
  bucket.set_label(absl::FormatCivilTime(first));
  bucket.set_complete(complete);
  return bucket;
}

v1::DurationStatistics Durations(int64_t count, double median) {
  v1::DurationStatistics durations;
  durations.set_count(count);
  durations.set_mean_seconds(median * 1.5);
  durations.set_median_seconds(median);
  durations.set_p90_seconds(median * 4);
  durations.set_p99_seconds(median * 9);
  durations.set_min_seconds(median / 8);
  durations.set_max_seconds(median * 10);
  return durations;
}

template <typename Row>
void SetSteps(const std::vector<int64_t>& counts, Row& row) {
  const char* const names[] = {"visit", "signup", "purchase"};
  for (size_t i = 0; i < counts.size(); ++i) {
    v1::FunnelStepResult& step = *row.add_steps();
    const int64_t before = counts[i == 0 ? 0 : i - 1];
    step.set_label(names[i]);
    step.mutable_step()->add_event_names(names[i]);
    step.set_actor_count(counts[i]);
    step.set_drop_off_count(before - counts[i]);
    if (counts[0] > 0) *step.mutable_conversion_from_first() = SampleRate(counts[i], counts[0]);
    if (before > 0) {
      *step.mutable_conversion_from_previous() = SampleRate(counts[i], before);
      *step.mutable_drop_off() = SampleRate(before - counts[i], before);
    }
    if (i > 0 && counts[i] > 0) *step.mutable_time_from_previous() = Durations(counts[i], 600.0 * i);
  }
  if (counts[0] > 0) *row.mutable_conversion() = SampleRate(counts.back(), counts[0]);
  if (counts.back() > 0) *row.mutable_time_to_convert() = Durations(counts.back(), 1800);
}

void AddBin(double low, double high, int64_t count,
            google::protobuf::RepeatedPtrField<v1::HistogramBin>& bins) {
  v1::HistogramBin& bin = *bins.Add();
  bin.set_low_seconds(low);
  if (high > 0) bin.set_high_seconds(high);
  bin.set_count(count);
}

void SetActiveBuckets(int days, int64_t scale, absl::CivilDay first, bool trailing,
                      google::protobuf::RepeatedPtrField<v1::ActiveUsersBucket>& buckets) {
  for (int i = 0; i < days; ++i) {
    v1::ActiveUsersBucket& bucket = *buckets.Add();
    *bucket.mutable_bucket() = SampleBucket(first + i, 1, i + 1 < days);
    const int64_t active = i >= 3 && i < 7 ? 0 : scale * (3 + i % 4);
    bucket.set_active_count(active);
    bucket.set_new_count(active / 4);
    bucket.set_known_count(active - active / 4);
    if (!trailing) continue;
    bucket.set_trailing_7_day_count(scale * 9);
    bucket.set_trailing_30_day_count(scale * 20);
    *bucket.mutable_stickiness() = SampleRate(active, scale * 20, false);
  }
}

void AddCohorts(int64_t scale, google::protobuf::RepeatedPtrField<v1::RetentionCohort>& cohorts) {
  for (int week = 0; week < 4; ++week) {
    v1::RetentionCohort& cohort = *cohorts.Add();
    const int64_t size = week == 1 ? 0 : scale * 10;
    *cohort.mutable_bucket() = SampleBucket(absl::CivilDay(2024, 1, 29) + 7 * week, 7, true);
    cohort.set_size(size);
    for (int i = 0; i < 2; ++i) {
      v1::RetentionCell& cell = *cohort.add_cells();
      const int64_t retained = size == 0 || (i == 1 && week == 3) ? 0 : scale * (i == 0 ? 4 : 1);
      cell.set_offset(i == 0 ? 1 : 3);
      cell.set_last_offset(i == 0 ? 2 : 6);
      cell.set_retained_count(retained);
      if (size > 0) *cell.mutable_retention() = SampleRate(retained, size);
      cell.set_complete(i == 0 && week < 3);
      cell.mutable_value()->set_sum(12.5 * static_cast<double>(retained));
      cell.mutable_value()->set_cumulative_sum(1250.75 * (i + 1));
      if (size > 0)
        cell.mutable_value()->set_cumulative_per_actor(1250.75 * (i + 1) / static_cast<double>(size));
    }
  }
}

void AddPooled(int64_t scale, google::protobuf::RepeatedPtrField<v1::PooledRetention>& pooled_line) {
  for (int i = 0; i < 2; ++i) {
    v1::PooledRetention& pooled = *pooled_line.Add();
    pooled.set_offset(i == 0 ? 1 : 3);
    pooled.set_last_offset(i == 0 ? 2 : 6);
    if (i == 1) continue;
    pooled.set_retained_count(scale * 8);
    pooled.set_size(scale * 20);
    pooled.set_cohort_count(3);
    *pooled.mutable_retention() = SampleRate(scale * 8, scale * 20);
    pooled.mutable_value()->set_sum(12.5 * static_cast<double>(scale * 8));
    pooled.mutable_value()->set_cumulative_sum(3752.25);
    pooled.mutable_value()->set_cumulative_per_actor(3752.25 / static_cast<double>(scale * 20));
  }
}

}  // namespace

v1::ResolvedScope SampleScope() {
  v1::ResolvedScope scope;
  *scope.mutable_start_time() = ToProto(Midnight(kFirstDay));
  *scope.mutable_end_time() = ToProto(Midnight(absl::CivilDay(2024, 3, 1)));
  *scope.mutable_as_of_time() = ToProto(Midnight(absl::CivilDay(2024, 3, 10)) + absl::Hours(15));
  scope.set_time_zone("UTC");
  scope.set_project("shop");
  return scope;
}

v1::GetFunnelResponse SampleFunnel() {
  v1::GetFunnelResponse response;
  *response.mutable_scope() = SampleScope();
  *response.mutable_window() = ToProto(absl::Hours(14 * 24));
  response.set_actor(v1::ACTOR_USER);
  response.set_order(v1::FUNNEL_ORDER_ORDERED);
  response.set_range_applies_to(v1::FUNNEL_RANGE_ENTRY);
  response.set_ties(v1::FUNNEL_TIES_BY_STEP);
  SetSteps({400, 300, 60}, response);
  v1::FilterCondition& condition =
      *response.mutable_steps(2)->mutable_step()->mutable_filter()->mutable_condition();
  condition.set_event_property("price");
  condition.mutable_greater()->set_number_value(10);
  response.set_actors_still_open_count(12);
  return response;
}

v1::GetFunnelResponse FullFunnel() {
  v1::GetFunnelResponse response = SampleFunnel();
  v1::FunnelExclusion& exclusion = *response.add_exclusions();
  exclusion.add_event_names("refund");
  exclusion.set_from_step(1);
  exclusion.set_to_step(3);
  response.add_hold_constant("session_id");
  v1::FilterCondition& seen = *response.mutable_scope()->mutable_filter()->mutable_condition();
  seen.set_user_property("country");
  seen.mutable_in()->add_values()->set_string_value("DE");
  seen.mutable_in()->add_values()->set_string_value("AT");

  response.mutable_breakdown()->set_event_property("platform");
  response.mutable_breakdown()->set_limit(2);
  response.set_attribution(v1::FUNNEL_ATTRIBUTION_ENTRY);
  response.set_breakdown_value_count(5);
  const auto add_row = [&](const std::vector<int64_t>& counts) -> v1::FunnelBreakdownRow& {
    v1::FunnelBreakdownRow& row = *response.add_breakdown_rows();
    SetSteps(counts, row);
    return row;
  };
  add_row({200, 160, 40}).mutable_value()->set_text("mobile");
  add_row({120, 90, 20}).mutable_value()->set_text("デスクトップ, \"big\"");
  add_row({50, 40, 0}).mutable_value()->set_other(true);
  add_row({30, 10, 0}).mutable_value()->set_none(true);

  response.mutable_histogram()->set_count(3);
  auto& to_convert = *response.mutable_time_to_convert_histogram();
  AddBin(60, 3600, 40, to_convert);
  AddBin(3600, 86400, 15, to_convert);
  AddBin(86400, 0, 5, to_convert);
  AddBin(1, 60, 300, *response.mutable_steps(1)->mutable_time_from_previous_histogram());

  response.mutable_series()->set_granularity(v1::GRANULARITY_DAY);
  response.mutable_series()->set_from_step(2);
  response.mutable_series()->set_to_step(3);
  for (int i = 0; i < 10; ++i) {
    v1::FunnelSeriesBucket& bucket = *response.add_series_buckets();
    *bucket.mutable_bucket() = SampleBucket(kFirstDay + 19 + i, 1, i < 7);
    const int64_t from = i >= 2 && i < 6 ? 0 : 20 + i;
    bucket.set_entered_count(from * 2);
    bucket.set_from_count(from);
    bucket.set_to_count(from / 3);
    if (from > 0) *bucket.mutable_conversion() = SampleRate(from / 3, from);
  }
  return response;
}

v1::GetConversionRateResponse SampleConversionRate() {
  v1::GetConversionRateResponse response;
  *response.mutable_scope() = SampleScope();
  *response.mutable_window() = ToProto(absl::Hours(36));
  response.set_actor(v1::ACTOR_SESSION);
  response.set_range_applies_to(v1::FUNNEL_RANGE_ALL_STEPS);
  response.set_from_label("signup");
  response.set_to_label("purchase");
  response.set_entered_count(300);
  response.set_converted_count(60);
  *response.mutable_conversion() = SampleRate(60, 300);
  *response.mutable_time_to_convert() = Durations(60, 1800);
  response.set_complete(true);
  response.mutable_breakdown()->set_event_name(true);
  response.set_breakdown_value_count(1);
  v1::ConversionRateBreakdownRow& row = *response.add_breakdown_rows();
  row.mutable_value()->set_text("signup");
  row.set_entered_count(300);
  row.set_converted_count(60);
  *row.mutable_conversion() = SampleRate(60, 300);
  *row.mutable_time_to_convert() = Durations(60, 1800);
  response.set_series_granularity(v1::GRANULARITY_WEEK);
  v1::ConversionRateSeriesBucket& bucket = *response.add_series_buckets();
  *bucket.mutable_bucket() = SampleBucket(kFirstDay, 7, true);
  bucket.set_entered_count(300);
  bucket.set_converted_count(60);
  *bucket.mutable_conversion() = SampleRate(60, 300);
  return response;
}

v1::GetActiveUsersResponse SampleAnswer() {
  v1::GetActiveUsersResponse response;
  *response.mutable_scope() = SampleScope();
  response.set_granularity(v1::GRANULARITY_DAY);
  response.set_actor(v1::ACTOR_USER);
  response.add_event_names("purchase");
  response.set_active_count(400);
  SetActiveBuckets(10, 20, kFirstDay, true, *response.mutable_buckets());
  response.mutable_breakdown()->set_event_property("platform");
  response.set_breakdown_value_count(2);
  int64_t scale = 12;
  for (const char* value : {"mobile", "desktop"}) {
    v1::ActiveUsersBreakdownRow& row = *response.add_breakdown_rows();
    row.mutable_value()->set_text(value);
    row.set_active_count(20 * scale);
    SetActiveBuckets(10, scale, kFirstDay, true, *row.mutable_buckets());
    scale -= 2;
  }
  *response.mutable_previous()->mutable_start_time() = ToProto(Midnight(kFirstDay - 10));
  *response.mutable_previous()->mutable_end_time() = ToProto(Midnight(kFirstDay));
  response.mutable_previous()->set_active_count(320);
  SetActiveBuckets(10, 16, kFirstDay - 10, true, *response.mutable_previous()->mutable_buckets());
  response.mutable_previous()->mutable_buckets(8)->set_active_count(64);
  return response;
}

v1::GetRetentionResponse SampleBrackets() {
  v1::GetRetentionResponse response;
  *response.mutable_scope() = SampleScope();
  response.set_period(v1::GRANULARITY_WEEK);
  response.set_mode(v1::RETENTION_MODE_BRACKET);
  response.set_kind(v1::RETENTION_KIND_FIRST_TIME);
  response.set_alignment(v1::RETENTION_ALIGNMENT_CALENDAR);
  response.add_offsets(1);
  response.add_offsets(3);
  v1::RetentionBracket* bracket = response.add_brackets();
  bracket->set_first_offset(1);
  bracket->set_last_offset(2);
  bracket = response.add_brackets();
  bracket->set_first_offset(3);
  bracket->set_last_offset(6);
  response.add_start_event_names("signup");
  response.add_return_event_names("purchase");
  response.set_value_property("price");
  AddCohorts(10, *response.mutable_cohorts());
  AddPooled(10, *response.mutable_pooled());
  response.mutable_breakdown()->set_user_property("plan");
  response.set_breakdown_value_count(2);
  for (const char* plan : {"pro", "free"}) {
    v1::RetentionBreakdownRow& row = *response.add_breakdown_rows();
    row.mutable_value()->set_text(plan);
    row.set_size(150);
    AddCohorts(5, *row.mutable_cohorts());
    AddPooled(5, *row.mutable_pooled());
  }
  return response;
}

}  // namespace donut::testing
