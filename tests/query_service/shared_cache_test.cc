#include "query_service/events/shared_cache.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace donut::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Weighed {
  explicit Weighed(size_t weight) : bytes(weight) {}
  size_t bytes;
  size_t MemoryBytes() const { return bytes; }
};
using Cache = query::SharedCache<Weighed>;

TEST(SharedCacheTest, GivesWhatWasPut) {
  Cache cache(10'000);
  EXPECT_THAT(cache.Find({"a", "b"}).to_load, ElementsAre(0, 1));
  cache.Put("a", std::make_shared<Weighed>(1));
  cache.Put("b", std::make_shared<Weighed>(2));
  const Cache::Found found = cache.Find({"b", "a"});
  EXPECT_THAT(found.to_load, IsEmpty());
  EXPECT_EQ(found.values[0]->bytes, 2u);
  EXPECT_EQ(found.values[1]->bytes, 1u);
  EXPECT_EQ(cache.figures().hits, 2);
  EXPECT_EQ(cache.figures().misses, 2);
}

TEST(SharedCacheTest, ForgetsWhatWasNotUsedForLongest) {
  Cache cache(3'000);
  for (const char* key : {"a", "b"}) {
    cache.Find({key});
    cache.Put(key, std::make_shared<Weighed>(1'000));
  }
  cache.Find({"a"});
  cache.Find({"c"});
  cache.Put("c", std::make_shared<Weighed>(1'000));
  EXPECT_THAT(cache.Find({"a"}).to_load, IsEmpty());
  EXPECT_THAT(cache.Find({"b"}).to_load, ElementsAre(0));
  EXPECT_EQ(cache.figures().evictions, 1);
  EXPECT_LE(cache.figures().bytes, 3'000u);
}

TEST(SharedCacheTest, KeepsWithinItsBytesWhateverIsPut) {
  Cache cache(10'000);
  for (int i = 0; i < 1'000; ++i) {
    const std::string key = std::to_string(i);
    cache.Find({key});
    cache.Put(key, std::make_shared<Weighed>(static_cast<size_t>(i * 7 % 3'000)));
    EXPECT_LE(cache.figures().bytes, 10'000u);
  }
}

TEST(SharedCacheTest, LetsTheSecondWaitForTheFirst) {
  Cache cache(10'000);
  EXPECT_THAT(cache.Find({"a"}).to_load, ElementsAre(0));
  const Cache::Found second = cache.Find({"a"});
  EXPECT_THAT(second.to_load, IsEmpty());
  EXPECT_THAT(second.to_await, ElementsAre(0));
  std::thread first([&] { cache.Put("a", std::make_shared<Weighed>(5)); });
  EXPECT_EQ(cache.Await("a")->bytes, 5u);
  first.join();
}

TEST(SharedCacheTest, TellsThatTheFirstGaveUp) {
  Cache cache(10'000);
  { Cache::Claims claims(&cache, {cache.Find({"a"}).to_load.empty() ? "" : "a"}); }
  EXPECT_EQ(cache.Await("a"), nullptr);
  EXPECT_THAT(cache.Find({"a"}).to_load, ElementsAre(0));
}

}  // namespace
}  // namespace donut::testing
