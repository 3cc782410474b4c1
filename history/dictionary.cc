#include "history/dictionary.h"

#include <utility>

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace donut::history {

size_t Dictionary::MemoryBytes() const {
  return types_.capacity() + ends_.capacity() * sizeof(uint32_t) + text_.capacity();
}

uint32_t Dictionary::Append(ValueView value) {
  types_ += static_cast<char>(value.type);
  text_ += value.text;
  ends_.push_back(static_cast<uint32_t>(text_.size()));
  return static_cast<uint32_t>(types_.size());
}

uint32_t DictionaryBuilder::CodeOf(ValueView value) {
  const uint64_t hash =
      XXH3_64bits_withSeed(value.text.data(), value.text.size(), static_cast<uint64_t>(value.type));
  const auto [found, is_new] = codes_.try_emplace(hash, static_cast<uint32_t>(dictionary_.size() + 1));
  if (is_new) {
    next_.push_back(0);
    return dictionary_.Append(value);
  }
  uint32_t code = found->second;
  while (dictionary_.At(code) != value) {
    uint32_t& next = next_[code - 1];
    if (next == 0) {
      next = static_cast<uint32_t>(dictionary_.size() + 1);
      next_.push_back(0);
      return dictionary_.Append(value);
    }
    code = next;
  }
  return code;
}

Dictionary DictionaryBuilder::Take() {
  codes_.clear();
  next_.clear();
  return std::exchange(dictionary_, Dictionary());
}

size_t DictionaryBuilder::MemoryBytes() const {
  constexpr size_t kSlotBytes = sizeof(uint64_t) + sizeof(uint64_t) + 1;
  return dictionary_.MemoryBytes() + next_.capacity() * sizeof(uint32_t) + codes_.capacity() * kSlotBytes;
}

}  // namespace donut::history
