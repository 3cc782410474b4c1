#include "query_service/preset.h"

#include "common/grpc_status.h"

namespace donut::query {

absl::StatusOr<v1::Preset> ResolvePreset(v1::Preset preset, const std::string& field) {
  if (v1::Preset_IsValid(preset)) return preset;
  return InvalidField(field, "must be PRESET_MIXPANEL, _AMPLITUDE or _POSTHOG");
}

const PresetDefaults& DefaultsOf(v1::Preset /*preset*/) {
  static const PresetDefaults ours;
  return ours;
}

}  // namespace donut::query
