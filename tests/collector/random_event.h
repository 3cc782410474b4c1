// Events as anybody might send them, from a seed: most of them valid, with what is at the edge of a rule or
// just beyond it now and then. For tests. Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "common/limits.h"
#include "common/proto_alias.h"
#include "donut/analytics/v1/event.pb.h"

namespace donut::testing {

class RandomEvents {
 public:
  // `now`: the clock against which the times are meant to be valid.
  RandomEvents(uint64_t seed, absl::Time now) : random_(seed), now_(now) {}

  size_t Below(size_t bound) { return random_() % bound; }
  bool OneIn(size_t chances) { return Below(chances) == 0; }

  // `wrong_in`: how rare is what breaks a rule; 0: never.
  v1::Event Event(size_t wrong_in) {
    wrong_in_ = wrong_in;
    v1::Event event;
    event.set_name(Required(limits::kMaxEventNameBytes));
    event.set_user_id(Required(limits::kMaxUserIdBytes));
    if (OneIn(2)) event.set_session_id(Text(limits::kMaxSessionIdBytes));
    if (OneIn(4)) event.set_insert_id(Text(limits::kMaxInsertIdBytes));
    if (!OneIn(4)) FillTime(*event.mutable_event_time());
    if (!OneIn(5)) FillStruct(*event.mutable_properties(), 1);
    return event;
  }

 private:
  bool IsWrong() { return wrong_in_ > 0 && OneIn(wrong_in_); }

  std::string Required(int most) {
    const std::string text = Text(most);
    return text.empty() && !IsWrong() ? "x" : text;
  }

  // Mostly short; any mixture of what has to be looked at and what has not.
  std::string Text(int most) {
    static const std::string* const special = new std::string[12]{"\"",
                                                                  "\\",
                                                                  "\n",
                                                                  "\x01",
                                                                  "\x1f",
                                                                  "\x7f",
                                                                  "\xC3\xBC",
                                                                  "\xDF\xBF",
                                                                  "\xE2\x82\xAC",
                                                                  "\xEF\xBF\xBF",
                                                                  "\xF0\x9F\x90\xA2",
                                                                  " "};
    static const std::string* const wrong = new std::string[6]{
        std::string(1, '\0'), "\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xE2\x82", "\xF4\x90\x80\x80"};
    const auto limit = static_cast<size_t>(most);
    if (OneIn(40)) return std::string(limit + (IsWrong() ? 1 : 0), 'm');
    std::string text;
    for (size_t pieces = Below(4); pieces > 0; --pieces) {
      text += std::string(Below(OneIn(20) ? 200 : 12), static_cast<char>('a' + Below(26)));
      if (OneIn(3)) text += special[Below(12)];
      if (IsWrong()) text += wrong[Below(6)];
    }
    return text.size() <= limit ? text : std::string(limit, 'c');
  }

  void FillTime(google::protobuf::Timestamp& time) {
    const int64_t first = absl::ToUnixSeconds(limits::kMinEventTime);
    const absl::Time latest = now_ + limits::kMaxEventTimeAhead;
    const int64_t last = absl::ToUnixSeconds(latest);
    time.set_seconds(first + static_cast<int64_t>(Below(static_cast<size_t>(last - first))));
    if (!OneIn(3)) time.set_nanos(static_cast<int32_t>(Below(1'000'000'000)));
    if (OneIn(20)) time.set_seconds(first);
    if (IsWrong()) time.set_seconds(first - 1 + static_cast<int64_t>(Below(2)) * (last - first + 2));
    if (IsWrong()) time.set_nanos(static_cast<int32_t>(random_()));
    if (IsWrong()) time.set_seconds(static_cast<int64_t>(random_()));
  }

  double Number() {
    static constexpr double kEdges[] = {
        0.0,  -0.0,   1,      -1,      9007199254740992.0, -9007199254740991.0,
        0.25, 5e-324, 1e-300, 1.0 / 3, 4503599627370495.5, 19.99};
    static constexpr double kWrong[] = {9007199254740994.0, -1e300, std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN()};
    if (IsWrong()) return kWrong[Below(4)];
    switch (Below(5)) {
      case 0:
        return kEdges[Below(12)];
      case 1:
        return static_cast<double>(Below(1'000));
      case 2:
        return static_cast<double>(Below(100'000)) / 100;
      case 3:
        return std::uniform_real_distribution<double>(-1e9, 1e9)(random_);
      default: {
        // Any bits: all sizes, and whatever is no number.
        const auto number = std::bit_cast<double>(static_cast<uint64_t>(random_()));
        return std::abs(number) <= limits::kMaxInteger ? number : 7.5;
      }
    }
  }

  void FillValue(google::protobuf::Value& value, int depth) {
    const bool may_nest = depth < limits::kMaxPropertyNesting || IsWrong();
    switch (Below(may_nest ? 10 : 8)) {
      case 0:
        return;  // no kind
      case 1:
        return value.set_null_value(google::protobuf::NULL_VALUE);
      case 2:
        return value.set_bool_value(OneIn(2));
      case 3:
      case 4:
        return value.set_number_value(Number());
      case 8:
        return FillStruct(*value.mutable_struct_value(), depth + 1);
      case 9:
        value.mutable_list_value();
        for (size_t count = Below(4); count > 0; --count)
          FillValue(*value.mutable_list_value()->add_values(), depth + 1);
        return;
      default:
        return value.set_string_value(Text(limits::kMaxStringValueBytes));
    }
  }

  void FillStruct(google::protobuf::Struct& properties, int depth) {
    size_t count = Below(5);
    if (depth == 1 && OneIn(100)) count = limits::kMaxProperties - 1 + Below(2) + (IsWrong() ? 1 : 0);
    for (size_t i = 0; i < count; ++i) {
      const std::string key = count > 5 ? std::to_string(i) : Required(limits::kMaxPropertyKeyBytes);
      FillValue((*properties.mutable_fields())[key], depth);
    }
  }

  std::mt19937_64 random_;
  absl::Time now_;
  size_t wrong_in_ = 0;
};

}  // namespace donut::testing
