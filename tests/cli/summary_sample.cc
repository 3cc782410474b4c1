#include "tests/cli/summary_sample.h"

#include <algorithm>
#include <cmath>

#include "absl/time/civil_time.h"
#include "common/proto_time.h"

namespace donut::testing {
namespace {

constexpr absl::CivilDay kLastDay(2024, 3, 10);

absl::Time StartOf(absl::CivilDay day) { return absl::FromCivil(day, absl::UTCTimeZone()); }

void SetBucket(absl::CivilDay day, v1::Bucket& bucket) {
  *bucket.mutable_start_time() = ToProto(StartOf(day));
  *bucket.mutable_end_time() = ToProto(StartOf(day + 1));
  bucket.set_label(absl::FormatCivilTime(day));
  bucket.set_complete(day != kLastDay);
}

v1::DurationStatistics SampleDuration(double median) {
  v1::DurationStatistics duration;
  duration.set_count(90);
  duration.set_mean_seconds(median * 1.2);
  duration.set_median_seconds(median);
  duration.set_p90_seconds(median * 3);
  duration.set_p99_seconds(median * 10);
  duration.set_min_seconds(median / 10);
  duration.set_max_seconds(median * 40);
  return duration;
}

void AddStep(const std::string& label, int64_t runs, int64_t before,
             v1::GetPipelineFunnelResponse& response) {
  v1::PipelineFunnelStep& step = *response.add_steps();
  step.set_label(label);
  step.set_run_count(runs);
  *step.mutable_conversion_from_first() = SampleRate(runs, response.steps(0).run_count());
  *step.mutable_conversion_from_previous() = SampleRate(runs, before);
  step.set_drop_off_count(before - runs);
  *step.mutable_drop_off() = SampleRate(before - runs, before);
}

void AddFailure(const std::string& phase, const std::string& reason, int64_t runs,
                v1::GetPipelineFunnelResponse& response) {
  v1::PipelineFailure& failure = *response.add_failures();
  failure.set_phase(phase);
  failure.set_reason(reason);
  failure.set_run_count(runs);
}

v1::GetFeatureUsageResponse SampleFeatureUsage() {
  v1::GetFeatureUsageResponse usage;
  usage.set_active_count(240);
  usage.set_total_size(12);
  const auto add = [&usage](const std::string& name, int64_t actors, int64_t uses) {
    v1::FeatureUsage& feature = *usage.add_features();
    feature.set_feature(name);
    feature.set_actor_count(actors);
    feature.set_use_count(uses);
    feature.set_uses_per_actor(static_cast<double>(uses) / actors);
    *feature.mutable_share() = SampleRate(actors, 240);
  };
  add("search", 228, 12345);
  add("export", 60, 61);
  add("検索 (kensaku)", 3, 4);
  return usage;
}

v1::GetRetentionResponse SampleRetention() {
  v1::GetRetentionResponse retention;
  retention.set_period(v1::GRANULARITY_DAY);
  for (const int offset : {1, 7, 30}) retention.add_offsets(offset);
  const auto add_pooled = [&retention](int offset, int64_t retained, int64_t size) {
    v1::PooledRetention& pooled = *retention.add_pooled();
    pooled.set_offset(offset);
    pooled.set_retained_count(retained);
    pooled.set_size(size);
    if (size > 0) *pooled.mutable_retention() = SampleRate(retained, size);
  };
  add_pooled(1, 30, 90);
  add_pooled(7, 8, 80);
  add_pooled(30, 0, 0);
  const auto add_cohort = [&retention](absl::CivilDay day, int64_t size, int64_t day_1, int64_t day_7) {
    v1::RetentionCohort& cohort = *retention.add_cohorts();
    SetBucket(day, *cohort.mutable_bucket());
    cohort.set_size(size);
    const int64_t retained[] = {day_1, day_7, 0};
    for (int i = 0; i < 3; ++i) {
      v1::RetentionCell& cell = *cohort.add_cells();
      cell.set_offset(retention.offsets(i));
      cell.set_retained_count(retained[i]);
      if (size > 0) *cell.mutable_retention() = SampleRate(retained[i], size);
      cell.set_complete(day + retention.offsets(i) < kLastDay);
    }
  };
  add_cohort(absl::CivilDay(2024, 2, 26), 50, 20, 5);
  add_cohort(absl::CivilDay(2024, 2, 27), 0, 0, 0);
  add_cohort(absl::CivilDay(2024, 2, 28), 30, 10, 3);
  add_cohort(absl::CivilDay(2024, 3, 9), 10, 4, 0);
  return retention;
}

}  // namespace

v1::Rate SampleRate(int64_t part, int64_t whole, bool of_actors) {
  v1::Rate rate;
  const double p = static_cast<double>(part) / whole;
  rate.set_value(p);
  if (of_actors) {
    const double half = 1.96 * std::sqrt(p * (1 - p) / whole);
    rate.set_low(std::max(0.0, p - half));
    rate.set_high(std::min(1.0, p + half));
  }
  return rate;
}

v1::GetActiveUsersResponse SampleActiveUsers(int days) {
  v1::GetActiveUsersResponse response;
  response.set_active_count(240);
  for (int i = 0; i < days; ++i) {
    const absl::CivilDay day = kLastDay - (days - 1 - i);
    v1::ActiveUsersBucket& bucket = *response.add_buckets();
    SetBucket(day, *bucket.mutable_bucket());
    const bool quiet = i >= 4 && i < 8;
    bucket.set_active_count(quiet ? 0 : 20 + (i * 37) % 60);
    bucket.set_new_count(quiet ? 0 : i % 5);
    bucket.set_trailing_7_day_count(90 + i);
    bucket.set_trailing_30_day_count(200 + i);
    *bucket.mutable_stickiness() = SampleRate(bucket.active_count(), 200 + i);
  }
  return response;
}

v1::GetPipelineFunnelResponse SamplePipelineFunnel(const std::string& pipeline) {
  v1::GetPipelineFunnelResponse response;
  response.set_pipeline(pipeline);
  v1::PipelineFunnelStep& started = *response.add_steps();
  started.set_label("started");
  started.set_run_count(200);
  *started.mutable_conversion_from_first() = SampleRate(200, 200);
  *started.mutable_conversion_from_previous() = SampleRate(200, 200);
  AddStep("collection", 200, 200, response);
  AddStep("cleaning", 150, 200, response);
  AddStep("labeling", 120, 150, response);
  AddStep("completed", 90, 120, response);
  for (int i = 1; i < 4; ++i) {
    *response.mutable_steps(i)->mutable_duration() = SampleDuration(0.0004 * std::pow(30, i));
    response.mutable_steps(i)->set_items_in(12'345);
    response.mutable_steps(i)->set_items_out(1'234);
  }
  response.set_completed_count(90);
  response.set_failed_count(105);
  response.set_open_count(5);
  *response.mutable_first_attempt_success() = SampleRate(80, 200);
  *response.mutable_eventual_success() = SampleRate(90, 200);
  AddFailure("cleaning", "not machine-readable: no Format field in the first paragraph of the file", 50,
             response);
  AddFailure("labeling", "no licence text", 30, response);
  AddFailure("", "", 5, response);
  response.set_other_failure_count(20);
  *response.mutable_run_duration() = SampleDuration(95);
  return response;
}

v1::GetSummaryResponse SampleSummary() {
  v1::GetSummaryResponse summary;
  v1::ResolvedScope& scope = *summary.mutable_scope();
  *scope.mutable_start_time() = ToProto(StartOf(kLastDay - 13));
  *scope.mutable_end_time() = ToProto(StartOf(kLastDay + 1));
  *scope.mutable_as_of_time() = ToProto(StartOf(kLastDay) + absl::Hours(15));
  scope.set_time_zone("UTC");
  scope.set_project("default");
  summary.set_event_count(1'234'567);
  *summary.mutable_active_users() = SampleActiveUsers(14);
  *summary.mutable_today() = summary.active_users().buckets(13);
  *summary.add_pipeline_funnels() = SamplePipelineFunnel("licenses");
  *summary.mutable_feature_usage() = SampleFeatureUsage();
  *summary.mutable_retention() = SampleRetention();
  return summary;
}

}  // namespace donut::testing
