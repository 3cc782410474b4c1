#include "collector/group_texts.h"

#include <string>

#include "collector/sql_array.h"

namespace donut::collector {

bool GroupTexts::Take(int project_id, int64_t id, std::string_view text) {
  Recent& recent = recent_[static_cast<uint64_t>(id) % kRecent];
  if (recent.project_id == project_id && recent.id == id && recent.text == text) return true;
  if (!known_.Contains(project_id, id, text)) {
    const auto [met, is_new] = met_.try_emplace({project_id, id}, text);
    if (!is_new && met->second != text) return false;
  }
  recent = {project_id, id, text};
  return true;
}

bool GroupTexts::Store(pqxx::transaction_base& transaction) {
  if (met_.empty()) return false;
  SqlArray projects, ids, texts;
  for (const auto& [key, text] : met_) {
    projects.Add(int64_t{key.first});
    ids.Add(key.second);
    texts.AddText(text);
  }
  const std::string project_array = projects.Take();
  const std::string id_array = ids.Take();
  const std::string text_array = texts.Take();
  const pqxx::result added = transaction.exec_params(insert_, project_array, id_array, text_array);
  // Those that were there already may be others' with the same id.
  if (added.affected_rows() == met_.size()) return false;
  for (const auto& row : transaction.exec_params(find_collisions_, project_array, id_array, text_array)) {
    collisions_.emplace(row[0].as<int>(), row[1].as<int64_t>());
  }
  for (const Key& key : collisions_) met_.erase(key);
  return !collisions_.empty();
}

bool GroupTexts::Collides(int project_id, int64_t id, std::string_view text) const {
  // The text that is stored is the cached one's, if any: only texts that missed the cache collide.
  return collisions_.count({project_id, id}) > 0 && !known_.Contains(project_id, id, text);
}

void GroupTexts::Remember() {
  for (const auto& [key, text] : met_) known_.Add(key.first, key.second, text);
}

}  // namespace donut::collector
