#include "cli/render/csv.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "common/proto_time.h"

namespace donut::cli {
namespace {

std::string Row(const std::string& text) { return text.substr(text.find('\n') + 1); }

TEST(CsvTest, QuotesWhatWouldBreakALine) {
  Csv csv({"a", "b"});
  csv.Text("plain").Text("with, comma").Next();
  csv.Text("say \"hi\"").Text("two\r\nlines").Next();
  csv.Text(" spaced ").Text("").Next();
  EXPECT_EQ(csv.text(),
            "a,b\r\nplain,\"with, comma\"\r\n\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n\" spaced \",\r\n");
}

TEST(CsvTest, NumbersAreRaw) {
  Csv csv({"a"});
  csv.Number(int64_t{1234567}).Number(0.1).Number(2.0 / 3).Number(1e21).Truth(true).Next();
  EXPECT_EQ(Row(csv.text()), "1234567,0.1,0.6666666666666666,1e+21,true\r\n");
}

TEST(CsvTest, WhatIsAbsentIsEmptyNotZero) {
  Csv csv({"a"});
  csv.Rate(false, {}).Time({}).Durations(false, {}).Next();
  EXPECT_EQ(Row(csv.text()), ",,,,0,,,,,,\r\n");
  v1::Rate pooled;
  pooled.set_value(0);
  Csv zero({"a"});
  zero.Rate(true, pooled).Next();
  EXPECT_EQ(Row(zero.text()), "0,,\r\n");
}

TEST(CsvTest, TimesAreRfc3339InUtc) {
  Csv csv({"a"});
  const absl::Time time = absl::FromCivil(absl::CivilSecond(2024, 1, 31, 5, 0, 1), absl::UTCTimeZone());
  csv.Time(ToProto(time)).Time(ToProto(time + absl::Microseconds(250))).Next();
  EXPECT_EQ(Row(csv.text()), "2024-01-31T05:00:01Z,2024-01-31T05:00:01.00025Z\r\n");
}

TEST(CsvTest, TellsAValueFromTheRowsThatAreNone) {
  v1::BreakdownValue value;
  value.set_text("other");
  v1::BreakdownValue rest;
  rest.set_other(true);
  Csv csv({"a"});
  csv.Value(nullptr).Value(&value).Value(&rest).Next();
  EXPECT_EQ(Row(csv.text()), "all,,text,other,other,\r\n");
}

}  // namespace
}  // namespace donut::cli
