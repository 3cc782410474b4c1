// Events as a test says them, into blocks and out of them again: what a block holds is compared as a plain
// list. Pure functions.
#pragma once

#include <map>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "history/block.h"
#include "history/block_builder.h"
#include "history/property_json.h"

namespace donut::history {

struct HistoryEvent {
  EventKey key;
  std::map<std::string, OwnedValue> properties;

  friend bool operator==(const HistoryEvent& a, const HistoryEvent& b);
};
std::ostream& operator<<(std::ostream& out, const HistoryEvent& event);

void AddTo(BlockBuilder& builder, const HistoryEvent& event);
std::vector<HistoryEvent> EventsOf(const Block& block);
// In event order.
std::vector<HistoryEvent> Sorted(std::vector<HistoryEvent> events);

// What random events are like.
struct RandomEvents {
  int month = 0;
  size_t count = 100;
  int users = 10;
  // Times are whole seconds of so many: few make ties.
  int seconds = 2'000'000;
  bool micros = true;
  int names = 20;
  double sessions = 0.5;
  // Each property is in so many of the events.
  int keys = 4;
  double key_share = 0.5;
  int values = 10;
};
// Their producers and sequences tell them apart; `first_sequence` is that of the first.
std::vector<HistoryEvent> MakeEvents(const RandomEvents& wanted, int64_t first_sequence,
                                     std::mt19937_64& random);

}  // namespace donut::history
