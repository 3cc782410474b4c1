#include "query_service/events/history_reader.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/postgres/binary_rows.h"
#include "common/status_macros.h"
#include "history/column_format.h"
#include "history/fresh_format.h"
#include "history/month.h"
#include "history/property_json.h"
#include "query_service/metrics_sql.h"
#include "query_service/sql_values.h"

namespace donut::query {
namespace {

using postgres::BinaryRows;

// Months that events can have: what lies beyond reads the same.
constexpr int kFirstMonth = 0;
constexpr int kLastMonth = 12 * 400;

constexpr size_t kFewUnusedValues = 1'000;

int ClampedMonth(int64_t time_us) {
  if (time_us <= history::MonthStartUs(kFirstMonth)) return kFirstMonth;
  if (time_us >= history::MonthStartUs(kLastMonth)) return kLastMonth;
  return history::MonthOf(time_us);
}

std::string ColumnKey(const std::string& block_id, int column) { return absl::StrCat(block_id, ":", column); }

absl::Status CheckBody(std::string_view body, int64_t checksum) {
  if (history::Checksum(body) == static_cast<uint64_t>(checksum)) return absl::OkStatus();
  return absl::DataLossError("the checksum does not fit");
}

StoredBlock ReadBlock(const BinaryRows& rows, int row) {
  StoredBlock block;
  block.id = rows.Bytes(row, 0);
  block.summary.month = static_cast<int>(rows.Integer(row, 1));
  block.summary.event_count = static_cast<uint32_t>(rows.Integer(row, 2));
  block.summary.user_count = static_cast<uint32_t>(rows.Integer(row, 3));
  block.summary.first_user = rows.Integer(row, 4);
  block.summary.last_user = rows.Integer(row, 5);
  block.summary.first_time_us = rows.Integer(row, 6);
  block.summary.last_time_us = rows.Integer(row, 7);
  block.summary.keys = nlohmann::json::parse(rows.Bytes(row, 8)).get<std::vector<std::string>>();
  return block;
}

size_t BytesOf(const history::Block& block) {
  size_t bytes = sizeof(FreshBlock);
  for (const auto& [number, column] : block.columns) bytes += column->MemoryBytes() + sizeof(history::Column);
  return bytes;
}

}  // namespace

absl::Status HistoryReader::CheckPartitions(int from_month, int to_month) {
  const BinaryRows rows = BinaryRows::Fetch(*connection_, sql::kHistoryUntrusted,
                                            {absl::StrCat(from_month), absl::StrCat(to_month)});
  if (rows.size() == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the histories of ", std::string(rows.Bytes(0, 0)), " are not packed yet, or not any more (",
      std::string(rows.Bytes(0, 1)), "): see donut history status"));
}

absl::StatusOr<HistoryDirectory> HistoryReader::Open(int project_id, int64_t from_us, int64_t to_us) {
  const int from_month = ClampedMonth(from_us);
  const int to_month = ClampedMonth(to_us);
  RETURN_IF_ERROR(CheckPartitions(from_month, to_month));
  HistoryDirectory directory;
  const BinaryRows rows =
      BinaryRows::Fetch(*connection_, sql::kHistoryDirectory,
                        {absl::StrCat(project_id), absl::StrCat(from_month), absl::StrCat(to_month)});
  for (int row = 0; row < rows.size(); ++row) {
    StoredBlock block = ReadBlock(rows, row);
    const bool is_read = block.summary.last_time_us >= from_us && block.summary.first_time_us < to_us;
    if (is_read) directory.blocks.push_back(std::move(block));
  }
  RETURN_IF_ERROR(OpenFresh(project_id, from_month, to_month, directory));
  return directory;
}

absl::Status HistoryReader::OpenFresh(int project_id, int from_month, int to_month,
                                      HistoryDirectory& directory) {
  const BinaryRows rows =
      BinaryRows::Fetch(*connection_, sql::kHistoryFresh,
                        {absl::StrCat(project_id), absl::StrCat(from_month), absl::StrCat(to_month)});
  std::vector<std::string> ids;
  for (int row = 0; row < rows.size(); ++row) {
    ids.emplace_back(rows.Bytes(row, 0));
    directory.fresh_event_count += rows.Integer(row, 1);
  }
  if (ids.empty()) return absl::OkStatus();
  SharedCache<FreshBlock>& cache = store_->fresh();
  SharedCache<FreshBlock>::Found found = cache.Find(ids);
  std::vector<std::string> missing;
  for (const size_t place : found.to_load) missing.push_back(ids[place]);
  std::vector<std::shared_ptr<const FreshBlock>> loaded;
  {
    SharedCache<FreshBlock>::Claims claims(&cache, missing);
    RETURN_IF_ERROR(LoadFresh(missing, loaded));
    claims.Put(loaded);
  }
  for (size_t i = 0; i < loaded.size(); ++i) found.values[found.to_load[i]] = loaded[i];
  for (const size_t place : found.to_await) {
    found.values[place] = cache.Await(ids[place]);
    if (found.values[place] != nullptr) continue;
    RETURN_IF_ERROR(LoadFresh({ids[place]}, loaded));
    found.values[place] = loaded[0];
  }
  directory.fresh = std::move(found.values);
  return absl::OkStatus();
}

absl::Status HistoryReader::LoadFresh(const std::vector<std::string>& ids,
                                      std::vector<std::shared_ptr<const FreshBlock>>& blocks) {
  blocks.assign(ids.size(), nullptr);
  if (ids.empty()) return absl::OkStatus();
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < ids.size(); ++i) places[ids[i]] = i;
  const BinaryRows rows = BinaryRows::Fetch(*connection_, sql::kHistoryFreshBodies, {ToPostgresArray(ids)});
  for (int row = 0; row < rows.size(); ++row) {
    const std::string id(rows.Bytes(row, 0));
    auto block = ReadFresh(rows.Bytes(row, 3), rows.Integer(row, 2), static_cast<int>(rows.Integer(row, 1)));
    if (!block.ok()) return Damaged(absl::StrCat("fresh row ", id), block.status());
    blocks[places.at(id)] = *std::move(block);
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (blocks[i] == nullptr) return absl::DataLossError(absl::StrCat("fresh row ", ids[i], " is not there"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const FreshBlock>> HistoryReader::ReadFresh(std::string_view body,
                                                                           int64_t checksum, int month) {
  RETURN_IF_ERROR(CheckBody(body, checksum));
  store_->figures().bytes_read += static_cast<int64_t>(body.size());
  auto fresh = std::make_shared<FreshBlock>();
  ASSIGN_OR_RETURN(fresh->block, history::DecodeFresh(body, month));
  fresh->bytes = BytesOf(fresh->block);
  return std::shared_ptr<const FreshBlock>(std::move(fresh));
}

absl::Status HistoryReader::Damaged(const std::string& what, const absl::Status& status) {
  ++store_->figures().damaged;
  Log(Severity::kError, "histories cannot be read: SQL answers; mend with: donut history rebuild",
      {{"what", what}, {"error", std::string(status.message())}});
  return absl::DataLossError(absl::StrCat(what, ": ", std::string(status.message())));
}

absl::StatusOr<std::vector<history::Block>> HistoryReader::Load(
    const std::vector<const StoredBlock*>& blocks, const std::vector<std::vector<int>>& columns) {
  std::vector<Wanted> wanted;
  std::vector<std::string> keys;
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (const int column : columns[i]) {
      wanted.push_back({ColumnKey(blocks[i]->id, column), blocks[i], column});
      keys.push_back(wanted.back().key);
    }
  }
  SharedCache<history::Column>& cache = store_->columns();
  SharedCache<history::Column>::Found found = cache.Find(keys);
  std::vector<Wanted> missing;
  std::vector<std::string> missing_keys;
  for (const size_t place : found.to_load) {
    missing.push_back(wanted[place]);
    missing_keys.push_back(keys[place]);
  }
  std::vector<history::ColumnPointer> loaded;
  {
    SharedCache<history::Column>::Claims claims(&cache, missing_keys);
    RETURN_IF_ERROR(LoadColumns(missing, loaded));
    claims.Put(loaded);
  }
  for (size_t i = 0; i < loaded.size(); ++i) found.values[found.to_load[i]] = loaded[i];
  for (const size_t place : found.to_await) {
    found.values[place] = cache.Await(keys[place]);
    if (found.values[place] != nullptr) continue;
    RETURN_IF_ERROR(LoadColumns({wanted[place]}, loaded));
    found.values[place] = loaded[0];
  }
  std::vector<history::Block> result(blocks.size());
  size_t place = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    result[i].summary = blocks[i]->summary;
    for (const int column : columns[i]) result[i].columns[column] = found.values[place++];
  }
  return result;
}

absl::Status HistoryReader::LoadColumns(const std::vector<Wanted>& wanted,
                                        std::vector<history::ColumnPointer>& columns) {
  columns.assign(wanted.size(), nullptr);
  if (wanted.empty()) return absl::OkStatus();
  std::vector<std::string> ids;
  std::vector<int64_t> numbers;
  for (const Wanted& one : wanted) {
    ids.push_back(one.block->id);
    numbers.push_back(one.column);
  }
  const BinaryRows rows =
      BinaryRows::Fetch(*connection_, sql::kHistoryBodies, {ToPostgresArray(ids), ToPostgresArray(numbers)});
  for (int row = 0; row < rows.size(); ++row) {
    const size_t place = static_cast<size_t>(rows.Integer(row, 0)) - 1;
    const Wanted& one = wanted[place];
    const std::string_view body = rows.Bytes(row, 2);
    store_->figures().bytes_read += static_cast<int64_t>(body.size());
    const absl::Status checked = CheckBody(body, rows.Integer(row, 1));
    if (!checked.ok()) return Damaged(one.key, checked);
    absl::StatusOr<history::Column> column =
        history::DecodeBlockColumn(body, one.column, one.block->summary.event_count);
    if (!column.ok()) return Damaged(one.key, column.status());
    columns[place] = std::make_shared<history::Column>(*std::move(column));
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (columns[i] == nullptr) return Damaged(wanted[i].key, absl::DataLossError("it is not there"));
  }
  return absl::OkStatus();
}

std::map<int32_t, std::string> HistoryReader::EventNames(int project_id) {
  std::map<int32_t, std::string> names;
  const BinaryRows rows =
      BinaryRows::Fetch(*connection_, sql::kProjectEventNames, {absl::StrCat(project_id)});
  for (int row = 0; row < rows.size(); ++row) {
    names.emplace(static_cast<int32_t>(rows.Integer(row, 0)), rows.Bytes(row, 1));
  }
  return names;
}

UserChanges HistoryReader::ReadUserChanges(int project_id) {
  UserChanges changes;
  const BinaryRows rows = BinaryRows::Fetch(*connection_, sql::kUserChanges, {absl::StrCat(project_id)});
  changes.global_state = rows.Bytes(0, 0);
  changes.state = rows.Bytes(0, 1);
  changes.previous_state = rows.Bytes(0, 2);
  changes.folded = nlohmann::json::parse(rows.Bytes(0, 3)).get<std::set<std::string>>();
  for (int row = 0; row < rows.size(); ++row) {
    if (!rows.IsNull(row, 4)) changes.changes.emplace(rows.Bytes(row, 4));
  }
  return changes;
}

absl::StatusOr<UserProperties> HistoryReader::Users(int project_id, const std::vector<std::string>& keys) {
  UserProperties users;
  if (keys.empty()) return users;
  const UserChanges changes = ReadUserChanges(project_id);
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(users.keys[key], ReadUsers(project_id, key, changes));
  }
  return users;
}

absl::StatusOr<std::shared_ptr<const UserValues>> HistoryReader::ReadUsers(int project_id,
                                                                           const std::string& key,
                                                                           const UserChanges& changes) {
  const UserPropertyCache::Key cache_key(project_id, key);
  const UserPropertyCache::Known known = store_->users().Find(cache_key);
  std::optional<std::set<std::string>> missing;
  // Values that nobody has any more stay in the dictionary: now and then it is made anew.
  if (known.values != nullptr &&
      known.values->values.dictionary().size() <= 2 * known.values->codes.size() + kFewUnusedValues) {
    missing = ChangesSince(known.as_of, changes);
  }
  if (missing && missing->empty() && known.as_of.state == changes.state) return known.values;
  std::shared_ptr<UserValues> values;
  if (missing) {
    values = std::make_shared<UserValues>(*known.values);
  } else {
    values = std::make_shared<UserValues>();
  }
  const BinaryRows rows =
      missing
          ? BinaryRows::Fetch(*connection_, sql::kChangedUserValues,
                              {absl::StrCat(project_id), key,
                               ToPostgresArray(std::vector<std::string>(missing->begin(), missing->end()))})
          : BinaryRows::Fetch(*connection_, sql::kProjectUserValues, {absl::StrCat(project_id), key});
  values->codes.reserve(static_cast<size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    std::optional<history::OwnedValue> value;
    if (!rows.IsNull(row, 1)) {
      ASSIGN_OR_RETURN(value, history::ReadValue(rows.Bytes(row, 1)));
    }
    if (value) {
      values->codes[rows.Integer(row, 0)] = values->values.CodeOf(value->view());
    } else {
      values->codes.erase(rows.Integer(row, 0));
    }
  }
  store_->users().Put(cache_key, {changes, values});
  return std::shared_ptr<const UserValues>(std::move(values));
}

std::vector<bool> HistoryReader::Matches(const std::string& regex, const std::vector<std::string>& texts) {
  std::vector<bool> matches(texts.size(), false);
  const BinaryRows rows =
      BinaryRows::Fetch(*connection_, sql::kRegexMatches, {ToPostgresArray(texts), regex});
  for (int row = 0; row < rows.size(); ++row) matches[static_cast<size_t>(rows.Integer(row, 0)) - 1] = true;
  return matches;
}

}  // namespace donut::query
