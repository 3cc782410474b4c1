#include "tests/history/history_events.h"

#include <algorithm>
#include <tuple>

#include "history/month.h"

namespace donut::history {
namespace {

auto AllOf(const EventKey& key) {
  return std::tie(key.user_id, key.time_us, key.producer_no, key.sequence, key.event_name_id, key.session_id);
}

OwnedValue ValueOf(const Column& column, uint32_t code) {
  const ValueView view = column.texts.At(code);
  return {view.type, std::string(view.text)};
}

void ReadRest(const Block& block, size_t place, HistoryEvent& event) {
  const auto code = static_cast<uint32_t>(block.at(kRest).values.At(place));
  if (code == 0) return;
  const absl::Status read =
      ReadProperties(block.at(kRest).texts.At(code).text, [&event](std::string_view key, ValueView value) {
        event.properties[std::string(key)] = {value.type, std::string(value.text)};
      });
  // Such an event equals none.
  if (!read.ok()) event.key.event_name_id = -1;
}

OwnedValue RandomValue(int which) {
  switch (which % 4) {
    case 0:
      return {ValueType::kNumber, std::to_string(which) + ".50"};
    case 1:
      return {ValueType::kBool, which % 8 == 1 ? "true" : "false"};
    case 2:
      return {ValueType::kJson, "{\"a\": [" + std::to_string(which) + ", \"\\\"\"]}"};
    default:
      return {ValueType::kText, "text \"" + std::to_string(which) + "\"\n"};
  }
}

}  // namespace

bool operator==(const HistoryEvent& a, const HistoryEvent& b) {
  return AllOf(a.key) == AllOf(b.key) && a.properties == b.properties;
}

std::ostream& operator<<(std::ostream& out, const HistoryEvent& event) {
  out << "user " << event.key.user_id << " time " << event.key.time_us << " name " << event.key.event_name_id
      << " session " << event.key.session_id.value_or(0) << " producer " << event.key.producer_no
      << " sequence " << event.key.sequence << " {";
  for (const auto& [key, value] : event.properties) {
    out << " " << key << "=" << static_cast<int>(value.type) << ":" << value.text;
  }
  return out << " }";
}

void AddTo(BlockBuilder& builder, const HistoryEvent& event) {
  builder.Add(event.key);
  for (const auto& [key, value] : event.properties) builder.AddProperty(key, value.view());
}

std::vector<HistoryEvent> EventsOf(const Block& block) {
  std::vector<HistoryEvent> events;
  const Column& users = block.at(kUsers);
  for (size_t user = 0; user < users.numbers.size(); ++user) {
    for (size_t place = users.ends[user]; place < users.ends[user + 1]; ++place) {
      HistoryEvent& event = events.emplace_back();
      event.key.user_id = users.numbers[user];
      event.key.time_us = MonthStartUs(block.summary.month) +
                          block.at(kQuarters).values.At(place) * kQuarterUs +
                          block.at(kMicros).values.At(place);
      event.key.event_name_id =
          static_cast<int32_t>(block.at(kNames).numbers.at(block.at(kNames).values.At(place)));
      const int64_t session = block.at(kSessions).values.At(place);
      if (session != 0) event.key.session_id = block.at(kSessions).numbers.at(session - 1);
      event.key.producer_no =
          static_cast<int32_t>(block.at(kProducers).numbers.at(block.at(kProducers).values.At(place)));
      event.key.sequence = block.at(kSequences).values.At(place);
      for (size_t i = 0; i < block.summary.keys.size(); ++i) {
        const Column& column = block.at(kFirstProperty + static_cast<int>(i));
        const auto code = static_cast<uint32_t>(column.values.At(place));
        if (code != 0) event.properties[block.summary.keys[i]] = ValueOf(column, code);
      }
      ReadRest(block, place, event);
    }
  }
  return events;
}

std::vector<HistoryEvent> Sorted(std::vector<HistoryEvent> events) {
  std::stable_sort(events.begin(), events.end(), [](const HistoryEvent& a, const HistoryEvent& b) {
    return std::tie(a.key.user_id, a.key.time_us, a.key.producer_no, a.key.sequence) <
           std::tie(b.key.user_id, b.key.time_us, b.key.producer_no, b.key.sequence);
  });
  return events;
}

std::vector<HistoryEvent> MakeEvents(const RandomEvents& wanted, int64_t first_sequence,
                                     std::mt19937_64& random) {
  const auto below = [&random](int64_t end) {
    return std::uniform_int_distribution<int64_t>(0, end - 1)(random);
  };
  const auto chance = [&random](double share) { return std::bernoulli_distribution(share)(random); };
  std::vector<HistoryEvent> events(wanted.count);
  for (HistoryEvent& event : events) {
    // Spread over all of 64 bits, negative ones too.
    event.key.user_id =
        static_cast<int64_t>((static_cast<uint64_t>(below(wanted.users)) + 1) * 0x9e3779b97f4a7c15);
    event.key.time_us = MonthStartUs(wanted.month) + below(wanted.seconds) * 1'000'000;
    if (wanted.micros) event.key.time_us += below(1'000'000);
    event.key.event_name_id = static_cast<int32_t>(below(wanted.names)) + 1;
    if (chance(wanted.sessions)) event.key.session_id = below(100) - 50;
    event.key.producer_no = static_cast<int32_t>(below(3));
    event.key.sequence = first_sequence++;
    for (int key = 0; key < wanted.keys; ++key) {
      if (!chance(wanted.key_share)) continue;
      event.properties["key" + std::to_string(key)] = RandomValue(static_cast<int>(below(wanted.values)));
    }
  }
  return events;
}

}  // namespace donut::history
