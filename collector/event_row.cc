#include "collector/event_row.h"

#include "collector/big_endian.h"

namespace donut::collector {
namespace {

constexpr int16_t kColumns = 9;
constexpr int32_t kNull = -1;
// Of jsonb's binary form, which is a version and the text.
constexpr char kJsonbVersion = 1;
// PostgreSQL counts from 2000.
constexpr int64_t kPostgresEpochUs = 946'684'800'000'000;

// Places of the values; a 32-bit length stands before each.
constexpr size_t kEventName = 2 + 4;
constexpr size_t kProducer = kEventName + 4 + 4;
constexpr size_t kSequence = kProducer + 4 + 4;
constexpr size_t kProject = kSequence + 8 + 4;
constexpr size_t kEventTime = kProject + 4 + 4;
constexpr size_t kReceived = kEventTime + 8 + 4;
constexpr size_t kUser = kReceived + 8 + 4;
constexpr size_t kProperties = kUser + 8 + 4;
constexpr size_t kJson = kProperties + 1;
static_assert(kJson + 4 + 8 == kMostEventRowBytes);

// With its length before it.
template <typename Number>
void PutValue(char* at, Number number) {
  PutBigEndian(at - 4, static_cast<int32_t>(sizeof(number)));
  PutBigEndian(at, number);
}

}  // namespace

void BeginEventRow(std::string& rows) { rows.append(kJson, kJsonbVersion); }

void EndEventRow(const EventRow& row, size_t begin, std::string& rows) {
  const size_t json_bytes = rows.size() - begin - kJson;
  int32_t properties_bytes = static_cast<int32_t>(json_bytes) + 1;
  if (json_bytes == 0) {
    rows.pop_back();  // the version
    properties_bytes = kNull;
  }
  const size_t session = rows.size() - begin + 4;
  rows.append(row.session_id ? 4 + 8 : 4, '\0');
  char* const at = rows.data() + begin;
  PutBigEndian(at, kColumns);
  PutValue(at + kEventName, int32_t{0});
  PutValue(at + kProducer, static_cast<int32_t>(row.producer_no));
  PutValue(at + kSequence, row.sequence);
  PutValue(at + kProject, static_cast<int32_t>(row.project_id));
  PutValue(at + kEventTime, row.event_time_us - kPostgresEpochUs);
  PutValue(at + kReceived, row.received_us - kPostgresEpochUs);
  PutValue(at + kUser, row.user_id);
  PutBigEndian(at + kProperties - 4, properties_bytes);
  if (row.session_id) {
    PutValue(at + session, *row.session_id);
  } else {
    PutBigEndian(at + session - 4, kNull);
  }
}

void SetEventName(int event_name_id, char* row) {
  PutBigEndian(row + kEventName, static_cast<int32_t>(event_name_id));
}

int64_t EventTimeUsOf(std::string_view row) {
  return BigEndianAt(row.data() + kEventTime) + kPostgresEpochUs;
}

void SetProducer(int producer_no, int64_t sequence, char* row) {
  PutBigEndian(row + kProducer, static_cast<int32_t>(producer_no));
  PutBigEndian(row + kSequence, sequence);
}

}  // namespace donut::collector
