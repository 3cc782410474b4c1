// JSON as anybody might write it, from a seed: odd numbers, every kind of escape, keys that come twice,
// spaces where they may be. Not thread-safe.
#pragma once

#include <random>
#include <string>

namespace donut::history {

class RandomJson {
 public:
  explicit RandomJson(uint64_t seed) : random_(seed) {}

  size_t Below(size_t end) { return random_() % end; }
  bool OneIn(size_t chances) { return Below(chances) == 0; }

  std::string Object(int depth = 1);
  std::string Number();
  // Of few, so that they meet; as text, not as JSON.
  std::string Key();
  // The same with some ASCII bytes changed, left out or put in between: mostly no JSON any more.
  std::string Damaged(std::string json);

 private:
  std::string Value(int depth);
  std::string List(int depth);
  std::string Quoted(const std::string& text);
  std::string Text();
  std::string Space();

  std::mt19937_64 random_;
};

}  // namespace donut::history
