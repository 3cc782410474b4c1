#include "common/grpc_status.h"

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/proto_time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace donut {
namespace {

// Only payloads with this prefix leave the process.
constexpr char kDetailPrefix[] = "type.googleapis.com/";

// HTTP/2 headers are limited to 8 KiB together, and the text travels twice.
constexpr size_t kMaxMessageBytes = 2048;

std::string TypeUrlOf(const google::protobuf::Message& detail) {
  return absl::StrCat(kDetailPrefix, detail.GetDescriptor()->full_name());
}

void AddDetail(absl::Status& status, const google::protobuf::Message& detail) {
  status.SetPayload(TypeUrlOf(detail), absl::Cord(detail.SerializeAsString()));
}

std::string Shortened(const std::string& message) {
  if (message.size() <= kMaxMessageBytes) return message;
  size_t length = kMaxMessageBytes;
  // Not in the middle of a UTF-8 sequence.
  while (length > 0 && (static_cast<unsigned char>(message[length]) & 0xc0) == 0x80) --length;
  return absl::StrCat(message.substr(0, length), "...");
}

}  // namespace

absl::Status InvalidField(const std::string& field, const std::string& rule) {
  absl::Status status = absl::InvalidArgumentError(absl::StrCat(field, ": ", rule));
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field(Shortened(field));
  violation->set_description(Shortened(rule));
  AddDetail(status, bad_request);
  return status;
}

absl::Status WithinField(const std::string& outer, const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return status;
  const std::string message(status.message());
  const size_t colon = message.find(": ");
  if (colon == std::string::npos) return status;
  return InvalidField(absl::StrCat(outer, ".", message.substr(0, colon)), message.substr(colon + 2));
}

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo retry;
  *retry.mutable_retry_delay() = ToProto(delay);
  AddDetail(status, retry);
  return status;
}

absl::Duration RetryDelayOf(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  const auto payload = status.GetPayload(TypeUrlOf(retry));
  if (!payload.has_value() || !retry.ParseFromString(std::string(*payload))) return absl::ZeroDuration();
  const auto delay = FromProto(retry.retry_delay(), "retry_delay");
  return delay.ok() && *delay > absl::ZeroDuration() ? *delay : absl::ZeroDuration();
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = Shortened(std::string(status.message()));
  google::rpc::Status details;
  status.ForEachPayload([&details](const auto& type_url, const absl::Cord& value) {
    if (!absl::StartsWith(type_url, kDetailPrefix)) return;
    auto* detail = details.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(value));
  });
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (details.details().empty()) return grpc::Status(code, message);
  details.set_code(static_cast<int32_t>(status.code()));
  details.set_message(message);
  return grpc::Status(code, message, details.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
    }
  }
  return result;
}

}  // namespace donut
