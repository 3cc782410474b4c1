#include "collector/user_property_rows.h"

namespace donut::collector {

UserPropertyRow& UserPropertyRows::RowOf(const Key& key, std::string_view distinct_id) {
  UserPropertyRow& row = rows_[key];
  row.distinct_id = distinct_id;
  return row;
}

void UserPropertyRows::Set(UserPropertyRow& row, std::string_view key_json, std::string_view value_json,
                           const PropertyVersion& version) {
  const auto [found, is_new] = row.settings.try_emplace(key_json);
  if (is_new || found->second.version < version) found->second = {version, value_json};
}

}  // namespace donut::collector
