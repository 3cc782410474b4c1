// The seed of a random test. It names it when it fails; DONUT_RANDOM_SEED repeats it. No state.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>

namespace donut::testing {

// The one asked for.
inline std::optional<uint64_t> GivenSeed() {
  const char* text = std::getenv("DONUT_RANDOM_SEED");
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

// Another one at each run, unless one is asked for.
inline uint64_t RandomSeed() {
  if (const auto given = GivenSeed()) return *given;
  return std::random_device{}();
}

}  // namespace donut::testing
