#include "history/block.h"

#include <algorithm>

namespace donut::history {

size_t Column::MemoryBytes() const {
  return sizeof(Column) + values.MemoryBytes() + numbers.capacity() * sizeof(int64_t) + texts.MemoryBytes() +
         ends.capacity() * sizeof(uint32_t);
}

int BlockSummary::ColumnOf(const std::string& key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? kRest : kFirstProperty + static_cast<int>(found - keys.begin());
}

}  // namespace donut::history
