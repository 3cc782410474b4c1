#include "cli/render/conversion_rate.h"

#include "cli/render/csv.h"
#include "cli/render/question.h"

namespace donut::cli {
namespace {

// `row` is the answer or a row of it. Without the intervals of the drop-off, which nobody shows.
template <typename Row, typename Funnel>
void SetSteps(const Row& row, const v1::GetConversionRateResponse& response, Funnel& funnel) {
  v1::FunnelStepResult& from = *funnel.add_steps();
  from.set_label(response.from_label());
  from.set_actor_count(row.entered_count());
  *from.mutable_step() = response.from();
  if (row.entered_count() > 0) from.mutable_conversion_from_first()->set_value(1);
  v1::FunnelStepResult& to = *funnel.add_steps();
  to.set_label(response.to_label());
  to.set_actor_count(row.converted_count());
  to.set_drop_off_count(row.entered_count() - row.converted_count());
  *to.mutable_step() = response.to();
  if (row.has_conversion()) {
    *to.mutable_conversion_from_first() = row.conversion();
    *to.mutable_conversion_from_previous() = row.conversion();
    *funnel.mutable_conversion() = row.conversion();
  }
  if (row.has_time_to_convert()) {
    *funnel.mutable_time_to_convert() = row.time_to_convert();
    *to.mutable_time_from_previous() = row.time_to_convert();
  }
  *funnel.mutable_time_to_convert_histogram() = row.time_to_convert_histogram();
  funnel.set_actors_still_open_count(row.actors_still_open_count());
}

std::string RatesCsv(const v1::GetConversionRateResponse& response) {
  Csv csv(Csv::Joined({Csv::ValueColumns(),
                       {"from", "to", "entered", "converted"},
                       Csv::RateColumns("conversion"),
                       Csv::DurationColumns("time_to_convert"),
                       {"actors_still_open"}}));
  const auto add = [&](const v1::BreakdownValue* value, const auto& row) {
    csv.Value(value)
        .Text(response.from_label())
        .Text(response.to_label())
        .Number(row.entered_count())
        .Number(row.converted_count())
        .Rate(row.has_conversion(), row.conversion())
        .Durations(row.has_time_to_convert(), row.time_to_convert())
        .Number(row.actors_still_open_count())
        .Next();
  };
  add(nullptr, response);
  for (const v1::ConversionRateBreakdownRow& row : response.breakdown_rows()) add(&row.value(), row);
  return csv.text();
}

std::string SeriesCsv(const v1::GetConversionRateResponse& response) {
  Csv csv(
      Csv::Joined({Csv::BucketColumns("bucket"), {"entered", "converted"}, Csv::RateColumns("conversion")}));
  for (const v1::ConversionRateSeriesBucket& bucket : response.series_buckets()) {
    csv.Bucket(bucket.bucket())
        .Number(bucket.entered_count())
        .Number(bucket.converted_count())
        .Rate(bucket.has_conversion(), bucket.conversion())
        .Next();
  }
  return csv.text();
}

}  // namespace

v1::GetFunnelResponse AsFunnel(const v1::GetConversionRateResponse& response) {
  v1::GetFunnelResponse funnel;
  *funnel.mutable_scope() = response.scope();
  *funnel.mutable_window() = response.window();
  funnel.set_actor(response.actor());
  funnel.set_order(v1::FUNNEL_ORDER_ORDERED);
  funnel.set_range_applies_to(response.range_applies_to());
  funnel.set_ties(response.ties());
  *funnel.mutable_exclusions() = response.exclusions();
  *funnel.mutable_hold_constant() = response.hold_constant();
  funnel.set_complete(response.complete());
  SetSteps(response, response, funnel);
  if (response.has_breakdown()) *funnel.mutable_breakdown() = response.breakdown();
  funnel.set_attribution(response.attribution());
  funnel.set_attribution_step(response.attribution_step());
  funnel.set_breakdown_value_count(response.breakdown_value_count());
  for (const v1::ConversionRateBreakdownRow& row : response.breakdown_rows()) {
    v1::FunnelBreakdownRow& shown = *funnel.add_breakdown_rows();
    *shown.mutable_value() = row.value();
    SetSteps(row, response, shown);
  }
  if (response.series_granularity() == v1::GRANULARITY_UNSPECIFIED) return funnel;
  funnel.mutable_series()->set_granularity(response.series_granularity());
  funnel.mutable_series()->set_from_step(1);
  funnel.mutable_series()->set_to_step(2);
  for (const v1::ConversionRateSeriesBucket& bucket : response.series_buckets()) {
    v1::FunnelSeriesBucket& shown = *funnel.add_series_buckets();
    *shown.mutable_bucket() = bucket.bucket();
    shown.set_entered_count(bucket.entered_count());
    shown.set_from_count(bucket.entered_count());
    shown.set_to_count(bucket.converted_count());
    if (bucket.has_conversion()) *shown.mutable_conversion() = bucket.conversion();
  }
  return funnel;
}

std::string ConversionRateText(const v1::GetConversionRateResponse& response, const PageOptions& options) {
  Page page(options);
  RenderHeading(response.scope(), page);
  RenderFunnel("CONVERSION RATE", AsFunnel(response), page);
  return page.text();
}

std::string ConversionRateCsv(const v1::GetConversionRateResponse& response, FunnelRows rows) {
  switch (rows) {
    case FunnelRows::kSeries:
      return SeriesCsv(response);
    case FunnelRows::kHistogram:
      return FunnelCsv(AsFunnel(response), rows);
    case FunnelRows::kSteps:
      break;
  }
  return RatesCsv(response);
}

}  // namespace donut::cli
