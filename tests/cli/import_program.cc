#include "tests/cli/import_program.h"

#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace donut::testing {

ImportProgram::ImportProgram() { SetEnding(""); }
ImportProgram::~ImportProgram() { std::remove(path_.c_str()); }

void ImportProgram::SetEnding(const std::string& ending) {
  std::remove(path_.c_str());
  path_ = absl::StrCat(::testing::TempDir(), "import_program.", getpid(), ending);
}

ImportProgram::Result ImportProgram::Run(const std::string& arguments) {
  const std::string command =
      absl::StrCat(DONUT_PROGRAM " --collector ", collector_.address(), " import ", arguments, " 2>&1");
  Result result;
  FILE* const output = popen(command.c_str(), "r");
  std::array<char, 4096> part;
  while (const size_t size = fread(part.data(), 1, part.size(), output))
    result.text.append(part.data(), size);
  const int status = pclose(output);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

ImportProgram::Result ImportProgram::Import(const std::string& text, const std::string& options) {
  if (absl::EndsWith(path_, ".gz")) {
    const gzFile file = gzopen(path_.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  } else {
    std::ofstream(path_, std::ios::trunc | std::ios::binary) << text;
  }
  return Run(absl::StrCat(options, " ", path_));
}

}  // namespace donut::testing
