// The part of event_validation.h that is about pipeline events.
#include <cmath>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "collector/event_validation.h"
#include "common/limits.h"
#include "common/pipeline_events.h"

namespace donut::collector {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using Kind = PipelineUpdate::Kind;

Problem Bad(const char* key, const std::string& rule) {
  return {v1::REJECTION_REASON_BAD_PIPELINE_EVENT, absl::StrCat("properties.", key, ": ", rule)};
}

const Value* Find(const Struct& properties, const char* key) {
  const auto found = properties.fields().find(key);
  if (found == properties.fields().end() || found->second.kind_case() == Value::kNullValue) return nullptr;
  return &found->second;
}

std::optional<Problem> ReadText(const v1::Event& event, const char* key, bool required, int max_bytes,
                                std::string& text) {
  const Value* value = Find(event.properties(), key);
  if (value == nullptr) {
    if (!required) return std::nullopt;
    return Bad(key, absl::StrCat("is required for ", event.name(), ", 1 to ", max_bytes, " bytes"));
  }
  if (value->kind_case() != Value::kStringValue) return Bad(key, "must be a string");
  text = value->string_value();
  if (text.size() > static_cast<size_t>(max_bytes) || (required && text.empty())) {
    return Bad(key, absl::StrCat("has ", text.size(), " bytes; ", required ? "1 to " : "at most ", max_bytes,
                                 " are allowed"));
  }
  return std::nullopt;
}

std::optional<Problem> ReadInteger(const v1::Event& event, const char* key, double least, double most,
                                   std::optional<int64_t>& integer) {
  const Value* value = Find(event.properties(), key);
  if (value == nullptr) return std::nullopt;
  const double number = value->number_value();
  if (value->kind_case() != Value::kNumberValue || std::trunc(number) != number || number < least ||
      number > most) {
    return Bad(key, absl::StrCat("must be an integer from ", static_cast<int64_t>(least), " to ",
                                 static_cast<int64_t>(most)));
  }
  integer = static_cast<int64_t>(number);
  return std::nullopt;
}

std::optional<Kind> KindOf(std::string_view name) {
  if (name == kPipelineRunStarted) return Kind::kRunStarted;
  if (name == kPipelinePhaseStarted) return Kind::kPhaseStarted;
  if (name == kPipelinePhaseCompleted) return Kind::kPhaseCompleted;
  if (name == kPipelineRunCompleted) return Kind::kRunCompleted;
  if (name == kPipelineRunFailed) return Kind::kRunFailed;
  return std::nullopt;
}

}  // namespace

bool IsPipelineEvent(std::string_view name) { return KindOf(name).has_value(); }

std::optional<Problem> ReadPipelineUpdate(const v1::Event& event, PipelineUpdate& update) {
  update.kind = KindOf(event.name()).value();
  if (event.session_id().empty()) {
    return Problem{v1::REJECTION_REASON_BAD_PIPELINE_EVENT,
                   absl::StrCat("session_id: is required for ", event.name(), " (it names the run)")};
  }
  const bool is_phase = update.kind == Kind::kPhaseStarted || update.kind == Kind::kPhaseCompleted;
  if (update.kind == Kind::kRunStarted) {
    if (auto problem = ReadText(event, kPipelineKey, true, limits::kMaxPipelineNameBytes, update.pipeline)) {
      return problem;
    }
  }
  if (is_phase || update.kind == Kind::kRunFailed) {
    if (auto problem = ReadText(event, kPhaseKey, is_phase, limits::kMaxPhaseNameBytes, update.phase))
      return problem;
  }
  if (update.kind == Kind::kRunFailed) {
    if (auto problem = ReadText(event, kReasonKey, false, limits::kMaxFailureReasonBytes, update.reason)) {
      return problem;
    }
  }
  std::optional<int64_t> attempt;
  if (auto problem = ReadInteger(event, kAttemptKey, 1, limits::kMaxAttempt, attempt)) return problem;
  update.attempt = static_cast<int>(attempt.value_or(1));
  if (is_phase || update.kind == Kind::kRunCompleted) {
    if (auto problem = ReadInteger(event, kItemsInKey, 0, limits::kMaxInteger, update.items_in))
      return problem;
  }
  if (update.kind == Kind::kPhaseCompleted || update.kind == Kind::kRunCompleted) {
    if (auto problem = ReadInteger(event, kItemsOutKey, 0, limits::kMaxInteger, update.items_out))
      return problem;
  }
  return std::nullopt;
}

}  // namespace donut::collector
