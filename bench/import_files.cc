#include "bench/import_files.h"

#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <span>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "bench/figures.h"

namespace donut::bench {
namespace {

constexpr char kCsvHeader[] = "event,user,time,session,detail,amount,extra\n";

std::string AsText(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return value.bool_value() ? "true" : "false";
    case Value::Kind::kInteger:
      return absl::StrCat(value.integer());
    case Value::Kind::kDouble:
      return absl::StrCat(value.double_value());
    default:
      return std::string(value.text());
  }
}

// The texts of EventSource need no escaping.
std::string AsJson(const Value& value) {
  return value.kind() == Value::Kind::kString ? absl::StrCat("\"", AsText(value), "\"") : AsText(value);
}

// Writes each event as a line of JSON and as a row of CSV.
class LineWriter final : public Tracker {
 public:
  TrackResult Track(std::string_view event_name, std::string_view user_id,
                    std::span<const Property> properties, const TrackOptions& options) noexcept override {
    const std::string time =
        absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", *options.event_time, absl::UTCTimeZone());
    const std::string session(options.session_id);
    json.append("{\"event\":\"").append(event_name).append("\",\"user\":\"").append(user_id);
    absl::StrAppend(&json, "\",\"time\":\"", time, "\",\"session\":\"", session, "\",\"properties\":{");
    csv.append(event_name).append(",").append(user_id);
    absl::StrAppend(&csv, ",", time, ",", session);
    for (size_t i = 0; i < kCsvProperties; ++i) {
      csv += ',';
      if (i >= properties.size()) continue;
      csv += AsText(properties[i].value);
      json.append(i > 0 ? ",\"" : "\"")
          .append(properties[i].key)
          .append("\":")
          .append(AsJson(properties[i].value));
    }
    json += "}}\n";
    csv += '\n';
    return TrackResult::Taken();
  }

  std::string json;
  std::string csv = kCsvHeader;

 private:
  static constexpr size_t kCsvProperties = 3;
};

}  // namespace

ImportFiles::ImportFiles(const std::string& folder, const EventSource& source) {
  LineWriter writer;
  for (int64_t index = 0; index < source.count(); ++index) source.Track(writer, index);
  Write("ndjson", folder + "/events.ndjson", writer.json);
  Write("csv", folder + "/events.csv", writer.csv);
  Write("ndjson_gz", folder + "/events.ndjson.gz", writer.json);
  Write("csv_gz", folder + "/events.csv.gz", writer.csv);
}

ImportFiles::~ImportFiles() {
  for (const File& file : files_) std::remove(file.path.c_str());
}

void ImportFiles::Write(const std::string& name, const std::string& path, const std::string& text) {
  files_.push_back({name, path, static_cast<int64_t>(text.size())});
  if (!path.ends_with(".gz")) {
    if (!(std::ofstream(path, std::ios::binary) << text).flush()) Fail(path + " cannot be written");
    return;
  }
  const gzFile file = gzopen(path.c_str(), "wb6");
  const bool written = file != nullptr &&
                       gzwrite(file, text.data(), static_cast<unsigned>(text.size())) > 0 &&
                       gzclose(file) == Z_OK;
  if (!written) Fail(path + " cannot be written");
}

}  // namespace donut::bench
