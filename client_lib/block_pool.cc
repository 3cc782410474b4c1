#include "client_lib/block_pool.h"

#include <algorithm>
#include <new>
#include <utility>

namespace donut {
namespace {

constexpr size_t kLeastFreeBlocks = 4;
constexpr size_t kFreeShare = 4;  // of the bound, as a divisor

}  // namespace

BlockPool::BlockPool(size_t capacity_bytes, size_t block_bytes)
    : capacity_bytes_(capacity_bytes),
      block_bytes_(block_bytes),
      most_free_(std::max(kLeastFreeBlocks, capacity_bytes / block_bytes / kFreeShare)) {}

BlockPool::Block* BlockPool::Take(size_t bytes, bool beyond) {
  if (bytes <= block_bytes_ && !free_.empty()) {
    Block* block = free_.back();
    free_.pop_back();
    return block;
  }
  const size_t capacity = std::max(bytes, block_bytes_);
  if (allocated_bytes_ + capacity > capacity_bytes_ && !beyond) return nullptr;
  auto made = std::make_unique<Block>();
  made->bytes.reset(new (std::nothrow) char[capacity]);
  if (made->bytes == nullptr) return nullptr;
  made->capacity = capacity;
  made->index = blocks_.size();
  allocated_bytes_ += capacity;
  blocks_.push_back(std::move(made));
  return blocks_.back().get();
}

void BlockPool::GiveBack(Block* block) {
  block->used = 0;
  if (block->capacity == block_bytes_ && free_.size() < most_free_) {
    free_.push_back(block);
    return;
  }
  allocated_bytes_ -= block->capacity;
  const size_t index = block->index;
  std::swap(blocks_[index], blocks_.back());
  blocks_[index]->index = index;
  blocks_.pop_back();
}

}  // namespace donut
