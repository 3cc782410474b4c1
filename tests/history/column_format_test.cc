#include "history/column_format.h"

#include <functional>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "history/fresh_format.h"
#include "history/merge.h"
#include "history/month.h"
#include "tests/history/history_events.h"
#include "tests/support/random_seed.h"
#include "tests/support/status_matchers.h"

namespace donut::history {
namespace {

using donut::testing::RandomSeed;
using donut::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kFormatMonth = 683;
constexpr absl::StatusCode kDataLoss = absl::StatusCode::kDataLoss;

Integers Of(const std::vector<int64_t>& values) { return Integers(std::span<const int64_t>(values)); }

std::string Hex(std::string_view bytes) { return absl::BytesToHexString({bytes.data(), bytes.size()}); }

Column CountryColumn() {
  Column column;
  column.values = Of({1, 0, 2, 2});
  column.texts.Append({ValueType::kText, "DE"});
  column.texts.Append({ValueType::kNumber, "12.50"});
  return column;
}

Column UsersColumn() {
  Column column;
  column.values = Of({1, 300, 2});
  column.numbers = {-5, 7, 1'000};
  return column;
}

std::vector<HistoryEvent> FreshEvents() {
  const int64_t start = MonthStartUs(kFormatMonth);
  std::vector<HistoryEvent> events(2);
  events[0].key = {.user_id = 300,
                   .time_us = start + kQuarterUs + 5,
                   .event_name_id = 4,
                   .session_id = 70,
                   .producer_no = 2,
                   .sequence = 10};
  events[0].properties["plan"] = {ValueType::kText, "pro"};
  events[1].key = {.user_id = -1, .time_us = start + 3, .event_name_id = 9, .producer_no = 2, .sequence = 11};
  return events;
}

// The format as it is stored: who changes these bytes needs another number, and a reader of both.
constexpr char kStoredQuarters[] = "01000703c80102000000";
constexpr char kStoredCountry[] = "010016040000010100020200020406000001444531322e3530";
constexpr char kStoredUsers[] = "0100150302000200002b0101000309000200000c00ed0300";
// 2,000 ones and twos in turn, as zstd compresses them.
constexpr char kStoredFrame[] = "0101d70f28b52ffd60d7066d000030d00f020001000100cef73b2d";
constexpr char kStoredFreshRow[] =
    "010209000e01000b0200020002d804d9040000010c0100090200020002080a000002090100060202010000000309010006020a03"
    "000000040d0"
    "1000a02020100018c01000000050c010009020000000104000000060901000602140200000007090100060200000000000804706"
    "c616e100100"
    "0d0202010000010600000070726f";

TEST(ColumnFormatTest, WritesFormatOne) {
  Column quarters;
  quarters.values = Of({100, 101, 102});
  EXPECT_EQ(Hex(EncodeColumn(quarters, Compression::kNone)), kStoredQuarters);
  EXPECT_EQ(Hex(EncodeColumn(CountryColumn(), Compression::kNone)), kStoredCountry);
  EXPECT_EQ(Hex(EncodeColumn(UsersColumn(), Compression::kNone)), kStoredUsers);

  BlockBuilder builder(kFormatMonth);
  for (const HistoryEvent& event : FreshEvents()) AddTo(builder, event);
  EXPECT_EQ(Hex(builder.FinishFresh()), kStoredFreshRow);
}

TEST(ColumnFormatTest, ReadsFormatOne) {
  ASSERT_OK_AND_ASSIGN(const Column users, DecodeColumn(absl::HexStringToBytes(kStoredUsers), 303, true));
  EXPECT_THAT(users.numbers, ElementsAre(-5, 7, 1'000));
  EXPECT_THAT(users.ends, ElementsAre(0, 1, 301, 303));
  ASSERT_OK_AND_ASSIGN(const Column country, DecodeColumn(absl::HexStringToBytes(kStoredCountry), 4));
  EXPECT_EQ(country.values.At(3), 2);
  EXPECT_EQ(country.texts.At(2), (ValueView{ValueType::kNumber, "12.50"}));
  ASSERT_OK_AND_ASSIGN(const Column flags, DecodeColumn(absl::HexStringToBytes(kStoredFrame), 2'000));
  for (size_t i = 0; i < 2'000; ++i) ASSERT_EQ(flags.values.At(i), 1 + static_cast<int64_t>(i % 2));
  ASSERT_OK_AND_ASSIGN(const Block fresh, DecodeFresh(absl::HexStringToBytes(kStoredFreshRow), kFormatMonth));
  EXPECT_EQ(EventsOf(fresh), Sorted(FreshEvents()));
}

TEST(ColumnFormatTest, ChecksumsAreXxh3) {
  EXPECT_EQ(Checksum(""), 0x2d06800538d394c2u);
  EXPECT_EQ(Checksum("donut"), 0x263a61bcefce385cu);
}

TEST(ColumnFormatTest, CompressesOnlyWhereThatGains) {
  std::mt19937_64 random(1);
  std::vector<int64_t> values(1'000);
  for (int64_t& value : values) value = static_cast<int64_t>(random());
  Column column;
  column.values = Of(values);
  EXPECT_EQ(EncodeColumn(column, Compression::kZstd), EncodeColumn(column, Compression::kNone));
  for (int64_t& value : values) value = static_cast<int64_t>(random() % 2) << 40;
  column.values = Of(values);
  const std::string body = EncodeColumn(column, Compression::kZstd);
  EXPECT_LT(body.size(), 1'000u);
  EXPECT_EQ(body[1], 1);
  ASSERT_OK_AND_ASSIGN(const Column read, DecodeColumn(body, values.size()));
  EXPECT_EQ(read.values.bytes(), column.values.bytes());
}

TEST(ColumnFormatTest, RefusesFormatsThatItDoesNotKnow) {
  std::string body = EncodeColumn(CountryColumn(), Compression::kNone);
  body[0] = 2;
  EXPECT_THAT(DecodeColumn(body, 4), StatusIs(kDataLoss, HasSubstr("format 2; this program reads format 1")));
  body[0] = 1;
  body[1] = 2;
  EXPECT_THAT(DecodeColumn(body, 4), StatusIs(kDataLoss, HasSubstr("flags")));
}

TEST(ColumnFormatTest, RefusesOtherEventsThanTheBlocks) {
  const std::string body = EncodeColumn(CountryColumn(), Compression::kNone);
  EXPECT_OK(DecodeColumn(body, 4));
  EXPECT_THAT(DecodeColumn(body, 5), StatusIs(kDataLoss));
  EXPECT_THAT(DecodeColumn(body, 3), StatusIs(kDataLoss));
  const std::string users = EncodeColumn(UsersColumn(), Compression::kNone);
  EXPECT_OK(DecodeColumn(users, 303, true));
  EXPECT_THAT(DecodeColumn(users, 304, true), StatusIs(kDataLoss, HasSubstr("add up")));
  EXPECT_THAT(DecodeColumn(users, 302, true), StatusIs(kDataLoss, HasSubstr("add up")));
}

TEST(ColumnFormatTest, RefusesUsersThatAreNone) {
  const auto decode = [](const std::vector<int64_t>& counts, const std::vector<int64_t>& ids) {
    Column column;
    column.values = Of(counts);
    column.numbers = ids;
    return DecodeColumn(EncodeColumn(column, Compression::kNone), 10, true);
  };
  EXPECT_OK(decode({4, 6}, {1, 2}));
  EXPECT_THAT(decode({4, 6}, {2, 1}), StatusIs(kDataLoss));
  EXPECT_THAT(decode({4, 6}, {2, 2}), StatusIs(kDataLoss));
  EXPECT_THAT(decode({4, 6}, {2}), StatusIs(kDataLoss));
  EXPECT_THAT(decode({10, 0}, {1, 2}), StatusIs(kDataLoss));
  EXPECT_THAT(decode({11, -1}, {1, 2}), StatusIs(kDataLoss));
}

TEST(ColumnFormatTest, RefusesCodesOutOfRange) {
  Column column = CountryColumn();
  column.values = Of({1, 0, 3, 2});
  EXPECT_THAT(DecodeColumn(EncodeColumn(column, Compression::kNone), 4),
              StatusIs(kDataLoss, HasSubstr("code")));
  column.values = Of({1, -1, 2, 2});
  EXPECT_THAT(DecodeColumn(EncodeColumn(column, Compression::kNone), 4),
              StatusIs(kDataLoss, HasSubstr("code")));
}

TEST(ColumnFormatTest, RefusesWhatAColumnOfItsNumberCannotHold) {
  const auto decode = [](int number, const std::vector<int64_t>& values,
                         const std::vector<int64_t>& numbers) {
    Column column;
    column.values = Of(values);
    column.numbers = numbers;
    return DecodeBlockColumn(EncodeColumn(column, Compression::kNone), number, values.size());
  };
  EXPECT_OK(decode(kNames, {0, 1, 0}, {5, 6}));
  EXPECT_THAT(decode(kNames, {0, 2, 0}, {5, 6}), StatusIs(kDataLoss));
  EXPECT_THAT(decode(kNames, {0, 0, 0}, {}), StatusIs(kDataLoss));
  EXPECT_THAT(decode(kNames, {0, 0, 0}, {int64_t{1} << 31}), StatusIs(kDataLoss));
  EXPECT_OK(decode(kSessions, {0, 2, 0}, {5, 6}));
  EXPECT_OK(decode(kSessions, {0, 0, 0}, {}));
  EXPECT_THAT(decode(kSessions, {0, 1, 0}, {}), StatusIs(kDataLoss));
  EXPECT_OK(decode(kQuarters, {0, 2'975}, {}));
  EXPECT_THAT(decode(kQuarters, {0, 2'976}, {}), StatusIs(kDataLoss));
  EXPECT_THAT(decode(kQuarters, {0, -1}, {}), StatusIs(kDataLoss));
  EXPECT_THAT(decode(kMicros, {0, kQuarterUs}, {}), StatusIs(kDataLoss));
  EXPECT_THAT(decode(kQuarters, {0, 1}, {1}), StatusIs(kDataLoss));
  EXPECT_THAT(decode(kRest, {0, 1}, {}), StatusIs(kDataLoss));
  EXPECT_OK(decode(kSequences, {INT64_MIN, INT64_MAX, 0}, {}));
}

// Changes a few bytes or bits, cuts off or adds some.
std::string Spoilt(std::string body, std::mt19937_64& random) {
  for (size_t count = 1 + random() % 3; count > 0; --count) {
    switch (random() % 5) {
      case 0:
        body.resize(random() % (body.size() + 1));
        break;
      case 1:
        body.append(1 + random() % 10, static_cast<char>(random()));
        break;
      case 2:
        if (!body.empty()) body[random() % body.size()] = static_cast<char>(random());
        break;
      default: {
        // Where the lengths are: mostly in front.
        const size_t end = random() % 2 ? body.size() : std::min<size_t>(body.size(), 40);
        if (end > 0) body[random() % end] ^= static_cast<char>(1 << random() % 8);
      }
    }
  }
  return body;
}

class DamagedBodiesTest : public ::testing::Test {
 protected:
  static constexpr int kRounds = 20'000;

  BlockBuilder Filled(size_t count) {
    RandomEvents wanted;
    wanted.month = kFormatMonth;
    wanted.count = count;
    wanted.keys = 6;
    wanted.key_share = 0.2;
    BlockBuilder builder(kFormatMonth);
    for (const HistoryEvent& event : MakeEvents(wanted, 1, random_)) AddTo(builder, event);
    builder.AddProperty("rare", {ValueType::kText, "value"});
    return builder;
  }

  const uint64_t seed_ = RandomSeed();
  ::testing::ScopedTrace trace_{__FILE__, __LINE__, "DONUT_RANDOM_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
};

// Reads all that a reader could read.
size_t BytesOf(const Column& column, size_t event_count, bool is_users) {
  size_t bytes = 0;
  if (is_users) {
    EXPECT_EQ(column.ends.size(), column.numbers.size() + 1);
    EXPECT_EQ(column.ends.back(), event_count);
  } else {
    EXPECT_EQ(column.values.size(), event_count);
    for (size_t i = 0; i < event_count; ++i) {
      const int64_t code = column.values.At(i);
      if (column.texts.size() > 0 && code > 0)
        bytes += column.texts.At(static_cast<uint32_t>(code)).text.size();
      if (!column.numbers.empty() && code > 0) bytes += static_cast<size_t>(column.numbers.at(code - 1) & 1);
    }
  }
  for (uint32_t code = 1; code <= column.texts.size(); ++code) bytes += column.texts.At(code).text.size();
  return bytes;
}

TEST_F(DamagedBodiesTest, ColumnsAreRefusedOrWhole) {
  const EncodedBlock block = Filled(250).Finish();
  int accepted = 0;
  size_t bytes = 0;
  for (int round = 0; round < kRounds; ++round) {
    const EncodedColumn& column = block.columns[random_() % block.columns.size()];
    const std::string body = Spoilt(column.body, random_);
    const bool is_users = column.number == kUsers;
    const auto plain = DecodeColumn(body, block.summary.event_count, is_users);
    const auto read = DecodeBlockColumn(body, column.number, block.summary.event_count);
    ASSERT_TRUE(plain.ok() || !read.ok());
    if (!plain.ok()) {
      ASSERT_EQ(plain.status().code(), kDataLoss);
      continue;
    }
    ++accepted;
    bytes += BytesOf(*plain, block.summary.event_count, is_users);
  }
  EXPECT_LT(accepted, kRounds);
  EXPECT_GT(bytes, 0u);
}

TEST_F(DamagedBodiesTest, FreshRowsAreRefusedOrWhole) {
  const std::string body = Filled(60).FinishFresh();
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto block = DecodeFresh(Spoilt(body, random_), kFormatMonth);
    if (!block.ok()) {
      ASSERT_EQ(block.status().code(), kDataLoss);
      continue;
    }
    ++accepted;
    ASSERT_EQ(EventsOf(*block).size(), block->summary.event_count);
  }
  EXPECT_LT(accepted, kRounds);
}

}  // namespace
}  // namespace donut::history
