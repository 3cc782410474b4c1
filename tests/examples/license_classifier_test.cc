#include "license_classifier.h"

#include <gtest/gtest.h>

namespace donut::examples {
namespace {

std::string Label(const std::string& text) { return ClassifyLicense(text).value_or("unknown"); }

TEST(LicenseClassifierTest, KnowsShortLicensesByTheirWords) {
  EXPECT_EQ(
      Label("Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software"),
      "Expat");
  EXPECT_EQ(
      Label("Permission is hereby granted, free of charge, to any person or organization obtaining a copy"),
      "BSL-1.0");
  EXPECT_EQ(
      Label(
          "Permission to use, copy, modify, and/or distribute this software for any purpose with or without "
          "fee is hereby granted"),
      "ISC");
  EXPECT_EQ(Label("Licensed under the Apache License, Version 2.0 (the \"License\")"), "Apache-2.0");
  EXPECT_EQ(Label("2. Altered source versions must be plainly marked as such"), "Zlib");
}

TEST(LicenseClassifierTest, CountsTheClausesOfBsd) {
  const std::string start =
      "Redistribution and use in source and binary forms, with or without modification, ";
  const std::string binary = "Redistributions in binary form must reproduce the above copyright notice. ";
  EXPECT_EQ(Label(start), "BSD-1-clause");
  EXPECT_EQ(Label(start + binary), "BSD-2-clause");
  EXPECT_EQ(Label(start + binary + "may be used to endorse or promote products derived from"),
            "BSD-3-clause");
  EXPECT_EQ(Label(start + binary + "All advertising materials mentioning features or use of this software"),
            "BSD-4-clause");
}

TEST(LicenseClassifierTest, ReadsTheVersionOfTheGnuLicenses) {
  const std::string gpl =
      "redistribute it under the terms of the GNU General Public License as published by the FSF; ";
  EXPECT_EQ(Label(gpl + "either version 2 of the License, or (at your option) any later version."), "GPL-2+");
  EXPECT_EQ(Label(gpl + "version 2 of the License only."), "GPL-2");
  EXPECT_EQ(Label("redistribute it under version 3.0 of the GNU General Public License"), "GPL-3");
  EXPECT_EQ(Label("redistribute it under the GNU Lesser General Public License, version 2.1 or later"),
            "LGPL-2.1+");
  EXPECT_EQ(
      Label("copy this document under the GNU Free Documentation License, Version 1.3 or any later version"),
      "GFDL-1.3+");
}

TEST(LicenseClassifierTest, APointerToATextDoesNotSayWhichVersionsAreAllowed) {
  EXPECT_EQ(Label("The GNU General Public License v2 text is contained in /usr/share/common-licenses/GPL-2."),
            "GPL");
}

TEST(LicenseClassifierTest, TakesTheLicenseThatIsNamedFirst) {
  EXPECT_EQ(Label("Licensed under the Mozilla Public License, version 2.0, or the GNU General Public License "
                  "version 2"),
            "MPL-2.0");
}

TEST(LicenseClassifierTest, PublicDomainCountsOnlyAlone) {
  EXPECT_EQ(Label("This file is in the public domain."), "public-domain");
  EXPECT_EQ(Label("to the public domain worldwide. The complete text of the CC0 license is in "
                  "/usr/share/common-licenses/CC0-1.0."),
            "CC0-1.0");
}

TEST(LicenseClassifierTest, SaysWhenItDoesNotKnow) {
  EXPECT_EQ(Label("You may do with this what you like on Tuesdays."), "unknown");
  EXPECT_EQ(Label(""), "unknown");
}

TEST(LicenseClassifierTest, KnowsTheManyNamesOfOneLicense) {
  EXPECT_EQ(CanonicalName("MIT/X11"), "expat");
  EXPECT_EQ(CanonicalName("GPLv2+"), "gpl-2+");
  EXPECT_EQ(CanonicalName("GPL-2.0-or-later"), "gpl-2+");
  EXPECT_EQ(CanonicalName("GPL-2.0-only"), "gpl-2");
  EXPECT_EQ(CanonicalName("GPL-2+-autoconf-exception"), "gpl-2+");
  EXPECT_EQ(CanonicalName("LGPL-2.1"), "lgpl-2.1");
  EXPECT_EQ(CanonicalName("GFDL-NIV-1.3+"), "gfdl-1.3+");
  EXPECT_EQ(CanonicalName("BSD-3-clause-Google"), "bsd-3-clause");
  EXPECT_EQ(CanonicalName("BSD3"), "bsd-3-clause");
  EXPECT_EQ(CanonicalName("BSD"), "bsd");
  EXPECT_EQ(CanonicalName("WTFPL"), "wtfpl");
}

TEST(LicenseClassifierTest, AgreesWithOneOfSeveralNames) {
  EXPECT_EQ(CompareWithDeclared("Artistic", "Artistic or GPL-1+"), Agreement::kAgrees);
  EXPECT_EQ(CompareWithDeclared("GPL-1+", "Artistic or GPL-1+"), Agreement::kAgrees);
  EXPECT_EQ(CompareWithDeclared("GPL-2+", "GPL-2+ with Autoconf exception"), Agreement::kAgrees);
  EXPECT_EQ(CompareWithDeclared("GPL-3+", "LGPLv3+_or_GPLv3+"), Agreement::kAgrees);
}

TEST(LicenseClassifierTest, AVersionThatIsNotSaidFitsAll) {
  EXPECT_EQ(CompareWithDeclared("GPL", "GPL-3+"), Agreement::kAgrees);
  EXPECT_EQ(CompareWithDeclared("LGPL-2.1+", "LGPL"), Agreement::kAgrees);
  EXPECT_EQ(CompareWithDeclared("GPL-2", "LGPL"), Agreement::kDisagrees);
}

TEST(LicenseClassifierTest, TellsDisagreementFromUnknownNames) {
  EXPECT_EQ(CompareWithDeclared("GPL-2+", "GPL-2"), Agreement::kDisagrees);
  EXPECT_EQ(CompareWithDeclared("Expat", "BSD-3-clause"), Agreement::kDisagrees);
  EXPECT_EQ(CompareWithDeclared("Expat", "permissive"), Agreement::kUnknownName);
}

}  // namespace
}  // namespace donut::examples
