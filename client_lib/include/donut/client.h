// START HERE. Sends a program's events to Donut Analytics:
//
//   #include <donut/client.h>
//
//   auto client = donut::Client::Create({}).value();
//   client->Track("signup", user_id, {{"plan", "pro"}, {"seats", 5}});
//   client->Shutdown(absl::Seconds(5));   // or leave it to the destructor
//
// Track only copies the event into a bounded buffer. A thread of the client's own sends
// batches over a stream, keeps every event until the collector has committed it, and connects
// again for as long as it takes. With no collector at all the program runs as fast and as
// well: the buffer fills up, and counters say what was lost.
//
// Threads: for each stream one that sends and one that takes answers from the network; what gRPC
// starts for the whole process comes on top. They sleep while there is nothing to do.
//
// An event that the collector acknowledged is stored once. Events still in the buffer when the
// process dies are lost.
//
// Make the client after fork(), never before: a child inherits neither the thread nor a usable
// connection. In the child of a later fork every call returns at once and does nothing; Track says
// kShutDown.
//
// For pipelines (runs, phases, outcomes) see <donut/pipeline_run.h>; to send a file or a
// log exactly once, however often interrupted, see <donut/replay.h>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "donut/value.h"

namespace donut {

// The variable DONUT_COLLECTOR_ADDRESS, else "127.0.0.1:50051".
std::string DefaultCollectorAddress();
// The variable DONUT_API_KEY, else empty.
std::string DefaultApiKey();

// What Track does when the buffer is full.
enum class WhenFull {
  kDropNewest,  // refuses the event at hand
  kDropOldest,  // makes room by giving up the oldest events that were never sent, up to 64 KiB at once
  kBlock,       // waits for room, at most block_timeout, then refuses the event at hand
};

// What became of events since the last report.
struct DeliveryReport {
  struct Rejection {
    std::string event_name;
    std::string reason;  // the name of the RejectionReason, such as "REJECTION_REASON_TOO_LARGE"
    std::string detail;  // for people: the field, the rule and what to do
  };
  int64_t acknowledged = 0;  // events that are stored
  int64_t dropped = 0;       // events that were given up after Track had taken them
  std::vector<Rejection> rejections = {};
};

struct ClientOptions {
  // host:port, or unix:/path.
  std::string collector_address = DefaultCollectorAddress();
  // Says which project the events belong to. Empty: the collector's default project, if it has one.
  std::string api_key = DefaultApiKey();
  // Name and version of the program, for the collector's log. At most 150 bytes.
  std::string user_agent = {};

  // 1 to 16. A stream keeps to one lane of the collector at a time, and so to one connection of the
  // database: more than one is for programs that track more than such a connection can store, some
  // hundred thousand events a second. Each costs two threads and a connection. The events of one user go over
  // the same stream and are stored in the order of their Track calls; with several streams, those of
  // different users are not.
  int streams = 1;

  // Memory for events that are not committed yet, in equal shares for the streams. 256 KiB for each
  // stream to 1 GiB. Half of a share may be on its way at once, up to 8 MiB: as much keeps a busy
  // collector busy.
  size_t queue_bytes = 16 << 20;
  WhenFull when_full = WhenFull::kDropNewest;
  // With kBlock only.
  absl::Duration block_timeout = absl::Seconds(30);

  // A batch goes out when it has this many events (1 to 5,000) or bytes (1 KiB to 960 KiB, and at most a
  // quarter of a stream's share of queue_bytes). A smaller one goes out when the one before was sent
  // at least `linger` ago (at most a minute): at once after a pause, and then no more often. While
  // nothing is on its way, 32 KiB are enough to go sooner.
  int max_batch_events = 5'000;
  size_t max_batch_bytes = 256 << 10;
  absl::Duration linger = absl::Milliseconds(20);

  // What the destructor waits for the last events; less when no collector ever answered.
  absl::Duration shutdown_timeout = absl::Seconds(2);

  // Called on a thread of the client's own, never by two at a time. It may call Track, which then never
  // waits; it must not call Flush or Shutdown. It should return soon: nothing is sent meanwhile.
  std::function<void(const DeliveryReport&)> on_delivery = nullptr;
  // Called in the same way with a line for people (collector unreachable, events
  // lost), at most once a minute. Default: the first one goes to standard error, the rest nowhere.
  std::function<void(const std::string&)> on_warning = nullptr;

  // INVALID_ARGUMENT that names the option and the rule.
  absl::Status Validate() const;
};

// Since the client was made. enqueued = acknowledged + rejected + dropped_oldest + dropped_poisonous +
// dropped_in_doubt + dropped_at_shutdown + queued_events, at any moment.
struct ClientCounters {
  int64_t enqueued = 0;      // Track said kTaken
  int64_t acknowledged = 0;  // decided by the collector and not known to be rejected: stored
  int64_t rejected = 0;      // kept by the collector in rejected_events

  // Never taken.
  int64_t invalid = 0;         // Track said kInvalid
  int64_t dropped_newest = 0;  // Track said kQueueFull

  // Taken and given up.
  int64_t dropped_oldest = 0;     // the buffer was full (kDropOldest)
  int64_t dropped_poisonous = 0;  // broke its stream three times, alone
  int64_t dropped_in_doubt =
      0;  // sent, unacknowledged, and the collector refused this client's id: may be stored
  int64_t dropped_at_shutdown =
      0;  // not acknowledged when Shutdown's time was over: those sent may be stored

  int64_t retried = 0;  // sent again after a stream had ended
  int64_t queued_events = 0;
  int64_t queued_bytes = 0;
  int64_t streams_opened = 0;  // answered by a collector
  bool connected = false;      // all streams are

  int64_t dropped() const {
    return dropped_newest + dropped_oldest + dropped_poisonous + dropped_in_doubt + dropped_at_shutdown;
  }
};

enum class TrackOutcome {
  kTaken,      // in the buffer
  kInvalid,    // breaks a rule of event.proto: problem() names it
  kQueueFull,  // see WhenFull
  kShutDown,   // Shutdown was called, or the client belongs to the parent process
};

// Whether an event was taken, and if not, why.
class TrackResult {
 public:
  constexpr TrackResult(TrackOutcome outcome, const char* problem) : outcome_(outcome), problem_(problem) {}
  static constexpr TrackResult Taken() { return {TrackOutcome::kTaken, ""}; }

  explicit operator bool() const { return outcome_ == TrackOutcome::kTaken; }
  TrackOutcome outcome() const { return outcome_; }
  // The field and the rule, such as "user_id: must not be empty". Empty when taken. Static text.
  const char* problem() const { return problem_; }

 private:
  TrackOutcome outcome_;
  const char* problem_;
};

struct TrackOptions {
  // The session or pipeline run. At most 200 bytes; empty: none.
  std::string_view session_id = {};
  // Default: now.
  std::optional<absl::Time> event_time = std::nullopt;
  // What is known about the user from the event's time on, such as {.user_properties = {{"plan", "pro"}}}:
  // merged into what the user has, key by key; nullptr removes a key. Of each key the latest event stands,
  // whatever the order in which they arrive. At most 255 keys, with the rules of `properties`.
  PropertyList user_properties = {};
};

// The name of the events that SetUserProperties sends.
inline constexpr char kUserPropertiesSet[] = "user_properties_set";

// Where events go: a Client, or in a program's own tests something that remembers them.
class Tracker {
 public:
  virtual ~Tracker() = default;
  virtual TrackResult Track(std::string_view event_name, std::string_view user_id,
                            std::span<const Property> properties, const TrackOptions& options) noexcept = 0;

  // Sets properties of a user without an occasion, as in
  //
  //   client->SetUserProperties(user_id, {{"plan", "pro"}, {"trial_ends", nullptr}});
  //
  // Sends an event "user_properties_set" that carries them, and nothing else: it counts as activity of the
  // user like any event, unless a filter leaves events of that name out. Where something happened that has a
  // name, such as a signup, let that event carry them: TrackOptions::user_properties.
  TrackResult SetUserProperties(std::string_view user_id, PropertyList user_properties,
                                std::optional<absl::Time> event_time = std::nullopt) noexcept {
    return Track(kUserPropertiesSet, user_id, {},
                 {.event_time = event_time, .user_properties = user_properties});
  }
};

class DeliveryStreams;

// Thread-safe.
class Client final : public Tracker {
 public:
  // Returns at once, whether or not a collector answers. An error means that the options
  // are wrong (INVALID_ARGUMENT) or that no thread could be started.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options = {});

  // Shutdown(options.shutdown_timeout); gives up at once when no collector ever answered
  // and one more attempt fails.
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Takes an event: name and user id of 1 to 200 bytes; the rules are those of event.proto. Never throws
  // and never waits for the network; waits for room only with WhenFull::kBlock.
  TrackResult Track(std::string_view event_name, std::string_view user_id,
                    std::initializer_list<Property> properties = {},
                    const TrackOptions& options = {}) noexcept {
    return Track(event_name, user_id, std::span<const Property>(properties.begin(), properties.size()),
                 options);
  }
  TrackResult Track(std::string_view event_name, std::string_view user_id,
                    std::span<const Property> properties, const TrackOptions& options = {}) noexcept override;

  // Sends what is there without lingering and waits until everything that was tracked before is
  // decided: stored, rejected or given up. False when `timeout` passed first.
  bool Flush(absl::Duration timeout) noexcept;

  // Takes no more events, waits as Flush does, closes the streams in order and ends the threads.
  // False when events were left over at the end of `timeout`. Further calls do nothing and
  // say the same.
  bool Shutdown(absl::Duration timeout) noexcept;

  // A consistent snapshot of each stream, summed.
  ClientCounters counters() const;

 private:
  friend class ClientFactory;
  Client(ClientOptions options, std::unique_ptr<DeliveryStreams> streams);
  bool IsOfParent() const;

  const ClientOptions options_;
  std::unique_ptr<DeliveryStreams> streams_;
  const int forks_;  // when it was made: see fork() above
};

}  // namespace donut
