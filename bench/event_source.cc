#include "bench/event_source.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace donut::bench {
namespace {

constexpr int kBlock = 1'000;
constexpr int kUsersPerBlock = kBlock / EventSource::kEventsPerUser;
constexpr absl::Duration kSpan = absl::Hours(1);

// A kind of event: its name, a text, and for most of them a third property.
struct Kind {
  const char* name;
  Property text;
  const char* number_key;
  const char* third_key;  // null: none
  Value third;
};

const std::array<Kind, 10>& Kinds() {
  static const std::array<Kind, 10> kinds = {{
      {"page_viewed", {"path", "/reports/quarterly/overview"}, "load_ms", "referrer", "https://example.com/"},
      {"report_exported", {"format", "pdf"}, "pages", "seconds", 0.25},
      {"search_performed", {"query", "crème brûlée près de Zürich"}, "results", nullptr, {}},
      {"page_viewed", {"path", "/settings/team"}, "load_ms", "first_visit", true},
      {"document_opened", {"title", "Jahresübersicht für Köln.odt"}, "bytes", "shared", false},
      {"page_viewed", {"path", "/dashboard"}, "load_ms", nullptr, {}},
      {"message_sent", {"channel", "東京オフィス"}, "characters", "has_attachment", false},
      {"item_added", {"category", "garden furniture"}, "quantity", "price", 149.9},
      {"page_viewed", {"path", "/reports/quarterly/costs"}, "load_ms", "referrer", "/dashboard"},
      {"checkout_completed", {"plan", "pro"}, "seats", "currency", "EUR"},
  }};
  return kinds;
}

}  // namespace

TrackResult NoTracker::Track(std::string_view /*event_name*/, std::string_view /*user_id*/,
                             std::span<const Property> /*properties*/,
                             const TrackOptions& /*options*/) noexcept {
  return TrackResult::Taken();
}

EventSource::EventSource(const std::string& user_prefix, int64_t count)
    : count_(count), first_time_(absl::Now() - kSpan), step_(kSpan / count) {
  const int64_t users = (count / kBlock + 1) * kUsersPerBlock;
  users_.reserve(users);
  sessions_.reserve(users);
  for (int64_t user = 0; user < users; ++user) {
    users_.push_back(user % 10 == 0 ? absl::StrCat(user_prefix, "-jürgen.", user, "@büro.example")
                                    : absl::StrCat(user_prefix, "-", user, "@customer.example"));
    sessions_.push_back(absl::StrFormat("%s-%08x-%04x", user_prefix, user * 2654435761U, user % 65536));
  }
}

TrackResult EventSource::Track(Tracker& tracker, int64_t index) const {
  const int64_t user = index / kBlock * kUsersPerBlock + index % kUsersPerBlock;
  const Kind& kind = Kinds()[index % Kinds().size()];
  const Property properties[] = {kind.text,
                                 {kind.number_key, index % 997},
                                 {kind.third_key == nullptr ? "" : kind.third_key, kind.third}};
  return tracker.Track(kind.name, users_[user],
                       {properties, kind.third_key == nullptr ? size_t{2} : size_t{3}},
                       {.session_id = sessions_[user], .event_time = first_time_ + step_ * index});
}

}  // namespace donut::bench
