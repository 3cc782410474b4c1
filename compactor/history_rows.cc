#include "compactor/history_rows.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/postgres/transaction.h"
#include "common/status_macros.h"
#include "compactor/rewriting.h"
#include "compactor/statements.h"
#include "history/column_format.h"
#include "history/fresh_format.h"

namespace donut::compactor {
namespace {

std::string TextArray(const std::vector<std::string>& texts) {
  return absl::StrCat(
      "{",
      absl::StrJoin(
          texts, ",",
          [](std::string* out, const std::string& text) {
            absl::StrAppend(out, "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
          }),
      "}");
}

std::vector<std::string> TextsOf(const pqxx::field& field) {
  std::vector<std::string> texts;
  pqxx::array_parser parser = field.as_array();
  for (auto item = parser.get_next(); item.first != pqxx::array_parser::juncture::done;
       item = parser.get_next()) {
    if (item.first == pqxx::array_parser::juncture::string_value) texts.push_back(item.second);
  }
  return texts;
}

// The body of a row that also has its checksum. The view is of `bytes`.
absl::StatusOr<std::string_view> CheckedBody(const pqxx::binarystring& bytes, int64_t checksum) {
  const std::string_view body(bytes.get(), bytes.size());
  if (static_cast<int64_t>(history::Checksum(body)) == checksum) return body;
  return absl::DataLossError("the checksum does not fit");
}

}  // namespace

Written& Written::operator+=(const Written& other) {
  blocks += other.blocks;
  events += other.events;
  bytes += other.bytes;
  return *this;
}

UserSpan StoredBlock::SpanOf(const history::BlockSummary& summary, size_t body_bytes) {
  const size_t per_event = 40 + 4 * (summary.keys.size() + 1);
  const size_t memory = summary.event_count * per_event + size_t{summary.user_count} * 16 +
                        std::min<size_t>(2 * history::kMaxBlockTextBytes, 16 * body_bytes);
  return {summary.first_user, summary.last_user, memory};
}

std::string IdArray(const std::vector<std::string>& ids) {
  return absl::StrCat("{", absl::StrJoin(ids, ","), "}");
}

absl::StatusOr<std::string> MakeId(pqxx::transaction_base& transaction) {
  return transaction.exec1(sql::kMakeId)[0].as<std::string>();
}

absl::Status WriteBlock(pqxx::transaction_base& transaction, const BlockPlace& place,
                        const history::EncodedBlock& block, Written& written) {
  const history::BlockSummary& summary = block.summary;
  const auto bytes = static_cast<int64_t>(block.BodyBytes());
  const auto id =
      transaction
          .exec_params1(sql::kInsertBlock, place.slice_id, place.project_id, place.month, place.level,
                        summary.event_count, summary.user_count, summary.first_user, summary.last_user,
                        summary.first_time_us, summary.last_time_us, TextArray(summary.keys), bytes)[0]
          .as<std::string>();
  for (const history::EncodedColumn& column : block.columns) {
    transaction.exec_params0(sql::kInsertColumn, id, column.number, static_cast<int64_t>(column.checksum),
                             pqxx::binarystring(column.body));
  }
  written += {1, summary.event_count, bytes};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredBlock>> TakeBlocks(pqxx::transaction_base& transaction, int project_id,
                                                    int month, const std::vector<std::string>& slices,
                                                    int64_t expected) {
  std::vector<StoredBlock> blocks;
  for (const pqxx::row& row : transaction.exec_params(sql::kTakeBlocks, project_id, month, IdArray(slices))) {
    StoredBlock block;
    block.id = row[0].as<std::string>();
    block.level = row[1].as<int>();
    block.summary.month = month;
    block.summary.event_count = row[2].as<uint32_t>();
    block.summary.user_count = row[3].as<uint32_t>();
    block.summary.first_user = row[4].as<int64_t>();
    block.summary.last_user = row[5].as<int64_t>();
    block.summary.first_time_us = row[6].as<int64_t>();
    block.summary.last_time_us = row[7].as<int64_t>();
    block.summary.keys = TextsOf(row[8]);
    block.body_bytes = row[9].as<int64_t>();
    blocks.push_back(std::move(block));
  }
  RETURN_IF_ERROR(CheckAllReplaced(blocks.size(), static_cast<size_t>(expected)));
  return blocks;
}

absl::StatusOr<history::Block> ReadBlock(pqxx::transaction_base& transaction, const StoredBlock& stored) {
  history::Block block;
  block.summary = stored.summary;
  for (const pqxx::row& row : transaction.exec_params(sql::kReadColumns, stored.id)) {
    const int number = row[0].as<int>();
    const pqxx::binarystring bytes(row[2]);
    const auto failed = [&](const absl::Status& why) {
      return absl::Status(why.code(),
                          absl::StrCat("block ", stored.id, ", column ", number, ": ", why.message()));
    };
    const auto body = CheckedBody(bytes, row[1].as<int64_t>());
    if (!body.ok()) return failed(body.status());
    auto column = history::DecodeBlockColumn(*body, number, stored.summary.event_count);
    if (!column.ok()) return failed(column.status());
    block.columns[number] = std::make_shared<const history::Column>(*std::move(column));
  }
  const size_t expected = history::kFirstProperty + stored.summary.keys.size();
  if (block.columns.size() != expected || block.columns.rbegin()->first != static_cast<int>(expected) - 1) {
    return absl::DataLossError(
        absl::StrCat("block ", stored.id, " has ", block.columns.size(), " columns instead of ", expected));
  }
  return block;
}

absl::Status DeleteBlocks(pqxx::transaction_base& transaction, const std::vector<std::string>& ids) {
  const std::string array = IdArray(ids);
  transaction.exec_params(sql::kDeleteColumns, array);
  return CheckAllReplaced(transaction.exec_params(sql::kDeleteBlocks, array).affected_rows(), ids.size());
}

absl::StatusOr<history::Block> DecodeFreshRow(const pqxx::row& row, int month) {
  const pqxx::binarystring bytes(row["body"]);
  const auto failed = [&row](const absl::Status& why) {
    return absl::Status(why.code(), absl::StrCat("fresh row ", row["fresh_id"].c_str(), ": ", why.message()));
  };
  const auto body = CheckedBody(bytes, row["checksum"].as<int64_t>());
  if (!body.ok()) return failed(body.status());
  auto block = history::DecodeFresh(*body, month);
  if (!block.ok()) return failed(block.status());
  if (block->summary.event_count != row["event_count"].as<uint32_t>()) {
    return failed(absl::DataLossError("another number of events"));
  }
  return block;
}

absl::Status MarkMonth(pqxx::connection_base& connection, int month) {
  bool broken = false;
  return postgres::RunTransaction(
             connection, postgres::TransactionKind::kReadWrite,
             [month](pqxx::transaction_base& transaction) {
               transaction.exec_params(sql::kMarkMonth, month);
               return absl::OkStatus();
             },
             broken)
      .status;
}

}  // namespace donut::compactor
