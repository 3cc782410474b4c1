#include "query_service/events/top_values.h"

#include <algorithm>

namespace donut::query {

TopValues::TopValues(const std::vector<int64_t>& actors, const ValueNames& names, int limit) {
  struct Ranked {
    int64_t actors;
    std::string text;
    uint32_t number;
  };
  std::vector<Ranked> ranked;
  for (uint32_t number = 1; number < actors.size(); ++number) {
    if (actors[number] > 0) ranked.push_back({actors[number], names.At(number), number});
  }
  value_count = static_cast<int64_t>(ranked.size());
  const size_t top = std::min(ranked.size(), static_cast<size_t>(limit));
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(top), ranked.end(),
                    [](const Ranked& a, const Ranked& b) {
                      return a.actors != b.actors ? a.actors > b.actors : a.text < b.text;
                    });
  row_of_value.assign(names.size() + 1, limit);
  row_of_value[0] = limit + 1;
  for (size_t row = 0; row < top; ++row) {
    row_of_value[ranked[row].number] = static_cast<int>(row);
    texts.push_back(std::move(ranked[row].text));
  }
}

v1::BreakdownValue ValueOfRow(const TopValues& top, int row, int limit) {
  v1::BreakdownValue value;
  if (row < static_cast<int>(top.texts.size())) {
    value.set_text(top.texts[static_cast<size_t>(row)]);
  } else if (row == limit) {
    value.set_other(true);
  } else {
    value.set_none(true);
  }
  return value;
}

}  // namespace donut::query
