#include "cli/time_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"

namespace donut::cli {
namespace {

using ::testing::HasSubstr;

TEST(TimeTextTest, ReadsTimesWithAZone) {
  const absl::Time five = absl::FromCivil(absl::CivilHour(2024, 1, 31, 5), absl::UTCTimeZone());
  EXPECT_EQ(*ParseRfc3339("2024-01-31T05:00:00Z"), five);
  EXPECT_EQ(*ParseRfc3339("2024-01-31 06:00:00+01:00"), five);
  EXPECT_EQ(*ParseRfc3339("2024-01-31T05:00:00.000250Z"), five + absl::Microseconds(250));
}

TEST(TimeTextTest, RefusesTimesWithoutAZoneAndOtherTexts) {
  for (const char* text : {"2024-01-31T05:00:00", "2024-01-31", "31.01.2024 05:00:00", "infinite-future", "",
                           "2024-02-30T00:00:00Z"}) {
    EXPECT_FALSE(ParseRfc3339(text).ok()) << text;
  }
}

TEST(TimeTextTest, TellsUnixSecondsFromMilliseconds) {
  const absl::Time time = absl::FromUnixSeconds(1'706'677'200);
  EXPECT_EQ(*FromUnixNumber(1'706'677'200), time);
  EXPECT_EQ(*FromUnixNumber(1'706'677'200.25), time + absl::Milliseconds(250));
  EXPECT_EQ(*FromUnixNumber(1'706'677'200'123.0), time + absl::Milliseconds(123));
  EXPECT_FALSE(FromUnixNumber(1e14).ok());
  EXPECT_FALSE(FromUnixNumber(1e300).ok());
}

// Ours is quick, abseil's is right.
TEST(TimeTextTest, ReadsRfc3339AsAbseilDoes) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t microseconds = static_cast<int64_t>(random() % 4'000'000'000'000'000) - 500'000'000'000'000;
    const absl::TimeZone zone = absl::FixedTimeZone(static_cast<int>(random() % 1'680 - 840) * 60);
    const std::string text = absl::FormatTime(absl::RFC3339_full, absl::FromUnixMicros(microseconds), zone);
    EXPECT_EQ(ParseRfc3339(text).value(), absl::FromUnixMicros(microseconds)) << text;
  }
  for (const char* text :
       {"2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2024-12-31T23:59:60Z", "2024-01-31T24:00:00Z",
        "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.123456789Z",
        "2024-01-01T00:00:00Zx", "2024-01-01T00:00:00 Z", "2024-01-01T0a:00:00Z", "2024-1-01T00:00:000Z"}) {
    absl::Time time;
    const bool is_time = absl::ParseTime(absl::RFC3339_full, text, &time, nullptr);
    EXPECT_EQ(ParseRfc3339(text).ok(), is_time) << text;
    if (is_time && ParseRfc3339(text).ok()) {
      EXPECT_EQ(*ParseRfc3339(text), time) << text;
    }
  }
}

absl::Time Read(const std::string& format, const std::string& zone, const std::string& text) {
  const auto reader = TimeReader::Create(format, zone);
  EXPECT_TRUE(reader.ok()) << reader.status();
  const auto time = reader->Read(text);
  EXPECT_TRUE(time.ok()) << time.status() << " for " << text;
  return time.value_or(absl::InfinitePast());
}

std::string ReadRefusal(const std::string& format, const std::string& zone, const std::string& text) {
  return std::string(TimeReader::Create(format, zone)->Read(text).status().message());
}

std::string Misuse(const std::string& format, const std::string& zone) {
  return std::string(TimeReader::Create(format, zone).status().message());
}

TEST(TimeReaderTest, TakesUnixTimesInTheUnitThatIsSaid) {
  const absl::Time time = absl::FromUnixSeconds(1'706'677'200);
  EXPECT_EQ(Read("unix", "", "1706677200"), time);
  EXPECT_EQ(Read("unix", "", "1706677200.25"), time + absl::Milliseconds(250));
  EXPECT_EQ(Read("unix-ms", "", "1706677200123"), time + absl::Milliseconds(123));
  EXPECT_EQ(Read("unix-us", "", "1706677200123456"), time + absl::Microseconds(123'456));
  // The unit is not guessed.
  EXPECT_EQ(Read("unix-ms", "", "1706677200"), absl::FromUnixMillis(1'706'677'200));
  for (const char* text : {"", "x", "1706677200s", "nan", "inf", "1e99", "2024-01-31T05:00:00Z"}) {
    EXPECT_THAT(ReadRefusal("unix", "", text), HasSubstr("not a Unix time")) << text;
  }
}

TEST(TimeReaderTest, TakesTimesWithoutAZoneOnlyWhenToldWhichOne) {
  const absl::Time noon = absl::FromCivil(absl::CivilHour(2024, 7, 1, 10), absl::UTCTimeZone());
  for (const char* format : {"", "rfc3339"}) {
    EXPECT_EQ(Read(format, "Europe/Berlin", "2024-07-01 12:00:00"), noon);
    EXPECT_EQ(Read(format, "Europe/Berlin", "2024-07-01T12:00"), noon);
    EXPECT_EQ(Read(format, "Europe/Berlin", "2024-07-01T12:00:00.5"), noon + absl::Milliseconds(500));
    EXPECT_EQ(Read(format, "Europe/Berlin", "2024-07-01"), noon - absl::Hours(12));
    // One that has a zone keeps it.
    EXPECT_EQ(Read(format, "Europe/Berlin", "2024-07-01T12:00:00Z"), noon + absl::Hours(2));
    EXPECT_THAT(ReadRefusal(format, "", "2024-07-01 12:00:00"), HasSubstr("--time-zone"));
    EXPECT_THAT(ReadRefusal(format, "Europe/Berlin", "1.7.2024"), HasSubstr("--time-format"));
  }
  EXPECT_EQ(Read("", "UTC", "1706677200"), absl::FromUnixSeconds(1'706'677'200));
  EXPECT_NE(ReadRefusal("rfc3339", "UTC", "1706677200"), "");
}

TEST(TimeReaderTest, AnHourThatComesTwiceIsTheFirstOne) {
  EXPECT_EQ(Read("", "Europe/Berlin", "2024-10-27 02:30:00"),
            absl::FromCivil(absl::CivilMinute(2024, 10, 27, 0, 30), absl::UTCTimeZone()));
}

TEST(TimeReaderTest, FollowsAPattern) {
  EXPECT_EQ(Read("%d.%m.%Y %H:%M", "Europe/Berlin", "01.07.2024 12:00"),
            absl::FromCivil(absl::CivilHour(2024, 7, 1, 10), absl::UTCTimeZone()));
  EXPECT_EQ(Read("%m/%d/%Y %I:%M:%E*S %p %z", "", "07/01/2024 01:00:00.25 PM +0200"),
            absl::FromCivil(absl::CivilHour(2024, 7, 1, 11), absl::UTCTimeZone()) + absl::Milliseconds(250));
  EXPECT_THAT(ReadRefusal("%d.%m.%Y", "UTC", "2024-07-01"), HasSubstr("--time-format"));
  EXPECT_THAT(ReadRefusal("%d.%m.%Y", "UTC", "01.07.2024 12:00"), HasSubstr("--time-format"));
}

TEST(TimeReaderTest, SaysWhichOptionIsWrong) {
  EXPECT_THAT(Misuse("iso", ""), HasSubstr("--time-format: must be"));
  EXPECT_THAT(Misuse("%d.%m.%Y", ""), HasSubstr("--time-zone, such as UTC"));
  EXPECT_THAT(Misuse("", "Berlin"), HasSubstr("--time-zone: Berlin is not known"));
  EXPECT_THAT(Misuse("unix", "UTC"), HasSubstr("--time-zone: Unix times have no zone"));
}

}  // namespace
}  // namespace donut::cli
