// Memory for the bytes of events: blocks of one size that are used again, and larger ones for single
// events that need them. Bounded.
//
// Blocks that are free are kept for the next burst, up to a quarter of the bound: fresh memory costs
// a page fault for every few dozen events, paid by the thread that calls Track.
//
// A plain class. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace donut {

class BlockPool {
 public:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t capacity = 0;
    size_t used = 0;
    int runs = 0;      // that have bytes here: the user's
    size_t index = 0;  // the pool's own
  };

  BlockPool(size_t capacity_bytes, size_t block_bytes);

  // An empty block with room for `bytes`, null when the bound or the machine's memory is reached.
  // `beyond` the bound when it must be.
  Block* Take(size_t bytes, bool beyond);
  void GiveBack(Block* block);

  // Of all blocks, free ones included.
  size_t allocated_bytes() const { return allocated_bytes_; }

 private:
  const size_t capacity_bytes_;
  const size_t block_bytes_;
  const size_t most_free_;
  std::vector<std::unique_ptr<Block>> blocks_;  // all of them
  std::vector<Block*> free_;
  size_t allocated_bytes_ = 0;
};

}  // namespace donut
