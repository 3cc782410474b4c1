#include "collector/fresh_rows.h"

#include <algorithm>

#include "collector/big_endian.h"
#include "collector/event_row.h"
#include "collector/statements.h"
#include "history/column_format.h"
#include "history/month.h"
#include "history/property_json.h"

namespace donut::collector {
namespace {

using history::ValueType;

constexpr int16_t kFreshColumns = 7;

template <typename Number>
void AppendNumber(Number number, std::string& row) {
  row.append(sizeof(number), '\0');
  PutBigEndian(row.data() + row.size() - sizeof(number), number);
}

// A column of a row: its length and itself.
template <typename Number>
void AppendField(Number number, std::string& row) {
  AppendNumber(static_cast<int32_t>(sizeof(number)), row);
  AppendNumber(number, row);
}

// The code of what is no text, from its JSON. The JSON is our own, so it can be read.
uint32_t CodeOfJson(uint32_t key, ValueType type, std::string_view json, history::BlockBuilder& builder) {
  if (type == ValueType::kBool) return builder.ValueCode(key, {type, json});
  if (type == ValueType::kNumber) {
    if (json.find('e') == std::string_view::npos) return builder.ValueCode(key, {type, json});
    return builder.ValueCode(key, {type, history::NormalizeNumber(json)});
  }
  const auto value = history::ReadValue(json);
  return builder.ValueCode(key, value.value().value().view());
}

}  // namespace

FreshRows::Month::Month(int month)
    : start_us(history::MonthStartUs(month)), end_us(history::MonthStartUs(month + 1)), builder(month) {}

FreshRows::Month& FreshRows::MonthFor(int project_id, int64_t time_us) {
  if (month_ != nullptr && project_id == project_id_ && time_us >= month_->start_us &&
      time_us < month_->end_us) {
    return *month_;
  }
  const int number = history::MonthOf(time_us);
  Month& month = months_.try_emplace({project_id, number}, number).first->second;
  if (month.builder.event_count() == 0) month.first_time_us = month.last_time_us = time_us;
  return month;
}

void FreshRows::Translate(const PreparedBatch& batch, Month& month) {
  if (&batch != batch_) {
    if (keys_.size() < batch.property_keys.size()) keys_.resize(batch.property_keys.size());
    if (values_.size() < batch.property_values.size()) values_.resize(batch.property_values.size());
  }
  batch_ = &batch;
  month_ = &month;
  ++round_;
}

uint32_t FreshRows::KeyCode(uint32_t key) {
  Translation& known = keys_[key];
  if (known.round != round_) {
    known = {round_, month_->builder.KeyCode(batch_->Text(batch_->property_keys[key]))};
  }
  return known.code;
}

uint32_t FreshRows::ValueCode(uint32_t value) {
  Translation& known = values_[value];
  if (known.round == round_) return known.code;
  const PropertyValue& property = batch_->property_values[value];
  const uint32_t key = KeyCode(property.key);
  const std::string_view text = batch_->ValueText(property);
  known = {round_, property.in_rows ? CodeOfJson(key, property.type, text, month_->builder)
                                    : month_->builder.ValueCode(key, {property.type, text})};
  return known.code;
}

void FreshRows::Add(int project_id, const PreparedBatch& batch, size_t index, int event_name_id,
                    int producer_no, int64_t sequence) {
  const PreparedEvent& event = batch.events[index];
  history::EventKey key;
  key.user_id = event.user_id;
  key.time_us = EventTimeUsOf(batch.Row(index));
  key.event_name_id = event_name_id;
  if (event.session_text.length > 0) key.session_id = event.session_id;
  key.producer_no = producer_no;
  key.sequence = sequence;
  Month& month = MonthFor(project_id, key.time_us);
  if (&month != month_ || &batch != batch_) Translate(batch, month);
  project_id_ = project_id;
  month.first_time_us = std::min(month.first_time_us, key.time_us);
  month.last_time_us = std::max(month.last_time_us, key.time_us);
  month.builder.Add(key);
  for (const uint32_t value : batch.Codes(index)) {
    const uint32_t code = ValueCode(value);
    month.builder.AddProperty(KeyCode(batch.property_values[value].key), code);
  }
}

void FreshRows::Pack() {
  for (auto& [place, month] : months_) {
    const auto event_count = static_cast<int32_t>(month.builder.event_count());
    const std::string body = month.builder.FinishFresh();
    AppendNumber(kFreshColumns, rows_);
    AppendField(static_cast<int32_t>(place.first), rows_);
    AppendField(static_cast<int32_t>(place.second), rows_);
    AppendField(event_count, rows_);
    AppendField(month.first_time_us, rows_);
    AppendField(month.last_time_us, rows_);
    AppendField(static_cast<int64_t>(history::Checksum(body)), rows_);
    AppendNumber(static_cast<int32_t>(body.size()), rows_);
    rows_ += body;
  }
}

void FreshRows::Write(postgres::CopyConnection& connection) const {
  if (rows_.empty()) return;
  postgres::BinaryCopy copy(connection);
  copy.Start(sql::kCopyFreshRows);
  copy.Write(rows_);
  copy.Finish();
}

}  // namespace donut::collector
