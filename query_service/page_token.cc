#include "query_service/page_token.h"

#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/grpc_status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace donut::query {
namespace {

// FNV-1a, 64 bits: the same in every process, and only to notice mistakes.
uint64_t Hash(const std::string& bytes) {
  uint64_t hash = 14695981039346656037u;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  return hash;
}

// Both engines give the same pages.
void ClearEngine(google::protobuf::Message& message) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->message_type() == v1::Scope::descriptor()) {
      static_cast<v1::Scope*>(message.GetReflection()->MutableMessage(&message, field))->clear_engine();
    } else if (field->message_type() != nullptr && !field->is_repeated()) {
      ClearEngine(*message.GetReflection()->MutableMessage(&message, field));
    }
  }
}

// Of everything that must not change from page to page.
std::string Fingerprint(const google::protobuf::Message& request, int project_id) {
  const std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  copy->GetReflection()->ClearField(copy.get(), copy->GetDescriptor()->FindFieldByName("page_token"));
  ClearEngine(*copy);
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    copy->SerializeToCodedStream(&coded);
  }
  absl::StrAppend(&bytes, "|", project_id, "|", request.GetTypeName());
  return absl::StrFormat("%016x", Hash(bytes));
}

}  // namespace

absl::Status InvalidPageToken() {
  return InvalidField("page_token",
                      "must be the next_page_token of a previous answer, sent with the same request");
}

absl::StatusOr<Page> ReadPageToken(const google::protobuf::Message& request, const std::string& token,
                                   const QueryContext& context) {
  Page page{"", context};
  if (token.empty()) return page;
  std::string text;
  // Decoding passes over some stray characters: only what we write ourselves is taken.
  if (!absl::WebSafeBase64Unescape(token, &text) || absl::WebSafeBase64Escape(text) != token) {
    return InvalidPageToken();
  }
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 2));
  int64_t now_micros = 0;
  if (parts.size() != 3 || parts[0] != Fingerprint(request, context.project.project_id) ||
      !absl::SimpleAtoi(parts[1], &now_micros)) {
    return InvalidPageToken();
  }
  page.context.now = absl::FromUnixMicros(now_micros);
  page.position = parts[2];
  return page;
}

std::string MakePageToken(const google::protobuf::Message& request, const QueryContext& context,
                          const std::string& position) {
  return absl::WebSafeBase64Escape(absl::StrCat(Fingerprint(request, context.project.project_id), ":",
                                                absl::ToUnixMicros(context.now), ":", position));
}

absl::StatusOr<int64_t> ResolvePageSize(int32_t page_size, int standard, int most) {
  if (page_size == 0) return standard;
  if (page_size < 0 || page_size > most) {
    return InvalidField("page_size", absl::StrCat("must be from 1 to ", most, ", or 0 for ", standard));
  }
  return page_size;
}

}  // namespace donut::query
