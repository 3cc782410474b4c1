// `donut import` as a program, in a test: run against a collector that keeps only a ledger, on a file of
// the test's own, which is removed afterwards. Not thread-safe.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/cli/ledger_collector.h"

namespace donut::testing {

class ImportProgram : public ::testing::Test {
 protected:
  ImportProgram();
  ~ImportProgram() override;

  struct Result {
    int exit_code = -1;
    std::string text;  // both outputs
  };
  Result Run(const std::string& arguments);
  // Writes `text` to the file and imports it.
  Result Import(const std::string& text, const std::string& options = "");
  // The file that Import writes. Its name ends with `ending` from then on.
  const std::string& path() const { return path_; }
  void SetEnding(const std::string& ending);

  LedgerCollector collector_;

 private:
  std::string path_;
};

}  // namespace donut::testing
