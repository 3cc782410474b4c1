#include "bench/query_questions.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/textbook_sql.h"
#include "common/status_macros.h"
#include "query_service/metrics/active_users/active_users.h"
#include "query_service/metrics/conversion_rate/conversion_rate.h"
#include "query_service/metrics/feature_usage/feature_usage.h"
#include "query_service/metrics/funnel/funnel.h"
#include "query_service/metrics/retention/retention.h"
#include "query_service/metrics/summary/summary.h"

namespace donut::bench {
namespace {

using query::QueryContext;

void AddBuckets(const google::protobuf::RepeatedPtrField<v1::ActiveUsersBucket>& buckets, bool by_week,
                QueryAnswer& answer) {
  for (const v1::ActiveUsersBucket& bucket : buckets) {
    const std::string& row = bucket.bucket().label();
    answer.Set(row, "active", bucket.active_count());
    if (by_week) continue;
    answer.Set(row, "new", bucket.new_count());
    answer.Set(row, "week", bucket.trailing_7_day_count());
    answer.Set(row, "month", bucket.trailing_30_day_count());
  }
}

template <typename Steps>
void AddSteps(const std::string& row, const Steps& steps, QueryAnswer& answer) {
  for (int i = 0; i < steps.size(); ++i) {
    answer.Set(row, absl::StrCat("step_", i + 1), steps[i].actor_count());
  }
}

void AddFeatures(const v1::GetFeatureUsageResponse& usage, QueryAnswer& answer) {
  for (const v1::FeatureUsage& feature : usage.features()) {
    answer.Set(feature.feature(), "uses", feature.use_count());
    answer.Set(feature.feature(), "users", feature.actor_count());
  }
}

void AddCohorts(const v1::GetRetentionResponse& retention, QueryAnswer& answer) {
  for (const v1::RetentionCohort& cohort : retention.cohorts()) {
    answer.Set(cohort.bucket().label(), "size", cohort.size());
    for (const v1::RetentionCell& cell : cohort.cells()) {
      answer.Set(cohort.bucket().label(), absl::StrCat("day_", cell.offset()), cell.retained_count());
    }
  }
}

// Makes the questions about one interval.
class Questions {
 public:
  Questions(const std::string& first_day, const std::string& end_day) {
    scope_.mutable_interval()->set_start_date(first_day);
    scope_.mutable_interval()->set_end_date(end_day);
    scope_.set_time_zone("UTC");
  }

  std::vector<QueryQuestion> All() && {
    AddActiveUsers();
    AddFilters();
    AddFunnels();
    AddRetention();
    AddUsage();
    return std::move(questions_);
  }

 private:
  template <typename Request>
  Request New() const {
    Request request;
    *request.mutable_scope() = scope_;
    return request;
  }

  void Add(const std::string& name, decltype(QueryQuestion::ask) ask, std::vector<TextbookAnswer> textbooks) {
    questions_.push_back({name, std::move(ask), std::move(textbooks)});
  }

  void AddActiveUsers(const std::string& name, const v1::GetActiveUsersRequest& request,
                      std::vector<TextbookAnswer> textbooks) {
    Add(
        name,
        [request](const QueryContext& context, auto& transaction) -> absl::StatusOr<QueryAnswer> {
          ASSIGN_OR_RETURN(const auto response, query::ActiveUsers(request, context, transaction));
          QueryAnswer answer;
          AddBuckets(response.buckets(), request.granularity() == v1::GRANULARITY_WEEK, answer);
          return answer;
        },
        std::move(textbooks));
  }

  void AddActiveUsers() {
    const auto request = New<v1::GetActiveUsersRequest>();
    AddActiveUsers(
        "active_users", request,
        {{"textbook", {sql::kDailyActiveUsers, sql::kTrailingActiveUsers, sql::kNewUsers}, true, ""},
         {"textbook_dau_alone", {sql::kDailyActiveUsers}, true, ""}});
    auto weekly = request;
    weekly.set_granularity(v1::GRANULARITY_WEEK);
    AddActiveUsers("active_users_weekly", weekly, {{"textbook", {sql::kWeeklyActiveUsers}, true, ""}});
  }

  // On active users: what is asked for beside the filter is always the same.
  void AddFilters() {
    auto equals = New<v1::GetActiveUsersRequest>();
    v1::FilterCondition& in_germany = *equals.mutable_scope()->mutable_filter()->mutable_condition();
    in_germany.set_event_property("country");
    in_germany.mutable_equals()->set_string_value("DE");
    AddActiveUsers("filter_equals", equals,
                   {{"textbook_dau_alone", {sql::kDailyActiveUsersInGermany}, true, ""}});

    // These let everything pass, so that what they take more than no filter is the filter.
    auto text = New<v1::GetActiveUsersRequest>();
    v1::FilterCondition& any_plan = *text.mutable_scope()->mutable_filter()->mutable_condition();
    any_plan.set_event_property("plan");
    for (const char* plan : {"free", "pro", "team"}) {
      any_plan.mutable_in()->add_values()->set_string_value(plan);
    }
    AddActiveUsers("filter_in_passes_all", text, {});
    auto number = New<v1::GetActiveUsersRequest>();
    v1::FilterCondition& not_dear =
        *number.mutable_scope()->mutable_filter()->mutable_not_()->mutable_condition();
    not_dear.set_event_property("price");
    not_dear.mutable_greater()->set_number_value(1'000'000);
    AddActiveUsers("filter_number_passes_all", number, {});
    auto user = New<v1::GetActiveUsersRequest>();
    v1::FilterCondition& user_country = *user.mutable_scope()->mutable_filter()->mutable_condition();
    user_country.set_user_property("country");
    user_country.set_exists(true);
    AddActiveUsers("filter_user_property_passes_all", user, {});
  }

  v1::GetFunnelRequest FunnelOf(const std::vector<std::string>& names) const {
    auto request = New<v1::GetFunnelRequest>();
    for (const std::string& name : names) request.add_steps()->add_event_names(name);
    return request;
  }

  void AddFunnel(const std::string& name, const v1::GetFunnelRequest& request,
                 std::vector<TextbookAnswer> textbooks) {
    Add(
        name,
        [request](const QueryContext& context, auto& transaction) -> absl::StatusOr<QueryAnswer> {
          ASSIGN_OR_RETURN(const auto response, query::Funnel(request, context, transaction));
          QueryAnswer answer;
          AddSteps("all", response.steps(), answer);
          for (const v1::FunnelBreakdownRow& row : response.breakdown_rows()) {
            AddSteps(row.value().text(), row.steps(), answer);
          }
          for (const v1::FunnelSeriesBucket& bucket : response.series_buckets()) {
            answer.Set(bucket.bucket().label(), "entered", bucket.entered_count());
            answer.Set(bucket.bucket().label(), "reached", bucket.to_count());
          }
          return answer;
        },
        std::move(textbooks));
  }

  void AddFunnels() {
    const v1::GetFunnelRequest request = FunnelOf({"visit", "signup", "cart", "purchase"});
    AddFunnel("funnel_4_steps", request,
              {{"textbook", {sql::kFunnel}, true, ""},
               {"textbook_first_occurrences",
                {sql::kFunnelFirstOccurrences},
                false,
                "it starts from each user's first visit alone"}});
    auto strict = FunnelOf({"visit", "signup", "cart"});
    strict.set_order(v1::FUNNEL_ORDER_STRICT);
    AddFunnel("funnel_strict", strict, {{"textbook", {sql::kFunnelStrict}, true, ""}});
    auto unordered = request;
    unordered.set_order(v1::FUNNEL_ORDER_UNORDERED);
    AddFunnel("funnel_unordered", unordered, {{"textbook", {sql::kFunnelUnordered}, true, ""}});
    auto exclusion = request;
    exclusion.add_exclusions()->add_event_names("cancel");
    AddFunnel("funnel_exclusion", exclusion, {{"textbook", {sql::kFunnelExclusion}, true, ""}});
    auto held = request;
    held.add_hold_constant("country");
    AddFunnel("funnel_held", held, {{"textbook", {sql::kFunnelHeld}, true, ""}});
    auto breakdown = request;
    breakdown.mutable_breakdown()->set_event_property("plan");
    AddFunnel("funnel_breakdown", breakdown, {{"textbook", {sql::kFunnel, sql::kFunnelByPlan}, true, ""}});
    auto series = request;
    series.mutable_series()->set_granularity(v1::GRANULARITY_DAY);
    AddFunnel("funnel_series", series, {{"textbook", {sql::kFunnel, sql::kFunnelByDay}, true, ""}});

    auto conversion = New<v1::GetConversionRateRequest>();
    conversion.mutable_from()->add_event_names("visit");
    conversion.mutable_to()->add_event_names("purchase");
    Add("conversion_rate",
        [conversion](const QueryContext& context, auto& transaction) -> absl::StatusOr<QueryAnswer> {
          ASSIGN_OR_RETURN(const auto response, query::ConversionRate(conversion, context, transaction));
          QueryAnswer answer;
          answer.Set("all", "step_1", response.entered_count());
          answer.Set("all", "step_2", response.converted_count());
          return answer;
        },
        {{"textbook", {sql::kConversionRate}, true, ""}});
  }

  void AddRetention() {
    const auto request = New<v1::GetRetentionRequest>();
    const auto add = [this](const std::string& name, const v1::GetRetentionRequest& asked,
                            const char* statement) {
      Add(name,
          [asked](const QueryContext& context, auto& transaction) -> absl::StatusOr<QueryAnswer> {
            ASSIGN_OR_RETURN(const auto response, query::Retention(asked, context, transaction));
            if (asked.kind() != v1::RETENTION_KIND_UNSPECIFIED && response.kind() != asked.kind()) {
              return absl::UnimplementedError("retention does not know this kind yet");
            }
            QueryAnswer answer;
            AddCohorts(response, answer);
            return answer;
          },
          {{"textbook", {statement}, true, ""}});
    };
    add("retention", request, sql::kRetention);
    auto recurring = request;
    recurring.set_kind(v1::RETENTION_KIND_RECURRING);
    add("retention_recurring", recurring, sql::kRetentionRecurring);
  }

  void AddUsage() {
    const auto add = [this](const std::string& name, const v1::GetFeatureUsageRequest& asked,
                            const char* statement) {
      Add(name,
          [asked](const QueryContext& context, auto& transaction) -> absl::StatusOr<QueryAnswer> {
            ASSIGN_OR_RETURN(const auto response, query::FeatureUsage(asked, context, transaction));
            QueryAnswer answer;
            AddFeatures(response, answer);
            return answer;
          },
          {{"textbook", {statement}, true, ""}});
    };
    const auto usage = New<v1::GetFeatureUsageRequest>();
    add("feature_usage", usage, sql::kFeatureUsage);
    auto by_country = usage;
    by_country.set_property("country");
    add("feature_usage_by_property", by_country, sql::kFeatureUsageByCountry);

    const auto summary = New<v1::GetSummaryRequest>();
    Add("summary",
        [summary](const QueryContext& context, auto& transaction) -> absl::StatusOr<QueryAnswer> {
          ASSIGN_OR_RETURN(const auto response, query::Summary(summary, context, transaction));
          QueryAnswer answer;
          answer.Set("all", "events", response.event_count());
          AddBuckets(response.active_users().buckets(), false, answer);
          AddCohorts(response.retention(), answer);
          AddFeatures(response.feature_usage(), answer);
          return answer;
        },
        {{"textbook",
          {sql::kEventCount, sql::kDailyActiveUsers, sql::kTrailingActiveUsers, sql::kNewUsers,
           sql::kRetention, sql::kTopFeatures},
          true,
          ""}});
  }

  v1::Scope scope_;
  std::vector<QueryQuestion> questions_;
};

}  // namespace

std::vector<QueryQuestion> QueryQuestions(const std::string& first_day, const std::string& end_day) {
  return Questions(first_day, end_day).All();
}

}  // namespace donut::bench
