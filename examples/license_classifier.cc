#include "license_classifier.h"

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace donut::examples {
namespace {

// Lower case, words with one space between; dots stay within numbers.
std::string Normalized(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = absl::ascii_tolower(text[i]);
    const bool dot_in_number = c == '.' && i > 0 && i + 1 < text.size() && absl::ascii_isdigit(text[i - 1]) &&
                               absl::ascii_isdigit(text[i + 1]);
    if (absl::ascii_isalnum(c) || dot_in_number) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  return result;
}

struct Rule {
  const char* phrase;
  const char* name;
};

// Licences that one phrase tells. The one whose phrase comes first in the text is taken; of equal places
// the earlier rule.
constexpr Rule kRules[] = {
    {"free and unencumbered software released into the public domain", "Unlicense"},
    {"permission is hereby granted free of charge to any person or organization obtaining a copy", "BSL-1.0"},
    {"permission is hereby granted free of charge to any person obtaining a copy", "Expat"},
    {"permission to use copy modify and or distribute this software for any purpose with or without fee",
     "ISC"},
    {"permission to use copy modify and distribute this software for any purpose with or without fee", "ISC"},
    {"permission to use copy modify distribute and sell this software and its documentation for any", "HPND"},
    {"permission to use copy modify and distribute this software and its documentation for any", "HPND"},
    {"apache license version 2.0", "Apache-2.0"},
    {"common licenses apache 2.0", "Apache-2.0"},
    {"mozilla public license version 1.1", "MPL-1.1"},
    {"mozilla public license v. 2.0", "MPL-2.0"},
    {"mozilla public license v 2.0", "MPL-2.0"},
    {"mozilla public license version 2.0", "MPL-2.0"},
    {"altered source versions must be plainly marked as such", "Zlib"},
    {"the artistic license", "Artistic"},
    {"sil open font license", "OFL-1.1"},
    {"boost software license version 1.0", "BSL-1.0"},
    {"cc0 1.0 universal", "CC0-1.0"},
    {"creative commons cc0", "CC0-1.0"},
    {"cc0 public domain dedication", "CC0-1.0"},
    {"common licenses cc0 1.0", "CC0-1.0"},
    {"copying and distribution of this file with or without modification are permitted in any medium",
     "FSFAP"},
    {"this file is free software the free software foundation gives unlimited permission to copy", "FSFUL"},
    {"openldap public license", "OpenLDAP-2.8"},
    {"openssl license", "OpenSSL"},
    {"python software foundation license", "PSF-2"},
};

// Said in passing by other licences too: counts only where no other phrase is there.
constexpr char kPublicDomainPhrase[] = "public domain";
constexpr char kPublicDomain[] = "public-domain";

struct Family {
  const char* phrase;
  const char* name;
};

// The GNU licences: the version stands elsewhere in the text.
constexpr Family kFamilies[] = {
    {"gnu lesser general public license", "LGPL"},
    {"gnu library general public license", "LGPL"},
    {"gnu affero general public license", "AGPL"},
    {"gnu general public license", "GPL"},
    {"gnu free documentation license", "GFDL"},
    {"gnu gpl", "GPL"},
    {"gnu lgpl", "LGPL"},
};

constexpr char kBsd[] = "redistribution and use in source and binary forms";

std::string BsdName(const std::string& text) {
  if (absl::StrContains(text, "all advertising materials mentioning features")) return "BSD-4-clause";
  if (!absl::StrContains(text, "binary form must reproduce") && !absl::StrContains(text, "in binary form")) {
    return "BSD-1-clause";
  }
  for (const char* phrase :
       {"to endorse or promote products", "may be used to endorse", "may not be used to endorse"}) {
    if (absl::StrContains(text, phrase)) return "BSD-3-clause";
  }
  return "BSD-2-clause";
}

// The number at `at`: "2", "2.1"; "3.0" is "3". Empty where there is none.
std::string VersionAt(const std::string& text, size_t at) {
  size_t end = at;
  while (end < text.size() && (absl::ascii_isdigit(text[end]) || text[end] == '.')) ++end;
  std::string version = text.substr(at, end - at);
  if (absl::EndsWith(version, ".0")) version.resize(version.size() - 2);
  return version.size() > 3 ? "" : version;
}

// "-2+" from "version 2 of the license or at your option any later version". Nothing from a text that only
// says where a licence's words can be found: it does not tell which versions are allowed.
std::string GnuVersion(const std::string& text, size_t after) {
  const bool or_later = absl::StrContains(text, "any later version") || absl::StrContains(text, "or later") ||
                        absl::StrContains(text, "or any later") || absl::StrContains(text, "or newer");
  if (!or_later && absl::StrContains(text, "common licenses") && !absl::StrContains(text, "redistribute"))
    return "";
  for (const char* marker :
       {"version ", "license v", "licenses gpl ", "licenses lgpl ", "licenses gfdl ", "gpl v"}) {
    const std::string word = marker;
    // Most say it behind the name; "as version 2 of the gnu general public license" before it.
    for (size_t from : {after, size_t{0}}) {
      for (size_t at = text.find(word, from); at != std::string::npos; at = text.find(word, at + 1)) {
        const std::string version = VersionAt(text, at + word.size());
        if (!version.empty()) return absl::StrCat("-", version, or_later ? "+" : "");
      }
    }
  }
  return "";
}

// Everything that the classifier can say, without GNU versions, in canonical form.
const std::set<std::string>& KnownNames() {
  static const auto* const names = [] {
    auto* known = new std::set<std::string>{"gpl", "lgpl", "agpl", "gfdl", "bsd", kPublicDomain};
    for (const Rule& rule : kRules) known->insert(CanonicalName(rule.name));
    return known;
  }();
  return *names;
}

// "gpl" of "gpl-2+", "bsd" of "bsd-3-clause"; other names are their own family.
std::string FamilyOf(const std::string& canonical) {
  for (const char* family : {"gpl", "lgpl", "agpl", "gfdl", "bsd"}) {
    if (canonical == family || absl::StartsWith(canonical, absl::StrCat(family, "-"))) return family;
  }
  return canonical;
}

bool HasVersion(const std::string& canonical) { return FamilyOf(canonical) != canonical; }

// "artistic or gpl-1+" is two names; an exception ("with ...") does not change the licence.
std::vector<std::string> DeclaredNames(const std::string& declared) {
  const std::string separated = absl::StrReplaceAll(absl::AsciiStrToLower(declared), {{" and/or ", "|"},
                                                                                      {" or ", "|"},
                                                                                      {" and ", "|"},
                                                                                      {",", "|"},
                                                                                      {"_or_", "|"},
                                                                                      {"_and_", "|"},
                                                                                      {" | ", "|"}});
  std::vector<std::string> names;
  for (const std::string& part :
       std::vector<std::string>(absl::StrSplit(separated, '|', absl::SkipWhitespace()))) {
    const std::string name(absl::StripAsciiWhitespace(part.substr(0, part.find(" with"))));
    names.push_back(CanonicalName(name));
  }
  return names;
}

// "bsd-3-clause" of "BSD-3-clause-Google", "bsd3" and "BSD-C3"; "bsd" where no number of clauses is said.
std::string CanonicalBsd(const std::string& lower) {
  const size_t digit = lower.find_first_of("01234");  // npos is large
  return digit > 5 ? "bsd" : absl::StrCat("bsd-", lower.substr(digit, 1), "-clause");
}

// "gpl-2+" of "gplv2+", "GPL-2.0+" and "GPL-2+-autoconf-exception"; "gfdl-1.3" of "GFDL-NIV-1.3".
std::string CanonicalGnu(const std::string& family, const std::string& lower) {
  std::string name = family == "fdl" ? "gfdl" : family;
  const size_t digit = lower.find_first_of("0123456789");
  if (digit == std::string::npos) return name;
  const std::string version = VersionAt(lower, digit);
  const size_t behind = lower.find_first_not_of("0123456789.", digit);
  const bool or_later = behind != std::string::npos && lower[behind] == '+';
  return absl::StrCat(name, "-", version, or_later ? "+" : "");
}

}  // namespace

std::optional<std::string> ClassifyLicense(const std::string& text) {
  const std::string normalized = Normalized(text);
  size_t first = std::string::npos;
  std::string name;
  const auto consider = [&](const char* phrase, const std::string& candidate) {
    const size_t at = normalized.find(phrase);
    if (at >= first) return;
    first = at;
    name = candidate;
  };
  for (const Rule& rule : kRules) consider(rule.phrase, rule.name);
  consider(kBsd, "BSD");
  for (const Family& family : kFamilies) consider(family.phrase, family.name);
  if (first == std::string::npos) {
    if (absl::StrContains(normalized, kPublicDomainPhrase)) return kPublicDomain;
    return std::nullopt;
  }
  if (name == "BSD") return BsdName(normalized);
  for (const Family& family : kFamilies) {
    if (name == family.name) return name + GnuVersion(normalized, first);
  }
  return name;
}

std::string CanonicalName(const std::string& name) {
  static const auto* const aliases = new std::map<std::string, std::string>{
      {"mit", "expat"},
      {"mit/x11", "expat"},
      {"x11", "expat"},
      {"mit-style", "expat"},
      {"mit/expat", "expat"},
      {"bsd-new", "bsd-3-clause"},
      {"apache-2", "apache-2.0"},
      {"apache2", "apache-2.0"},
      {"asl-2.0", "apache-2.0"},
      {"boost-1.0", "bsl-1.0"},
      {"public domain", "public-domain"},
      {"publicdomain", "public-domain"},
      {"pd", "public-domain"},
      {"cc0", "cc0-1.0"},
      {"zlib/libpng", "zlib"},
      {"artistic-1", "artistic"},
      {"artistic-1.0", "artistic"},
      {"psf", "psf-2"},
      {"psf-2.0", "psf-2"},
      {"python", "psf-2"},
      {"ofl", "ofl-1.1"},
  };
  std::string lower = absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"gnu ", ""}, {"-or-later", "+"}});
  const auto alias = aliases->find(lower);
  if (alias != aliases->end()) return alias->second;
  if (absl::StartsWith(lower, "bsd")) return CanonicalBsd(lower);
  for (const char* family : {"gpl", "lgpl", "agpl", "gfdl", "fdl"}) {
    if (absl::StartsWith(lower, family)) return CanonicalGnu(family, lower);
  }
  return lower;
}

Agreement CompareWithDeclared(const std::string& label, const std::string& declared) {
  const std::string said = CanonicalName(label);
  bool any_known = false;
  for (const std::string& name : DeclaredNames(declared)) {
    if (!KnownNames().contains(name) && !KnownNames().contains(FamilyOf(name))) continue;
    any_known = true;
    if (name == said) return Agreement::kAgrees;
    if (FamilyOf(name) == FamilyOf(said) && (!HasVersion(name) || !HasVersion(said)))
      return Agreement::kAgrees;
  }
  return any_known ? Agreement::kDisagrees : Agreement::kUnknownName;
}

}  // namespace donut::examples
