#include "common/keyed_hash.h"

#include <cstring>
#include <set>

#include "tests/support/status_matchers.h"

namespace donut {
namespace {

using ::donut::testing::StatusIs;

uint64_t Rotated(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

// SipHash-2-4 as its paper gives it, to hold the library's against.
class ReferenceSipHash {
 public:
  ReferenceSipHash(const std::string& key, const std::string& text) {
    const uint64_t k0 = Word(key, 0);
    const uint64_t k1 = Word(key, 8);
    v0_ = k0 ^ 0x736f6d6570736575;
    v1_ = k1 ^ 0x646f72616e646f6d;
    v2_ = k0 ^ 0x6c7967656e657261;
    v3_ = k1 ^ 0x7465646279746573;
    std::string padded = text + std::string(7 - text.size() % 8, '\0') + static_cast<char>(text.size());
    for (size_t i = 0; i < padded.size(); i += 8) {
      v3_ ^= Word(padded, i);
      Rounds(2);
      v0_ ^= Word(padded, i);
    }
    v2_ ^= 0xff;
    Rounds(4);
  }
  uint64_t value() const { return v0_ ^ v1_ ^ v2_ ^ v3_; }

 private:
  static uint64_t Word(const std::string& bytes, size_t at) {
    uint64_t word = 0;
    for (int i = 7; i >= 0; --i) word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
    return word;
  }
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) {
      v0_ += v1_;
      v1_ = Rotated(v1_, 13) ^ v0_;
      v0_ = Rotated(v0_, 32);
      v2_ += v3_;
      v3_ = Rotated(v3_, 16) ^ v2_;
      v0_ += v3_;
      v3_ = Rotated(v3_, 21) ^ v0_;
      v2_ += v1_;
      v1_ = Rotated(v1_, 17) ^ v2_;
      v2_ = Rotated(v2_, 32);
    }
  }
  uint64_t v0_, v1_, v2_, v3_;
};

std::string Counting(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

KeyedHash HashWithCountingKey() { return *KeyedHash::Create(Counting(16)); }

TEST(ReferenceSipHashTest, GivesThePublishedVectors) {
  EXPECT_EQ(ReferenceSipHash(Counting(16), "").value(), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(ReferenceSipHash(Counting(16), Counting(15)).value(), 0xa129ca6149be45e5u);
}

TEST(KeyedHashTest, IsSipHashOfTheKindTheProjectAndTheLengthPrefixedText) {
  using namespace std::string_literals;
  const KeyedHash hash = HashWithCountingKey();
  const auto reference = [](const std::string& bytes) {
    return static_cast<int64_t>(ReferenceSipHash(Counting(16), bytes).value());
  };
  EXPECT_EQ(hash.UserId(258, "alice"), reference("u\x02\x01\0\0\x05\0\0\0alice"s));
  EXPECT_EQ(hash.SessionId(1, "r7"), reference("s\x01\0\0\0\x02\0\0\0r7"s));
  EXPECT_EQ(hash.Canary(), reference("donut installation canary"));
  // Of any length, also beyond the limits of events: 300 is 44 and 1 * 256.
  const std::string text(300, 't');
  EXPECT_EQ(hash.SessionId(1, text), reference("s\x01\0\0\0\x2c\x01\0\0"s + text));
  EXPECT_EQ(hash.UserId(1, text + text), reference("u\x01\0\0\0\x58\x02\0\0"s + text + text));
}

// Stored ids depend on these: a change here orphans every stored user.
TEST(KeyedHashTest, NeverChangesItsIds) {
  const KeyedHash hash = HashWithCountingKey();
  EXPECT_EQ(hash.UserId(1, "alice"), -2878902095819900654);
  EXPECT_EQ(hash.SessionId(1, "run-7"), 5362938037366718926);
  EXPECT_EQ(hash.Canary(), -2575637977885876148);
}

TEST(KeyedHashTest, TellsPartsApart) {
  using namespace std::string_literals;
  const KeyedHash hash = HashWithCountingKey();
  const std::set<int64_t> ids = {hash.UserId(1, "ab"),     hash.UserId(2, "ab"),    hash.UserId(1, "ab\0"s),
                                 hash.UserId(1, ""),       hash.SessionId(1, "ab"), hash.SessionId(2, "ab"),
                                 hash.SessionId(1, "abc"), hash.SessionId(1, "")};
  EXPECT_EQ(ids.size(), 8u);
}

TEST(KeyedHashTest, AnotherKeyGivesOtherIds) {
  const KeyedHash other = *KeyedHash::Create(std::string(16, 'x'));
  EXPECT_NE(other.UserId(1, "alice"), HashWithCountingKey().UserId(1, "alice"));
  EXPECT_NE(other.Canary(), HashWithCountingKey().Canary());
}

TEST(KeyedHashTest, RefusesAKeyOfAnotherLength) {
  EXPECT_THAT(KeyedHash::Create(Counting(15)), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(KeyedHash::Create(Counting(17)), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace donut
