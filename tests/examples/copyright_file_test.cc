#include "copyright_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace donut::examples {
namespace {

using ::testing::HasSubstr;

constexpr char kFile[] = R"(Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: thing

# a comment
Files: *
Copyright: 2020 Ada
 2021 Bob
License: GPL-2+

Files: debian/*
License: Expat
 Permission is hereby granted,
 .
 free of charge

License: GPL-2+
 On Debian systems, see the file.
)";

std::string Reason(const std::string& text) {
  return std::string(ParseCopyrightFile(text).status().message());
}

TEST(CopyrightFileTest, FindsTheLicensesThatHaveATextEverywhere) {
  const auto file = ParseCopyrightFile(kFile);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->paragraphs, 4);
  ASSERT_EQ(file->licenses.size(), 2);
  EXPECT_EQ(file->licenses[0].name, "Expat");
  EXPECT_EQ(file->licenses[0].text, "Permission is hereby granted,\n\nfree of charge");
  EXPECT_EQ(file->licenses[1].name, "GPL-2+");
}

TEST(CopyrightFileTest, FieldNamesHaveNoCase) {
  const auto file = ParseCopyrightFile("format: http://dep.debian.net/deps/dep5/\n\nLICENSE: X\n text\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->licenses.size(), 1);
}

TEST(CopyrightFileTest, SaysWhyAFileIsNotMachineReadable) {
  EXPECT_EQ(Reason("This package was debianized by Ada.\n"),
            "not machine-readable: the file begins with prose");
  EXPECT_EQ(Reason("Files: *\nLicense: GPL\n"), "not machine-readable: no Format field that is known");
  EXPECT_EQ(Reason("Format: 7\n\nFiles: *\n"), "not machine-readable: no Format field that is known");
  EXPECT_EQ(Reason("  indented\n"), "not machine-readable: an indented line without a field");
  EXPECT_EQ(Reason("Format: copyright-format/1.0\n\nno field here\n"),
            "not machine-readable: a line that is no field");
  EXPECT_EQ(Reason(""), "the file is empty");
}

TEST(CopyrightFileTest, AReasonDoesNotDependOnTheContent) {
  EXPECT_EQ(Reason("It was downloaded from here"), Reason("Another text altogether"));
}

}  // namespace
}  // namespace donut::examples
