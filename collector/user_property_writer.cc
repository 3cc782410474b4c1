#include "collector/user_property_writer.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "collector/sql_array.h"
#include "collector/statements.h"
#include "common/limits.h"

namespace donut::collector {
namespace {

void AppendMember(std::string_view key_json, std::string& object) {
  object += object.empty() ? '{' : ',';
  object += key_json;
  object += ':';
}

// For readers that know these users' properties as they were (migrations/0008).
void NoteChanges(pqxx::transaction_base& transaction, const UserPropertyRows& rows) {
  std::map<int, SqlArray> users;
  for (const auto& [key, row] : rows.rows()) users[key.first].Add(key.second);
  for (auto& [project_id, ids] : users) {
    transaction.exec_params(sql::kInsertUserChanges, project_id, ids.Take());
  }
}

}  // namespace

void MergeUserProperties(pqxx::transaction_base& transaction, const UserPropertyRows& rows) {
  if (rows.rows().empty()) return;
  SqlArray projects, ids, texts, values, versions;
  for (const auto& [key, row] : rows.rows()) {
    projects.Add(int64_t{key.first});
    ids.Add(key.second);
    texts.AddText(row.distinct_id);
    std::string value_object, version_object;
    for (const auto& [key_json, setting] : row.settings) {
      AppendMember(key_json, value_object);
      value_object += setting.value_json;
      AppendMember(key_json, version_object);
      const PropertyVersion& version = setting.version;
      absl::StrAppend(&version_object, "[", version.event_time_us, ",", version.producer_no, ",",
                      version.sequence, "]");
    }
    values.AddText(std::string_view(value_object += '}'));
    versions.AddText(std::string_view(version_object += '}'));
  }
  const pqxx::result crowded =
      transaction.exec_params(sql::kMergeUserProperties, projects.Take(), ids.Take(), texts.Take(),
                              values.Take(), versions.Take(), limits::kMaxUserProperties);
  NoteChanges(transaction, rows);
  if (crowded.empty()) return;
  SqlArray crowded_projects, crowded_ids;
  for (const auto& row : crowded) {
    crowded_projects.Add(row[0].as<int64_t>());
    crowded_ids.Add(row[1].as<int64_t>());
  }
  transaction.exec_params(sql::kTrimUserProperties, crowded_projects.Take(), crowded_ids.Take(),
                          limits::kMaxUserProperties);
}

}  // namespace donut::collector
