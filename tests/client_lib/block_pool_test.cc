#include "client_lib/block_pool.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace donut {
namespace {

constexpr size_t kBlock = 1024;

TEST(BlockPoolTest, RefusesBeyondItsBoundUnlessItMust) {
  BlockPool pool(4 * kBlock, kBlock);
  for (int i = 0; i < 4; ++i) EXPECT_NE(pool.Take(10, false), nullptr);
  EXPECT_EQ(pool.Take(10, false), nullptr);
  EXPECT_NE(pool.Take(10, true), nullptr);
  EXPECT_EQ(pool.allocated_bytes(), 5 * kBlock);
}

TEST(BlockPoolTest, GivesABlockOutAgainEmpty) {
  BlockPool pool(4 * kBlock, kBlock);
  BlockPool::Block* block = pool.Take(10, false);
  block->used = 10;
  pool.GiveBack(block);
  EXPECT_EQ(pool.Take(20, false), block);
  EXPECT_EQ(block->used, 0u);
  EXPECT_EQ(pool.allocated_bytes(), kBlock);
}

TEST(BlockPoolTest, KeepsAQuarterOfItsBoundForTheNextBurst) {
  BlockPool pool(100 * kBlock, kBlock);
  std::vector<BlockPool::Block*> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(pool.Take(kBlock, false));
  EXPECT_EQ(std::set<BlockPool::Block*>(blocks.begin(), blocks.end()).size(), 100u);
  for (int i = 0; i < 100; ++i) pool.GiveBack(blocks[(i * 37) % 100]);
  EXPECT_EQ(pool.allocated_bytes(), 25 * kBlock);
  for (int i = 0; i < 100; ++i) EXPECT_NE(pool.Take(kBlock, false), nullptr);
}

TEST(BlockPoolTest, KeepsNoLargeBlocks) {
  BlockPool pool(100 * kBlock, kBlock);
  BlockPool::Block* large = pool.Take(5 * kBlock, false);
  EXPECT_GE(large->capacity, 5 * kBlock);
  BlockPool::Block* small = pool.Take(1, false);
  pool.GiveBack(large);
  EXPECT_EQ(pool.allocated_bytes(), kBlock);
  pool.GiveBack(small);
}

}  // namespace
}  // namespace donut
