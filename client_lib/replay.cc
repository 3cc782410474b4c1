#include "donut/replay.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client_lib/client_factory.h"
#include "client_lib/delivery_loop.h"
#include "client_lib/warning_limiter.h"
#include "common/limits.h"
#include "common/utf8.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/stubs/logging.h"

namespace donut {
namespace {

constexpr char kReplayUserAgent[] = "donut-replay/" DONUT_VERSION;
constexpr size_t kLeastReplayWindowBytes = 2 << 20;
constexpr size_t kMostReplayWindowBytes = size_t{1} << 30;
constexpr size_t kLeastReplayBatchBytes = 1 << 10;
constexpr size_t kMostReplayBatchBytes = 960 << 10;
constexpr size_t kMostReplayUserAgentBytes = 150;
constexpr absl::Duration kMostReplayLinger = absl::Minutes(1);
// The collector rejects events over its limit and says why; what would not fit a message cannot get there.
constexpr size_t kMostSentEventBytes = kMostReplayBatchBytes;
// A replay has somebody waiting: it tries again sooner than a live client.
constexpr absl::Duration kMostBackoff = absl::Seconds(2);
constexpr char kTooLarge[] = "event: over 32768 bytes";
// Deeper values are refused by protobuf's own parser.
constexpr int kMostParsedNesting = 30;

absl::Status WrongReplayOption(const char* option, const char* rule) {
  return absl::InvalidArgumentError(absl::StrCat("ReplayOptions.", option, ": ", rule));
}

// Protobuf sends bad UTF-8 and then refuses to read it; NUL is the collector's to reject.
bool IsReadable(const std::string& text) {
  return google::protobuf::internal::IsStructurallyValidUTF8(text.data(), static_cast<int>(text.size()));
}

const char* FindBreakage(const google::protobuf::Struct& object, int nesting);

const char* FindBreakage(const google::protobuf::Value& value, int nesting) {
  if (nesting > kMostParsedNesting) return "properties: nested too deeply";
  if (value.has_string_value() && !IsReadable(value.string_value())) return "properties: not UTF-8";
  if (value.has_struct_value()) return FindBreakage(value.struct_value(), nesting + 1);
  for (const google::protobuf::Value& element : value.list_value().values()) {
    if (const char* breakage = FindBreakage(element, nesting + 1)) return breakage;
  }
  return nullptr;
}

const char* FindBreakage(const google::protobuf::Struct& object, int nesting) {
  for (const auto& [key, value] : object.fields()) {
    if (!IsReadable(key)) return "properties: a key is not UTF-8";
    if (const char* breakage = FindBreakage(value, nesting)) return breakage;
  }
  return nullptr;
}

// Why the event would break the message that it is in; null when it would not.
const char* FindBreakage(const v1::Event& event, size_t bytes) {
  if (bytes > kMostSentEventBytes) return kTooLarge;
  if (!IsReadable(event.name())) return "name: not UTF-8";
  if (!IsReadable(event.user_id())) return "user_id: not UTF-8";
  if (!IsReadable(event.session_id())) return "session_id: not UTF-8";
  if (!IsReadable(event.insert_id())) return "insert_id: not UTF-8";
  return event.has_properties() ? FindBreakage(event.properties(), 1) : nullptr;
}

absl::Status CheckBookmark(const std::string& bookmark) {
  if (bookmark.size() <= limits::kMaxBookmarkBytes) return absl::OkStatus();
  return absl::InvalidArgumentError("bookmark: must have at most 256 bytes");
}

std::function<void(const DeliveryNews&)> Reporter(const ReplayOptions& options) {
  auto limiter = std::make_shared<WarningLimiter>(absl::Minutes(1));
  return [on_rejection = options.on_rejection, on_warning = options.on_warning,
          limiter](const DeliveryNews& news) {
    if (on_warning && !news.warning.empty() && limiter->Allows(absl::Now())) on_warning(news.warning);
    if (!on_rejection) return;
    for (const DeliveryNews::Rejected& rejected : news.rejected) on_rejection(rejected.rejection);
  };
}

}  // namespace

absl::Status ReplayOptions::Validate() const {
  if (collector_address.empty())
    return WrongReplayOption("collector_address", "must not be empty; such as 127.0.0.1:50051");
  if (producer_id.size() != limits::kProducerIdBytes)
    return WrongReplayOption("producer_id", "must have 16 bytes");
  if (user_agent.size() > kMostReplayUserAgentBytes || !IsStorableText(user_agent)) {
    return WrongReplayOption("user_agent", "must be UTF-8 of at most 150 bytes");
  }
  if (window_bytes < kLeastReplayWindowBytes || window_bytes > kMostReplayWindowBytes) {
    return WrongReplayOption("window_bytes", "must be from 2 MiB to 1 GiB");
  }
  if (max_batch_events < 1 || max_batch_events > limits::kMaxBatchEvents) {
    return WrongReplayOption("max_batch_events", "must be from 1 to 5000");
  }
  if (max_batch_bytes < kLeastReplayBatchBytes || max_batch_bytes > kMostReplayBatchBytes) {
    return WrongReplayOption("max_batch_bytes", "must be from 1 KiB to 960 KiB");
  }
  if (linger < absl::ZeroDuration() || linger > kMostReplayLinger) {
    return WrongReplayOption("linger", "must be from 0 to a minute");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Replay>> ReplayFactory::Open(ReplayOptions options,
                                                            std::unique_ptr<Transport> transport,
                                                            absl::Duration timeout) {
  DeliveryLoopOptions loop_options;
  loop_options.session = {
      .producer_id = options.producer_id,
      .durable = true,
      .user_agent = absl::StrCat(kReplayUserAgent, options.user_agent.empty() ? "" : " ", options.user_agent),
      .batch = {.max_events = options.max_batch_events, .max_bytes = options.max_batch_bytes},
      .linger = options.linger,
      .window_bytes = options.window_bytes,
      .most_backoff = kMostBackoff};
  loop_options.queue.capacity_bytes = options.window_bytes;
  loop_options.on_news = Reporter(options);
  auto loop = DeliveryLoop::Start(std::move(loop_options), std::move(transport));
  if (!loop.ok()) return loop.status();
  if (absl::Status welcome = (*loop)->AwaitWelcome(timeout); !welcome.ok()) return welcome;
  const int64_t committed = (*loop)->committed_at_opening();
  std::string bookmark = (*loop)->bookmark_at_opening();
  const int64_t bookmark_sequence = (*loop)->bookmark_sequence_at_opening();
  return std::unique_ptr<Replay>(
      new Replay(std::move(options), *std::move(loop), committed, std::move(bookmark), bookmark_sequence));
}

Replay::Replay(ReplayOptions options, std::unique_ptr<DeliveryLoop> loop, int64_t committed_sequence,
               std::string bookmark, int64_t bookmark_sequence)
    : options_(std::move(options)),
      loop_(std::move(loop)),
      committed_at_opening_(committed_sequence),
      bookmark_at_opening_(std::move(bookmark)),
      bookmark_sequence_at_opening_(bookmark_sequence) {}

Replay::~Replay() = default;

absl::Status Replay::Send(const v1::Event& event, const std::string& bookmark) {
  if (absl::Status status = CheckBookmark(bookmark); !status.ok()) return status;
  const size_t bytes = event.ByteSizeLong();
  if (const char* breakage = FindBreakage(event, bytes)) {
    // Protobuf writes such an event all the same, with a line on standard error for each text.
    const google::protobuf::LogSilencer silencer;
    return SendUnparsed(event.SerializePartialAsString(), breakage, bookmark);
  }
  return loop_->AppendEvent(
      bytes, [&](char* place) { event.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(place)); },
      bookmark);
}

absl::Status Replay::SendEncoded(const std::string& event, const std::string& bookmark) {
  if (absl::Status status = CheckBookmark(bookmark); !status.ok()) return status;
  if (event.size() > kMostSentEventBytes) return SendUnparsed(event, kTooLarge, bookmark);
  return loop_->AppendEvent(
      event.size(), [&](char* place) { event.copy(place, event.size()); }, bookmark);
}

absl::Status Replay::SendUnparsed(const std::string& bytes, const std::string& reason,
                                  const std::string& bookmark) {
  if (absl::Status status = CheckBookmark(bookmark); !status.ok()) return status;
  v1::Unparsed unparsed;
  unparsed.set_payload(bytes.substr(0, limits::kMaxUnparsedBytes));
  unparsed.set_reason(ToStorableText(reason, limits::kMaxUnparsedReasonBytes));
  return loop_->AppendUnparsed(unparsed, bookmark);
}

absl::Status Replay::Skip(int64_t count) {
  if (count < 1) return absl::InvalidArgumentError("count: must be 1 or more");
  return loop_->AppendSkipped(count, v1::SKIP_REASON_EMPTY);
}

ReplayProgress Replay::progress() const {
  const ClientCounters counters = loop_->counters();
  return {.committed_sequence = loop_->first_undecided() - 1,
          .sent_sequence = loop_->next_sequence() - 1,
          .rejected = counters.rejected,
          .poisonous = counters.dropped_poisonous,
          .retried = counters.retried,
          .connected = counters.connected};
}

absl::Status Replay::Flush(absl::Duration timeout) {
  const bool complete = loop_->Flush(timeout);
  if (absl::Status status = loop_->terminal_status(); !status.ok()) return status;
  if (complete) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("number ", loop_->first_undecided(), " and later are not committed yet"));
}

absl::Status Replay::Finish(absl::Duration timeout) {
  const bool complete = loop_->Shutdown(timeout);
  if (absl::Status status = loop_->terminal_status(); !status.ok()) return status;
  if (complete) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("number ", loop_->first_undecided(),
                                                  " and later were not committed ", "within ",
                                                  absl::FormatDuration(timeout)));
}

void Replay::Stop() { loop_->Shutdown(absl::ZeroDuration()); }

}  // namespace donut
